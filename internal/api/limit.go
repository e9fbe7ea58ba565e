package api

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tactus/internal/clock"
	"tactus/internal/fault"
)

// limiters are token buckets by name. They live in this process: with several nodes each has its own. Real time, because what
// they protect is the machine (DEC-13).
type limiters struct {
	perSecond float64
	burst     int

	mu sync.Mutex
	by map[string]*bucket
}

type bucket struct {
	*rate.Limiter
	used time.Time
}

// maxBuckets bounds the memory of limiters.
const maxBuckets = 10_000

func newLimiters(perSecond float64, burst int) *limiters {
	return &limiters{perSecond: perSecond, burst: burst, by: map[string]*bucket{}}
}

func (l *limiters) get(name string, now time.Time) *bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.by[name]
	if b == nil {
		if len(l.by) >= maxBuckets {
			l.sweep(now)
		}
		b = &bucket{Limiter: rate.NewLimiter(rate.Limit(l.perSecond), l.burst)}
		l.by[name] = b
	}
	b.used = now
	return b
}

// sweep drops buckets that are full again, which are as good as new.
func (l *limiters) sweep(now time.Time) {
	for name, b := range l.by {
		if b.TokensAt(now) >= float64(l.burst) {
			delete(l.by, name)
		}
	}
	if len(l.by) >= maxBuckets {
		clear(l.by)
	}
}

// take takes one token if there is one; left is how many remain, wait until when the next is there.
func (l *limiters) take(name string, now time.Time) (ok bool, left int, wait time.Duration) {
	b := l.get(name, now)
	ok = b.AllowN(now, 1)
	tokens := b.TokensAt(now)
	if tokens < 1 {
		wait = time.Duration((1 - tokens) / l.perSecond * float64(time.Second))
	}
	return ok, max(0, int(tokens)), wait
}

// within counts the request against its key's limit, says so in the headers, and answers when it is too much.
func (a *API) within(w http.ResponseWriter, r *http.Request) bool {
	key := requestOf(r.Context()).actor.Key
	ok, left, wait := a.keys.take(strconv.FormatInt(key.ID, 10), clock.Real{}.Now())
	full := time.Duration(float64(a.opt.Burst-left) / a.opt.PerSecond * float64(time.Second))
	window := int(math.Ceil(float64(a.opt.Burst) / a.opt.PerSecond))
	h := w.Header()
	h.Set("RateLimit-Policy", fmt.Sprintf(`"key";q=%d;w=%d`, a.opt.Burst, window))
	h.Set("RateLimit", fmt.Sprintf(`"key";r=%d;t=%s`, left, seconds(full)))
	h.Set("RateLimit-Limit", strconv.Itoa(a.opt.Burst))
	h.Set("RateLimit-Remaining", strconv.Itoa(left))
	h.Set("RateLimit-Reset", seconds(full))
	if ok {
		return true
	}
	h.Set("Retry-After", seconds(wait))
	a.write(w, r, a.problem(r.Context(), fault.New(fault.TooMany, "this key sends too many requests: %d at once and %g a second are allowed", a.opt.Burst, a.opt.PerSecond)))
	return false
}

// seconds rounds up, so that whoever waits that long is not too early.
func seconds(d time.Duration) string {
	return strconv.Itoa(int(math.Ceil(d.Seconds())))
}
