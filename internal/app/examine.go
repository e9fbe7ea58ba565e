package app

import (
	"context"
	"errors"
	"os"
	"strings"

	"tactus/internal/clock"
	"tactus/internal/doctor"
	"tactus/internal/fault"
	"tactus/internal/store"
)

// Doctor is the examination of this installation; names nil = the machine's resolver.
func (a *App) Doctor(cfg Config, names doctor.Names) *doctor.Service {
	return doctor.New(a.DB, a.Accounts, a.Carrying, names, a.Clock, func() doctor.Place {
		return doctor.Place{BaseURL: cfg.BaseURL, Secret: cfg.secretProblem(context.Background(), a.DB), Open: cfg.readable()}
	})
}

// Examine looks at an installation whose server does not run. It changes nothing, and makes no database where there is none.
func Examine(ctx context.Context, cfg Config, names doctor.Names) (checks []doctor.Check, err error) {
	sick := func(name, saw, advice string) []doctor.Check {
		return []doctor.Check{{Section: "Database", Name: name, Status: doctor.Fail, Saw: saw, Advice: advice}}
	}
	if !strings.Contains(cfg.DB, "://") {
		if _, err := os.Stat(strings.TrimPrefix(cfg.DB, "file:")); errors.Is(err, os.ErrNotExist) {
			if _, err := os.Stat(strings.TrimPrefix(cfg.DB, "file:") + store.Unfinished); err == nil {
				return sick("restore", "it has not come to its end, and no server takes the database", "Run it again: tactus restore FILE."), nil
			}
			return sick("reachable", "there is no database "+cfg.DB, "Name it with --db; tactus serve makes a new one."), nil
		}
	}
	db, err := store.Open(ctx, cfg.DB, store.Options{})
	switch {
	case fault.Is(err, fault.Conflict):
		return sick("reachable", err.Error(), "The message says what to do."), nil
	case err != nil:
		return sick("reachable", err.Error(), "Start the database, or correct its address (--db)."), nil
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	key, err := cfg.presentSecret()
	if err != nil {
		key = nil // the check of the secret says so; sealed settings cannot be read then
	}
	a := New(db, clock.Real{}, Options{Secret: key})
	defer a.Carriers.Close()
	if err := a.Carriers.Default(cfg.SMTP); err != nil {
		return nil, err
	}
	s := a.Doctor(cfg, names)
	ids, err := a.Accounts.IDs(ctx)
	if err != nil || len(ids) == 0 {
		return s.Look(ctx, 0), nil // a database that has not been migrated: its checks say so
	}
	return s.Look(ctx, ids[0]), nil
}

// presentSecret is the installation's secret, which is not made when there is none.
func (c Config) presentSecret() ([]byte, error) {
	if c.Secret == "" {
		if _, err := os.Stat(c.Beside(".secret")); err != nil {
			return nil, err
		}
	}
	key, _, err := c.secret()
	return key, err
}

// secretProblem says what is wrong with the secret; "" = it is the database's own.
func (c Config) secretProblem(ctx context.Context, db *store.DB) string {
	key, err := c.presentSecret()
	switch kept, asking := db.Marked(ctx, SecretMark); {
	case errors.Is(err, os.ErrNotExist) && kept == "":
		return "" // the first start makes one
	case errors.Is(err, os.ErrNotExist):
		return "the file " + c.Beside(".secret") + " is missing"
	case err != nil:
		return err.Error()
	case asking != nil:
		return asking.Error()
	case kept != "" && kept != fingerprint(key):
		return "it is another than this database was set up with"
	}
	return ""
}

// readable are our files with secrets that others on the machine may read.
func (c Config) readable() (out []string) {
	for _, ending := range []string{".secret", ".server"} {
		if info, err := os.Stat(c.Beside(ending)); err == nil && info.Mode().Perm()&0o077 != 0 {
			out = append(out, c.Beside(ending)+" "+info.Mode().Perm().String())
		}
	}
	return out
}
