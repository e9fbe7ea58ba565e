package serve_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"tactus/internal/app"
	"tactus/internal/app/serve"
)

// The figures have an address of their own; the public one does not show them.
func TestFiguresAreServedInside(t *testing.T) {
	t.Parallel()
	cfg := app.DefaultConfig()
	cfg.DB, cfg.Listen, cfg.Metrics = filepath.Join(t.TempDir(), "tactus.db"), "127.0.0.1:0", "127.0.0.1:0"
	s, err := serve.Start(t.Context(), cfg, nil, slog.New(slog.DiscardHandler), "1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	if code, page := get(t, s.Figures); code != http.StatusOK || !strings.Contains(page, "tactus_database_up 1") {
		t.Errorf("%d %s", code, page)
	}
	if code, _ := get(t, s.URL+"/metrics"); code == http.StatusOK {
		t.Error("the public address shows the figures")
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
