package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"tactus/internal/clock"
	"tactus/internal/fault"
)

// maxKey is the longest Idempotency-Key.
const maxKey = 255

// maxKept is the largest body that is held in memory to be run again.
const maxKept = 64 << 20

// keepKeys is how long an answer is kept.
const keepKeys = 24 * time.Hour

// once runs a request and keeps its answer under its key in the same transaction as what the request did: after a crash at any
// instruction either both are there or neither, so a repeat does nothing twice. Refusals are not kept, since they changed nothing.
func (a *API) once(w http.ResponseWriter, r *http.Request, key string, limit int64, last http.HandlerFunc) {
	ctx := r.Context()
	if len(key) > maxKey {
		a.write(w, r, a.problem(ctx, invalid("Idempotency-Key", "a key has at most %d characters", maxKey)))
		return
	}
	if limit > maxKept {
		limit = maxKept
	}
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(clock.Real{}.Now().Add(slowBody)); err != nil {
		a.opt.Log.Debug("a slow body has no deadline", "error", err)
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	_ = control.SetReadDeadline(time.Time{}) // what follows may take its time
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			a.write(w, r, status(http.StatusRequestEntityTooLarge, "too_large", "the body has more than "+strconv.FormatInt(limit, 10)+" bytes"))
			return
		}
		a.write(w, r, status(http.StatusBadRequest, "bad_request", "the body could not be read"))
		return
	}
	who := requestOf(ctx).actor
	name := strconv.FormatInt(who.Key.ID, 10) + "/" + key
	if !a.idem.enter(name) {
		w.Header().Set("Retry-After", "1")
		a.write(w, r, status(http.StatusConflict, "in_progress", "a request with this Idempotency-Key is being worked on; try again in a moment"))
		return
	}
	defer a.idem.leave(name)
	a.forget(ctx)
	mark := fingerprint(r, data)
	answer, err := a.keep(r, who.Account, name, mark, data, last)
	if err != nil {
		a.write(w, r, a.problem(ctx, err))
		return
	}
	answer.send(w)
}

// keep runs the request inside a transaction. The transaction may run several times (deadlocks); only the last answer counts.
func (a *API) keep(r *http.Request, account int64, name, mark string, data []byte, last http.HandlerFunc) (*buffered, error) {
	var answer *buffered
	now := a.opt.Clock.Now()
	err := a.s.Store.InTx(r.Context(), func(ctx context.Context) error {
		answer = &buffered{header: http.Header{}}
		mine, kept, err := a.s.Store.ReserveKey(ctx, account, name, mark, now, now.Add(-keepKeys))
		if err != nil {
			return err
		}
		if !mine {
			if kept.Request != mark {
				return fault.InvalidFields([]fault.Field{{Name: "Idempotency-Key", Message: "this key was used for another request; choose a new one"}})
			}
			return answer.unpack(kept.Status, kept.Answer)
		}
		req := requestOf(ctx)
		req.cause = nil
		again := r.Clone(ctx)
		again.Body = io.NopCloser(bytes.NewReader(data))
		last(answer, again)
		switch {
		case answer.status < http.StatusBadRequest:
			return a.s.Store.KeepAnswer(ctx, account, name, answer.status, answer.pack())
		case req.cause != nil:
			return req.cause // rolls back, and lets a lost deadlock be tried again
		default:
			return errRefused
		}
	})
	if err != nil && answer != nil && answer.status >= http.StatusBadRequest {
		return answer, nil // the refusal itself is the answer
	}
	return answer, err
}

// errRefused rolls a refused request's transaction back.
var errRefused = errors.New("refused")

// fingerprint tells requests apart.
func fingerprint(r *http.Request, data []byte) string {
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("If-Match"), r.Header.Get("Content-Type")} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

// forget deletes old answers, once an hour.
func (a *API) forget(ctx context.Context) {
	now := a.opt.Clock.Now()
	if !a.idem.sweepNow(now) {
		return
	}
	if _, err := a.s.Store.ForgetKeys(ctx, now.Add(-keepKeys)); err != nil {
		a.opt.Log.Warn("old idempotency keys stay", "error", err)
	}
}

// inProgress are the keys whose requests this process works on.
type inProgress struct {
	mu    sync.Mutex
	names map[string]bool
	swept time.Time
}

func newInProgress() *inProgress { return &inProgress{names: map[string]bool{}} }

func (p *inProgress) enter(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.names[name] {
		return false
	}
	p.names[name] = true
	return true
}

func (p *inProgress) leave(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.names, name)
}

func (p *inProgress) sweepNow(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.swept) < time.Hour {
		return false
	}
	p.swept = now
	return true
}

// buffered is an answer that is not sent yet.
type buffered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (b *buffered) Header() http.Header { return b.header }

func (b *buffered) WriteHeader(status int) {
	if b.status == 0 {
		b.status = status
	}
}

func (b *buffered) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	return b.body.Write(p)
}

// packed is how an answer is kept.
type packed struct {
	Header http.Header     `json:"h"`
	Body   json.RawMessage `json:"b,omitempty"`
	Raw    []byte          `json:"r,omitempty"` // a body that is no JSON
}

func (b *buffered) pack() []byte {
	p := packed{Header: b.header}
	if data := bytes.TrimSpace(b.body.Bytes()); json.Valid(data) {
		p.Body = data
	} else {
		p.Raw = b.body.Bytes()
	}
	out, err := json.Marshal(p)
	if err != nil {
		panic("api: " + err.Error()) // headers and valid JSON always marshal
	}
	return out
}

func (b *buffered) unpack(status int, data []byte) error {
	var p packed
	if err := json.Unmarshal(data, &p); err != nil {
		return fault.Wrap(fault.Internal, err, "a kept answer cannot be read")
	}
	b.status, b.header = status, p.Header
	if b.header == nil {
		b.header = http.Header{}
	}
	b.header.Set("Idempotency-Replayed", "true")
	b.body.Write(p.Body)
	b.body.Write(p.Raw)
	return nil
}

func (b *buffered) send(w http.ResponseWriter) {
	for name, values := range b.header {
		w.Header()[name] = values
	}
	w.WriteHeader(b.status)
	_, _ = w.Write(b.body.Bytes())
}
