package serve_test

import (
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"tactus/internal/app"
	"tactus/internal/app/serve"
	"tactus/internal/store"
)

// A server one of whose addresses is taken says so before it changes the database.
func TestAddressTaken(t *testing.T) {
	t.Parallel()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for flag, set := range map[string]func(*app.Config){
		"--listen": func(cfg *app.Config) { cfg.Listen = ln.Addr().String() }, "--metrics": func(cfg *app.Config) { cfg.Metrics = ln.Addr().String() },
	} {
		cfg := app.DefaultConfig()
		cfg.DB, cfg.Listen = filepath.Join(t.TempDir(), "tactus.db"), "127.0.0.1:0"
		set(&cfg)
		if _, err := serve.Start(t.Context(), cfg, nil, slog.New(slog.DiscardHandler), "1"); err == nil || !strings.Contains(err.Error(), flag) {
			t.Fatalf("%v, want advice to choose another address with %s", err, flag)
		}
		db, err := store.Open(t.Context(), cfg.DB, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if empty, err := db.Empty(t.Context()); err != nil || !empty {
			t.Errorf("%s: the database was changed (%v)", flag, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
