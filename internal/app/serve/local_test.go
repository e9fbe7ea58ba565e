package serve_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"tactus/internal/app"
	"tactus/internal/app/serve"
)

// DEC-14: address and key for the command line are replaced as a whole, for this user alone: who reads them meanwhile finds the old ones.
func TestLocalIsReplacedWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := app.DefaultConfig()
	cfg.DB, cfg.Listen = filepath.Join(dir, "tactus.db"), "127.0.0.1:0"
	path, reader := cfg.Beside(".server"), filepath.Join(dir, "reader")
	if err := os.WriteFile(path, []byte(`{"url":"http://old","key":"old.key","pid":1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, reader); err != nil { // as who has it open
		t.Fatal(err)
	}
	s, err := serve.StartWith(t.Context(), cfg, serve.Options{Log: slog.New(slog.DiscardHandler), Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.DB.Close() })
	if old, err := serve.ReadLocal(reader); err != nil || old.Key != "old.key" {
		t.Errorf("the old file was written over: %+v %v", old, err)
	}
	if l, err := serve.ReadLocal(path); err != nil || l.Key != s.Key || l.URL != s.URL {
		t.Errorf("%+v %v", l, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q %v", left, err)
	}
}
