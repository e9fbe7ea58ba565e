package serve

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// page serves what is for operators, at an address of its own that is kept inside.
type page struct {
	http *http.Server
	ln   net.Listener
}

func newPage(ln net.Listener, metrics http.Handler, log *slog.Logger) *page {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	return &page{ln: ln, http: &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
}

// serve serves until ctx is done.
func (p *page) serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = p.http.Close() }) // a scrape that is cut off does no harm
	defer stop()
	if err := p.http.Serve(p.ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
