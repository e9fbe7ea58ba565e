// Package storetest runs a case on every database that the program supports.
package storetest

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"tactus/internal/store"
	"tactus/internal/store/pgtest"
)

// Each runs f on a fresh, migrated database of every kind: SQLite in a file and in memory, PostgreSQL. Without a
// PostgreSQL server it fails; nothing is skipped (HOUSE-4). The subtests run in parallel.
func Each(t *testing.T, f func(t *testing.T, db *store.DB)) {
	t.Helper()
	each(t, Postgres, func(t *testing.T, address string) { f(t, Open(t, address)) })
}

// EachURL is Each for cases that open the database themselves; it is empty.
func EachURL(t *testing.T, f func(t *testing.T, address string)) {
	t.Helper()
	each(t, pgtest.URL, f)
}

func each(t *testing.T, postgres func(testing.TB) string, f func(t *testing.T, address string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, filepath.Join(t.TempDir(), "tactus.db"))
	})
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		f(t, ":memory:")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, postgres(t))
	})
}

// Postgres is the address of a fresh, migrated database of the test's own: a copy of one that was migrated once.
func Postgres(t testing.TB) string {
	t.Helper()
	schema, err := store.Schema()
	if err != nil {
		t.Fatal(err)
	}
	return pgtest.Copy(t, schema, func(ctx context.Context, address string) error {
		db, err := store.Open(ctx, address, store.Options{Connections: 1})
		if err != nil {
			return err
		}
		return errors.Join(db.Migrate(ctx), db.Close())
	})
}

// Memory returns a migrated database in memory, for tests of rules that storage does not touch.
func Memory(t testing.TB) *store.DB {
	t.Helper()
	return Open(t, ":memory:")
}

// Open opens and migrates a database and closes it when the test ends.
func Open(t testing.TB, address string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), address, store.Options{Connections: 4})
	if err != nil {
		t.Fatalf("open %s: %v", address, err)
	}
	t.Cleanup(func() {
		noWalks(t, db)
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return db
}
