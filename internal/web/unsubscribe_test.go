package web_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tactus/internal/web"
)

// wishes remembers who wanted out.
type wishes struct {
	heard []web.Subscription
	err   error
}

func (w *wishes) Unsubscribe(_ context.Context, sub web.Subscription) error {
	w.heard = append(w.heard, sub)
	return w.err
}

var ann = web.Subscription{Account: 3, Contact: 70_000, Message: 1 << 40, Channel: "email"}

func ask(t *testing.T, h http.Handler, method, token, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/u/"+token, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// EMAIL-4: a GET changes nothing, because link scanners follow links; a POST does it, without a redirect, as often as it comes.
func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	signer, w := web.NewSigner([]byte("a key of an installation")), &wishes{}
	h := web.Unsubscribe(signer, w, slog.New(slog.DiscardHandler))
	token := signer.Token(ann)
	rec := ask(t, h, http.MethodGet, token, "")
	if rec.Code != http.StatusOK || len(w.heard) != 0 || !strings.Contains(rec.Body.String(), `method="post"`) {
		t.Fatalf("GET answered %d and told %v:\n%s", rec.Code, w.heard, rec.Body)
	}
	if csp := rec.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || len(rec.Result().Cookies()) != 0 {
		t.Errorf("policy %q, cookies %v", csp, rec.Result().Cookies())
	}
	for range 2 { // RFC 8058's one click, and again
		rec = ask(t, h, http.MethodPost, token, "List-Unsubscribe=One-Click")
		if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "You are unsubscribed") {
			t.Fatalf("POST answered %d:\n%s", rec.Code, rec.Body)
		}
	}
	if len(w.heard) != 2 || w.heard[0] != ann {
		t.Errorf("heard %v", w.heard)
	}
}

// SEC-5: a token that we did not make changes nothing and tells nothing.
func TestTokensAreOurs(t *testing.T) {
	t.Parallel()
	signer, w := web.NewSigner([]byte("a key of an installation")), &wishes{}
	h := web.Unsubscribe(signer, w, slog.New(slog.DiscardHandler))
	good := signer.Token(ann)
	stranger := web.NewSigner([]byte("another key")).Token(ann)
	bad := []string{"x", stranger, good + "A", good[1:], strings.Repeat("A", 400)}
	for i := range len(good) {
		flipped := []byte(good)
		flipped[i] ^= 1
		if string(flipped) != good {
			bad = append(bad, string(flipped))
		}
	}
	for _, token := range bad {
		if sub, ok := signer.Read(token); ok && sub != ann {
			t.Fatalf("%q was read as %v", token, sub)
		}
		if strings.ContainsAny(token, "/?#%") {
			continue
		}
		if rec := ask(t, h, http.MethodPost, token, ""); rec.Code == http.StatusOK {
			if sub, ok := signer.Read(token); !ok || sub != ann {
				t.Errorf("%q answered %d", token, rec.Code)
			}
		}
	}
	for _, sub := range w.heard {
		if sub != ann {
			t.Errorf("heard %v", sub)
		}
	}
}

// A database that is away is no "you are unsubscribed".
func TestFailureIsSaid(t *testing.T) {
	t.Parallel()
	signer := web.NewSigner([]byte("a key"))
	h := web.Unsubscribe(signer, &wishes{err: errors.New("away")}, slog.New(slog.DiscardHandler))
	if rec := ask(t, h, http.MethodPost, signer.Token(ann), ""); rec.Code != http.StatusServiceUnavailable {
		t.Errorf("answered %d", rec.Code)
	}
}
