// Package web is the face for people's browsers. So far it has the one page that works without
// signing in: unsubscribing.
package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
)

// Signer makes and reads the tokens of public links. A token says whose message it was and proves that we made it (SEC-5).
type Signer struct{ key []byte }

// NewSigner makes a signer; every node of an installation needs the same key.
func NewSigner(key []byte) *Signer { return &Signer{key: key} }

// Subscription is what a token stands for.
type Subscription struct {
	Account, Contact, Message int64
	Channel                   string
}

// Token signs a subscription.
func (s *Signer) Token(sub Subscription) string {
	raw := binary.AppendUvarint(nil, uint64(sub.Account))
	raw = binary.AppendUvarint(raw, uint64(sub.Contact))
	raw = binary.AppendUvarint(raw, uint64(sub.Message))
	raw = append(raw, sub.Channel...)
	return base64.RawURLEncoding.EncodeToString(append(s.mac(raw), raw...))
}

// macSize is half a SHA-256: unguessable, and short enough for a mail's footer.
const macSize = 16

// Read checks a token; false for one that we did not make.
func (s *Signer) Read(token string) (Subscription, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= macSize || !hmac.Equal(raw[:macSize], s.mac(raw[macSize:])) {
		return Subscription{}, false
	}
	raw = raw[macSize:]
	var n [3]uint64
	for i := range n {
		v, size := binary.Uvarint(raw)
		if size <= 0 {
			return Subscription{}, false
		}
		n[i], raw = v, raw[size:]
	}
	return Subscription{int64(n[0]), int64(n[1]), int64(n[2]), string(raw)}, true
}

func (s *Signer) mac(raw []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte("unsubscribe\x00"))
	h.Write(raw)
	return h.Sum(nil)[:macSize]
}

// OptOuts takes a contact's wish; it acts at once on everything queued (CMP-7).
type OptOuts interface {
	Unsubscribe(ctx context.Context, sub Subscription) error
}

// Unsubscribe serves /u/TOKEN without sign-in and without cookies. GET only asks, because link scanners follow links; POST does it, also as
// RFC 8058's one click, which must not be redirected (EMAIL-4).
func Unsubscribe(signer *Signer, wishes OptOuts, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /u/{token}", func(w http.ResponseWriter, r *http.Request) {
		_, ok := signer.Read(r.PathValue("token"))
		page(w, log, ok, false)
	})
	mux.HandleFunc("POST /u/{token}", func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 4096)
		sub, ok := signer.Read(r.PathValue("token"))
		if ok {
			if err := wishes.Unsubscribe(r.Context(), sub); err != nil {
				log.Error("unsubscribing", "error", err)
				http.Error(w, "This did not work just now. Please try again in a minute.", http.StatusServiceUnavailable)
				return
			}
		}
		page(w, log, ok, true)
	})
	return mux
}

// view is the page's whole state.
type view struct{ Known, Done bool }

var unsubscribePage = template.Must(template.New("unsubscribe").Parse(strings.TrimSpace(`
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>{{if .Done}}You are unsubscribed{{else}}Unsubscribe{{end}}</title>
<link rel="stylesheet" href="/u/style.css"></head>
<body><main>
{{if not .Known}}<h1>This link does not work</h1>
<p>It may be incomplete. Please use the link from the message itself, or answer the message and say that you want no more of them.</p>
{{else if .Done}}<h1>You are unsubscribed</h1><p>You will get no more messages of this kind from us.</p>
{{else}}<h1>Unsubscribe?</h1><p>You will get no more messages of this kind from us.</p>
<form method="post"><button type="submit">Unsubscribe me</button></form>{{end}}
</main></body></html>`)))

const unsubscribeStyle = `:root{color-scheme:light dark}body{font:1.05rem/1.6 system-ui,sans-serif;margin:0;display:grid;min-height:100dvh;place-items:center;background:light-dark(#f6f6f3,#17181a);color:light-dark(#1d1e20,#eceae4)}
main{max-width:26rem;margin:1rem;padding:2rem;border-radius:.75rem;background:light-dark(#fff,#212326);box-shadow:0 1px 3px #0003}
h1{font-size:1.4rem;margin:0 0 .5rem}button{font:inherit;font-weight:600;padding:.65rem 1.25rem;border:0;border-radius:.5rem;background:light-dark(#1f5fd1,#7aa7ff);color:light-dark(#fff,#10131a);cursor:pointer}
button:focus-visible{outline:3px solid currentColor;outline-offset:2px}`

func page(w http.ResponseWriter, log *slog.Logger, known, done bool) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if !known {
		w.WriteHeader(http.StatusNotFound)
	}
	if err := unsubscribePage.Execute(w, view{Known: known, Done: known && done}); err != nil {
		log.Debug("writing a page", "error", err)
	}
}

// Style serves the page's style sheet at /u/style.css.
func Style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=86400")
	_, _ = w.Write([]byte(unsubscribeStyle)) // the reader went away
}
