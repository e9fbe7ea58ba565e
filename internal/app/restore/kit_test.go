package restore_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/app"
	"tactus/internal/app/apptest"
	"tactus/internal/app/restore"
	"tactus/internal/backup"
	"tactus/internal/clock"
	"tactus/internal/message"
	"tactus/internal/store"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// kinds are the databases that a backup may come from and go to.
var kinds = []string{"sqlite", "postgres"}

// fresh is the address of an empty database.
func fresh(t testing.TB, kind string) string {
	t.Helper()
	if kind == "postgres" {
		return pgtest.URL(t)
	}
	return filepath.Join(t.TempDir(), "tactus.db")
}

// settings are those of a restore into an address.
func settings(t testing.TB, address string) app.Config {
	t.Helper()
	cfg := app.DefaultConfig()
	cfg.DB, cfg.StateDir = address, t.TempDir()
	return cfg
}

// now is the machine's time: what a restore takes for its moment.
func now() time.Time { return clock.Real{}.Now() }

// office opens the product on a database at a moment.
func office(t testing.TB, address string, at time.Time) *apptest.Office {
	t.Helper()
	o := apptest.New(t, storetest.Open(t, address))
	o.Clock.Set(at)
	return o
}

// take writes a backup of an office at its own moment.
func take(t testing.TB, o *apptest.Office) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "b.backup")
	_, err := restore.ToFile(path, func(w io.Writer) error {
		return restore.Dump(t.Context(), o.DB, w, "test", o.Clock.Now(), nil)
	}, nil)
	must(t, err)
	return path
}

// rows are the lines of a database's tables, in an order of their own, as both databases write them.
func rows(t testing.TB, db *store.DB) []string {
	t.Helper()
	var file bytes.Buffer
	must(t, restore.Dump(t.Context(), db, &file, "test", now(), nil))
	gz, err := gzip.NewReader(&file)
	must(t, err)
	text, err := io.ReadAll(gz)
	must(t, err)
	table, out := "", []string(nil)
	flags := strings.NewReplacer(",true", ",1", ",false", ",0")
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		switch {
		case strings.HasPrefix(line, `{"table"`):
			table = line
			out = append(out, line)
		case line[0] == '[':
			out = append(out, table[:20]+flags.Replace(strings.ToLower(strings.ReplaceAll(line, ", ", ","))))
		}
	}
	slices.Sort(out)
	return out
}

// spread waits for nothing: it lets the office live on until a moment, a quarter of an hour at a time.
func spread(o *apptest.Office, until time.Time) {
	for o.Clock.Now().Before(until) {
		o.Settle()
		o.Clock.Advance(15 * time.Minute)
	}
	o.Settle()
}

// loaded is a database that holds what a backup says and nothing more.
func loaded(t testing.TB, path, address string) *store.DB {
	t.Helper()
	db := empty(t, address)
	f, err := os.Open(path)
	must(t, err)
	r, err := backup.NewReader(f)
	must(t, err)
	must(t, db.Load(t.Context(), r, nil))
	must(t, f.Close())
	return db
}

// empty opens a database without any tables.
func empty(t testing.TB, address string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), address, store.Options{Connections: 4})
	must(t, err)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// difference is what one list has and the other has not.
func difference(got, want []string) string {
	var out strings.Builder
	for _, line := range got {
		if !slices.Contains(want, line) {
			out.WriteString("\n+ " + line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			out.WriteString("\n- " + line)
		}
	}
	return out.String()
}

// uncertain are the messages in doubt, as "address subject".
func uncertain(t testing.TB, o *apptest.Office) []string {
	t.Helper()
	list, err := o.DB.ListMessages(t.Context(), o.ID, message.LogQuery{Status: []string{"uncertain"}, Limit: 500})
	must(t, err)
	var out []string
	for _, m := range list {
		out = append(out, m.Address+" "+m.Subject)
	}
	return out
}
