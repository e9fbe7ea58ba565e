package restore_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tactus/internal/app"
	"tactus/internal/app/restore"
	"tactus/internal/backup"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// refused restores and wants a refusal that says so.
func refused(t *testing.T, cfg app.Config, path string, opt restore.Options, says string) {
	t.Helper()
	_, err := restore.Restore(t.Context(), cfg, path, opt)
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want a refusal that says %q", err, says)
	}
}

// small is a backup of an office with a few contacts.
func small(t *testing.T, kind string) string {
	t.Helper()
	o := office(t, fresh(t, kind), now().Add(-day))
	o.Assign(o.Plan(next), o.Leads(30)...)
	return take(t, o)
}

func TestWhatIsNoSoundBackupChangesNothing(t *testing.T) {
	t.Parallel()
	path := small(t, "sqlite")
	data, err := os.ReadFile(path)
	must(t, err)
	file := func(data []byte) string {
		name := filepath.Join(t.TempDir(), "x")
		must(t, os.WriteFile(name, data, 0o600))
		return name
	}
	corrupt := slices.Clone(data)
	corrupt[len(corrupt)/2] ^= 1
	for _, kind := range kinds {
		address := fresh(t, kind)
		cfg := settings(t, address)
		refused(t, cfg, file(data[:len(data)/2]), restore.Options{}, "this backup is damaged")
		refused(t, cfg, file(corrupt), restore.Options{}, "this backup is damaged")
		refused(t, cfg, file([]byte("id,name\n1,Ann\n")), restore.Options{}, "this is no backup of Tactus")
		refused(t, cfg, filepath.Join(t.TempDir(), "none"), restore.Options{}, "cannot be read")
		later := filepath.Join(t.TempDir(), "later")
		f, err := os.Create(later)
		must(t, err)
		w, err := backup.NewWriter(f, backup.Header{Schema: 9999, Program: "v9"})
		must(t, err)
		must(t, w.Close())
		must(t, f.Close())
		refused(t, cfg, later, restore.Options{}, "made by a newer Tactus (schema 9999")
		other := filepath.Join(t.TempDir(), "other")
		f, err = os.Create(other)
		must(t, err)
		w, err = backup.NewWriter(f, backup.Header{Schema: 1, Migrations: []string{"another"}})
		must(t, err)
		must(t, w.Close())
		must(t, f.Close())
		refused(t, cfg, other, restore.Options{}, "another build")
		// Nothing of it was left behind.
		_, err = restore.Restore(t.Context(), cfg, path, restore.Options{})
		must(t, err)
	}
}

// DEC-18: a restore requires a stopped server. What is there is replaced only when that is asked for, and kept.
func TestARunningServerAndItsDatabaseAreSafe(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			path, address := small(t, kind), fresh(t, kind)
			db, err := store.Open(t.Context(), address, store.Options{})
			must(t, err)
			must(t, db.Migrate(t.Context()))
			_, err = db.Mark(t.Context(), "old", "yes")
			must(t, err)
			here, err := db.Attend(t.Context())
			must(t, err)
			running := map[string]string{"sqlite": "another process", "postgres": "a server runs on this database"}[kind]
			refused(t, settings(t, address), path, restore.Options{Replace: true}, running)
			must(t, errors.Join(here.Close(t.Context()), db.Close()))
			there := map[string]string{"sqlite": "is a database already", "postgres": "has the tables of Tactus already"}[kind]
			refused(t, settings(t, address), path, restore.Options{}, there)
			report, err := restore.Restore(t.Context(), settings(t, address), path, restore.Options{Replace: true})
			must(t, err)
			db = storetest.Open(t, address)
			if kept, err := db.Mark(t.Context(), "old", "no"); err != nil || kept != "no" {
				t.Errorf("the old database is still there: %q %v", kept, err)
			}
			if kind == "postgres" {
				address += "&search_path=" + report.Aside
			} else {
				address = report.Aside
			}
			old := storetest.Open(t, address)
			if kept, err := old.Mark(t.Context(), "old", "no"); err != nil || kept != "yes" {
				t.Errorf("the old database was not kept in %s: %q %v", report.Aside, kept, err)
			}
		})
	}
}

// DEC-18: what a killed server left in SQLite's journal is in the old database's file before that gets its other name, so that a crash between two
// names loses nothing of it. One too damaged for that is set aside with its journal.
func TestOldDatabaseIsSetAsideWhole(t *testing.T) {
	t.Parallel()
	for _, damaged := range []bool{false, true} {
		path, address := small(t, "sqlite"), fresh(t, "sqlite")
		live := t.TempDir() + "/live.db"
		db := storetest.Open(t, live)
		_, err := db.Mark(t.Context(), "old", "yes")
		must(t, err)
		for _, end := range []string{"", "-wal"} { // as a kill leaves them
			bytes, err := os.ReadFile(live + end)
			must(t, err)
			if damaged && end == "" {
				bytes = []byte("no database at all, but longer than nothing")
			}
			must(t, os.WriteFile(address+end, bytes, 0o600))
		}
		report, err := restore.Restore(t.Context(), settings(t, address), path, restore.Options{Replace: true})
		must(t, err)
		_, err = os.Stat(report.Aside + "-wal")
		if there := err == nil; there != damaged {
			t.Errorf("damaged: %t, a journal beside the old database: %t", damaged, there)
		}
		if damaged {
			continue
		}
		if kept, err := storetest.Open(t, report.Aside).Mark(t.Context(), "old", "no"); err != nil || kept != "yes" {
			t.Errorf("the old database lost its last commits: %q %v", kept, err)
		}
	}
}

// A restore that ends in the middle leaves nothing that a server would take for a database; the next one comes to its end.
func TestAnInterruptedRestoreServesNobody(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, phase := range []string{"restoring", "living the lost time through"} {
			t.Run(kind+" "+phase, func(t *testing.T) {
				t.Parallel()
				path, _ := lived(t, kind)
				address := fresh(t, kind)
				cfg := settings(t, address)
				ctx, cancel := context.WithCancel(t.Context())
				_, err := restore.Restore(ctx, cfg, path, restore.Options{Progress: func(now string, _ int64) {
					if now == phase {
						cancel()
					}
				}})
				if err == nil {
					t.Fatal("it came to its end")
				}
				// PostgreSQL's one transaction left nothing behind, and what is behind the mark is refused.
				if db, err := store.Open(t.Context(), address, store.Options{}); err == nil {
					empty, fresh := db.Empty(t.Context())
					must(t, fresh)
					if unfinished := db.CheckRestored(t.Context()); !empty && !fault.Is(unfinished, fault.Conflict) {
						t.Errorf("a half restore may be served: %v", unfinished)
					}
					must(t, db.Close())
				} else if !strings.Contains(err.Error(), "has not come to its end") {
					t.Error(err)
				}
				_, err = restore.Restore(t.Context(), cfg, path, restore.Options{Replace: true})
				must(t, err)
				db := storetest.Open(t, address)
				must(t, db.CheckRestored(t.Context()))
			})
		}
	}
}

// SEC-2: the secret is not in a backup. A restore beside another, or none, is refused before it does anything, unless it is known to be lost.
func TestTheSecretIsAskedFor(t *testing.T) {
	t.Parallel()
	o := office(t, fresh(t, "sqlite"), now().Add(-day))
	cfg := settings(t, fresh(t, "sqlite"))
	cfg.Secret = "right"
	_, err := cfg.OpenSecret(t.Context(), o.DB)
	must(t, err)
	path := take(t, o)
	cfg.Secret = ""
	refused(t, cfg, path, restore.Options{}, "belongs to another secret")
	cfg.Secret = "wrong"
	refused(t, cfg, path, restore.Options{}, "belongs to another secret")
	if _, err := os.Stat(cfg.DB); err == nil {
		t.Error("a refused restore made a file")
	}
	cfg.Secret = "right"
	_, err = restore.Restore(t.Context(), cfg, path, restore.Options{})
	must(t, err)
	cfg.DB, cfg.Secret = fresh(t, "sqlite"), "new"
	_, err = restore.Restore(t.Context(), cfg, path, restore.Options{NewSecret: true})
	must(t, err)
}

// A backup never takes the place of a file, and a part of one is no backup.
func TestToFile(t *testing.T) {
	t.Parallel()
	path := small(t, "sqlite")
	data, err := os.ReadFile(path)
	must(t, err)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	s, err := restore.Check(path, nil)
	if err != nil || s.Rows["contact"] != 30 {
		t.Error(s, err)
	}
	write := func(part []byte, end error) func(w io.Writer) error {
		return func(w io.Writer) error {
			_, err := w.Write(part)
			return errors.Join(err, end)
		}
	}
	for name, f := range map[string]func(w io.Writer) error{"half": write(data[:500], nil), "failed": write(data, errors.New("away"))} {
		other := filepath.Join(t.TempDir(), "x")
		if _, err := restore.ToFile(other, f, nil); err == nil {
			t.Errorf("%s: there was no error", name)
		}
		if left, _ := filepath.Glob(other + "*"); len(left) > 0 {
			t.Errorf("%s: %v was left behind", name, left)
		}
	}
	if _, err := restore.ToFile(path, write(data, nil), nil); !fault.Is(err, fault.Conflict) {
		t.Error(err)
	}
}
