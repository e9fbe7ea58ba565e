package api

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"

	"tactus/internal/account"
)

// request is what is known of one request beside what net/http knows.
type request struct {
	id    string
	actor Actor
	cause error // the service's error behind a refusal, so that a transaction around it can tell
}

type requestKey struct{}

func withRequest(ctx context.Context) context.Context {
	return context.WithValue(ctx, requestKey{}, &request{id: strings.ToLower(rand.Text()[:12])})
}

// requestOf returns the request of a context that came through ServeHTTP.
func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// Actor is in whose name a request acts.
type Actor struct {
	Account int64
	Key     account.Key
	User    int64  // the user of the key; 0 = the account's own key
	Author  string // as histories name it
}

// recorder notes whether an answer has begun.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
