package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tactus/internal/clock"
)

// slowReader is how long a client may take nothing of a download before it is cut off. Nothing else would end one that stalls and keeps its
// connection, and what is sent may hold a snapshot of the database open.
const slowReader = 5 * time.Minute

// download streams a file; size 0 is not known.
func (a *API) download(name string, size int64, write func(ctx context.Context, w io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", contentType(name))
		ctx.SetHeader("Content-Disposition", disposition(name))
		if size > 0 {
			ctx.SetHeader("Content-Length", fmt.Sprint(size))
		}
		if err := a.stream(ctx, write); err != nil && ctx.Context().Err() == nil {
			a.opt.Log.Error("a file was not sent whole", "request", requestOf(ctx.Context()).id, "file", name, "error", err)
			panic(http.ErrAbortHandler) // the caller must not take a part for the whole
		}
	}}
}

// stream lets write write to a client that goes on taking it.
func (a *API) stream(ctx huma.Context, write func(ctx context.Context, w io.Writer) error) error {
	out := ctx.BodyWriter()
	w, ok := out.(http.ResponseWriter)
	if !ok {
		return write(ctx.Context(), out)
	}
	s := &steady{w: w, control: http.NewResponseController(w), limit: a.opt.SlowReader}
	if err := write(ctx.Context(), s); err != nil {
		return err
	}
	return s.end()
}

// steady is a response that each write gives another while to be taken.
type steady struct {
	w       http.ResponseWriter
	control *http.ResponseController
	limit   time.Duration
}

// Write implements io.Writer. A connection that knows no deadlines has none.
func (s *steady) Write(p []byte) (int, error) {
	_ = s.control.SetWriteDeadline(clock.Deadline(s.limit))
	return s.w.Write(p)
}

// end sends what is left and gives the connection's next request its time.
func (s *steady) end() error {
	err := s.control.Flush()
	if errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	_ = s.control.SetWriteDeadline(time.Time{})
	return err
}
