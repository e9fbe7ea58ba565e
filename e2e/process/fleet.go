package process

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"tactus/client"
	"tactus/internal/clock"
)

// Now is real time, whatever clock the servers run on.
func Now() time.Time { return clock.Real{}.Now() }

// Pause waits in real time; it ends early with ctx.
func Pause(ctx context.Context, d time.Duration) error {
	return clock.Real{}.Wait(ctx, Now().Add(d), nil)
}

// Balance sends a request to one of the servers that are up, as a load balancer would.
func Balance(via http.RoundTripper, bases []string, r *http.Request) (*http.Response, error) {
	if len(bases) == 0 {
		return nil, errors.New("no server is up")
	}
	r = r.Clone(r.Context())
	r.URL.Host = strings.TrimPrefix(bases[rand.IntN(len(bases))], "http://")
	return via.RoundTrip(r)
}

// Patient is a client's way to servers that come and go: what none answers is sent again, with the same Idempotency-Key.
func Patient(servers http.RoundTripper) client.Options {
	return client.Options{HTTP: &http.Client{Transport: servers}, Tries: 1000, Wait: func(ctx context.Context, d time.Duration) error {
		return Pause(ctx, min(d, 100*time.Millisecond))
	}}
}
