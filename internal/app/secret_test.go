package app_test

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"tactus/internal/app"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// SEC-2: whoever finds the secret's file finds a whole one, and all who start at once have the same; nothing else is left beside it.
func TestSecretIsMadeWhole(t *testing.T) {
	t.Parallel()
	db := storetest.Memory(t)
	for round := range 30 {
		cfg := app.DefaultConfig()
		cfg.StateDir = filepath.Join(t.TempDir(), strconv.Itoa(round))
		if err := os.Mkdir(cfg.StateDir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := db.Unmark(t.Context(), app.SecretMark); err != nil {
			t.Fatal(err)
		}
		var starts sync.WaitGroup
		for range 8 {
			starts.Go(func() {
				if _, err := cfg.OpenSecret(t.Context(), db); err != nil {
					t.Error(err)
				}
			})
		}
		starts.Wait()
		info, err := os.Stat(cfg.Beside(".secret"))
		if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 65 {
			t.Fatalf("%v, %v", info, err)
		}
		if entries, err := os.ReadDir(cfg.StateDir); err != nil || len(entries) != 1 {
			t.Errorf("%v, %v", entries, err)
		}
	}
}

// A secret that was made stays when the database does not answer, for its fingerprint may be kept; one that the database refuses goes again.
func TestSecretOfADatabaseThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	cfg := app.DefaultConfig()
	cfg.DB = filepath.Join(t.TempDir(), "tactus.db")
	db, err := store.Open(t.Context(), cfg.DB, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.OpenSecret(t.Context(), db); err == nil {
		t.Fatal("a closed database answered")
	}
	kept := read(t, cfg.Beside(".secret"))
	db = storetest.Memory(t)
	if _, err := cfg.OpenSecret(t.Context(), db); err != nil || read(t, cfg.Beside(".secret")) != kept {
		t.Errorf("the secret was not kept: %v", err)
	}
	other := app.DefaultConfig()
	other.StateDir = t.TempDir()
	if _, err := other.OpenSecret(t.Context(), db); !fault.Is(err, fault.Conflict) {
		t.Errorf("another secret was taken: %v", err)
	}
	if _, err := os.Stat(other.Beside(".secret")); !os.IsNotExist(err) {
		t.Errorf("it stayed: %v", err)
	}
}
