package serve_test

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tactus/internal/app"
	"tactus/internal/app/serve"
)

// A request that does not come to its end is cut off, and the server ends well all the same.
func TestStopCutsOffWhoIsSlow(t *testing.T) {
	t.Parallel()
	cfg := app.DefaultConfig()
	cfg.DB, cfg.Listen = filepath.Join(t.TempDir(), "tactus.db"), "127.0.0.1:0"
	s, err := serve.StartWith(t.Context(), cfg, serve.Options{Log: slog.New(slog.DiscardHandler), Version: "1", Drain: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	get(t, s.URL+"/healthz") // it serves
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := "POST /api/v1/contacts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.Key +
		"\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil { // 100 Continue: the handler waits for the rest, which does not come
		t.Fatal(err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
