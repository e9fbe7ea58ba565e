package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tactus/client"
	"tactus/internal/fault"
)

// statusOf maps each code once (HOUSE-5).
func statusOf(code fault.Code) int {
	switch code {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
		return http.StatusInternalServerError
	default:
		return http.StatusInternalServerError
	}
}

// problem turns a service's error into what the caller may know. What is our own fault is logged, once, with its cause.
func (a *API) problem(ctx context.Context, err error) *client.Problem {
	var p *client.Problem
	if errors.As(err, &p) {
		return p
	}
	req := requestOf(ctx)
	req.cause = err
	code := fault.CodeOf(err)
	p = status(statusOf(code), string(code), "")
	p.Request = req.id
	var f *fault.Error
	if errors.As(err, &f) && code != fault.Internal {
		p.Detail = f.Message
		for _, field := range f.Fields {
			p.Fields = append(p.Fields, client.Field{Name: field.Name, Message: field.Message})
		}
	}
	switch {
	case ctx.Err() != nil: // the caller has gone
	case p.Status >= http.StatusInternalServerError:
		a.opt.Log.Error("request failed", "request", req.id, "account", req.actor.Account, "author", req.actor.Author, "error", err)
	}
	if code == fault.Internal {
		p.Detail = "this is our fault, not yours; the server's log has the reason under request " + req.id
	}
	return p
}

// status makes a problem of an HTTP status.
func status(code int, name, detail string) *client.Problem {
	return &client.Problem{Type: "about:blank", Title: http.StatusText(code), Status: code, Code: name, Detail: detail}
}

// invalid names one field at fault.
func invalid(field, format string, args ...any) error {
	return fault.InvalidFields([]fault.Field{{Name: field, Message: fmt.Sprintf(format, args...)}})
}

// write sends a problem outside of huma.
func (a *API) write(w http.ResponseWriter, r *http.Request, p *client.Problem) {
	if p.Request == "" {
		p.Request = requestOf(r.Context()).id
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		a.opt.Log.Debug("answer not sent", "error", err)
	}
}

// recoverPanic answers when an operation panics.
func (a *API) recoverPanic(w *recorder, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares so, too
		panic(v)
	}
	err := fmt.Errorf("panic: %v\n%s", v, debug.Stack())
	p := a.problem(r.Context(), err)
	if w.status == 0 {
		a.write(w, r, p)
	}
}

// humaProblem turns huma's own refusals (parsing, validation) into ours.
func humaProblem(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	code := "invalid"
	switch m.Status {
	case http.StatusBadRequest:
		code = "bad_request"
	case http.StatusRequestEntityTooLarge:
		code = "too_large"
	case http.StatusUnsupportedMediaType, http.StatusNotAcceptable:
		code = "unsupported"
	case http.StatusInternalServerError:
		code = string(fault.Internal)
	}
	p := status(m.Status, code, m.Detail)
	if code == "invalid" {
		p.Detail = "the input is not valid"
	}
	p.Request = requestOf(ctx.Context()).id
	for _, e := range m.Errors {
		name := strings.TrimPrefix(e.Location, "body.")
		for _, where := range []string{"query.", "header.", "path."} {
			name = strings.TrimPrefix(name, where)
		}
		p.Fields = append(p.Fields, client.Field{Name: name, Message: e.Message})
	}
	return p, nil
}

// renamed gives fields at fault the names that they have in the request.
func renamed(err error, prefix, by string) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	out := *f
	out.Fields = make([]fault.Field, len(f.Fields))
	for i, field := range f.Fields {
		if rest, ok := strings.CutPrefix(field.Name, prefix); ok {
			field.Name = by + rest
		}
		out.Fields[i] = field
	}
	return &out
}
