// Package storetest runs a case on every database that the program supports.
package storetest

import (
	"path/filepath"
	"testing"

	"tactus/internal/store"
	"tactus/internal/store/pgtest"
)

// Each runs f on a fresh, migrated database of every kind: SQLite in a file and in memory, PostgreSQL. Without a
// PostgreSQL server it fails; nothing is skipped (HOUSE-4). The subtests run in parallel.
func Each(t *testing.T, f func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, address string) { f(t, Open(t, address)) })
}

// EachURL is Each for cases that open the database themselves; it is empty.
func EachURL(t *testing.T, f func(t *testing.T, address string)) {
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
		f(t, pgtest.URL(t))
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
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return db
}
