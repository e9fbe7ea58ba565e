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

// A server whose address is taken says so before it changes the database.
func TestAddressTaken(t *testing.T) {
	t.Parallel()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	cfg := app.DefaultConfig()
	cfg.DB, cfg.Listen = filepath.Join(t.TempDir(), "tactus.db"), ln.Addr().String()
	if _, err := serve.Start(t.Context(), cfg, nil, slog.New(slog.DiscardHandler), "1"); err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Fatalf("%v, want advice to choose another address with --listen", err)
	}
	db, err := store.Open(t.Context(), cfg.DB, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if empty, err := db.Empty(t.Context()); err != nil || !empty {
		t.Errorf("the database was changed (%v)", err)
	}
}
