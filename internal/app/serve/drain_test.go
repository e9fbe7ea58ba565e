package serve_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tactus/internal/app"
	"tactus/internal/app/serve"
	"tactus/internal/fault"
	"tactus/internal/store/storetest"
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

// DEC-18: a node is there for a restore until what is under way has come to its end, not until it is told to stop.
func TestPresentUntilTheEnd(t *testing.T) {
	t.Parallel()
	cfg := app.DefaultConfig()
	cfg.DB, cfg.Listen, cfg.StateDir = storetest.Postgres(t), "127.0.0.1:0", t.TempDir()
	s, err := serve.StartWith(t.Context(), cfg, serve.Options{Log: slog.New(slog.DiscardHandler), Version: "1", Drain: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	other := storetest.Open(t, cfg.DB)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	get(t, s.URL+"/healthz")
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const lead = `{"first_name":"Ann","source":"Web"}`
	if _, err := fmt.Fprintf(conn, "POST /api/v1/contacts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", s.Key, len(lead)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil { // 100 Continue
		t.Fatal(err)
	}
	stop()
	if p, err := other.Alone(t.Context()); !fault.Is(err, fault.Conflict) {
		t.Errorf("a restore beside a node that still writes: %v %v", p, err)
	}
	if _, err := conn.Write([]byte(lead)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	p, err := other.Alone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
