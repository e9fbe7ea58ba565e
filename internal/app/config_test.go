package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tactus/internal/app"
	"tactus/internal/store"
)

// Whatever the address of a database looks like, its password is not shown (SEC-2), and it is not taken for a file's name.
func TestDatabaseAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"postgres://u:hush@h/d", "postgres://u:hu%zzhush@h/d", "postgres://h/d?user=u&password=hush", "mysql://u:hush@h/d", "postgres://u:hush@[::1/d",
	} {
		c := app.DefaultConfig()
		c.DB = address
		for _, kv := range c.Masked() {
			if strings.Contains(kv[1], "hush") {
				t.Errorf("%s: shown as %s", address, kv[1])
			}
		}
	}
	for _, address := range []string{"mysql://u:hush@h/d", "host=localhost password=hush", "dbname = x user=y"} {
		_, err := app.LoadConfig("", func(string) string { return "" }, map[string]string{"db": address})
		if err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"tactus.db", "file:a=b.db", "/var/lib/host/tactus.db", "postgresql://h/d"} {
		if _, err := app.LoadConfig("", func(string) string { return "" }, map[string]string{"db": address}); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A secret that was kept with its file's text is the same secret when it is given as the setting: else a restore would be refused to who has it.
func TestSecretByFileOrSetting(t *testing.T) {
	t.Parallel()
	cfg := app.DefaultConfig()
	cfg.DB = filepath.Join(t.TempDir(), "tactus.db")
	db, err := store.Open(t.Context(), cfg.DB, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.OpenSecret(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(cfg.Beside(".secret"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Secret = strings.TrimSpace(string(text))
	if _, err := cfg.OpenSecret(t.Context(), db); err != nil {
		t.Error(err)
	}
	cfg.Secret = "another"
	if _, err := cfg.OpenSecret(t.Context(), db); err == nil {
		t.Error("another secret was taken")
	}
}
