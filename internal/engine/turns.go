package engine

import (
	"sync"
	"time"

	"tactus/internal/clock"
)

// turns remember whose turn it is: which account's backlog was moved last, and which accounts rest because their batch failed. The
// workers of one process share them, so that they work on different accounts when there are several.
type turns struct {
	mu      sync.Mutex
	last    int64
	resting map[int64]rest
	next    time.Time // the soonest due moment, as it was seen last
}

// rest is an account whose batches fail: it is looked at again, later each time, and holds nobody up meanwhile (ENG-8).
type rest struct {
	failures int
	until    time.Time // a clock.Deadline: it is about this process, not about what is due
}

// order puts the accounts behind the one that had the last turn first.
func (t *turns) order(accounts []int64) []int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, id := range accounts {
		if id > t.last {
			return append(append(make([]int64, 0, len(accounts)), accounts[i:]...), accounts[:i]...)
		}
	}
	return accounts
}

// began says that an account's backlog has its turn now.
func (t *turns) began(account int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = account
}

// failed lets an account rest.
func (t *turns) failed(account int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.resting == nil {
		t.resting = map[int64]rest{}
	}
	r := t.resting[account]
	r.until = clock.Deadline(min(time.Second<<min(r.failures, 5), poll))
	r.failures++
	t.resting[account] = r
}

// moved ends an account's rest.
func (t *turns) moved(account int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.resting, account)
}

// sooner remembers the soonest due moment and reports whether it has come nearer: who sleeps does not know of it.
func (t *turns) sooner(next time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.next
	t.next = next
	return !next.IsZero() && (before.IsZero() || next.Before(before))
}

// rests reports whether an account is left alone for now.
func (t *turns) rests(account int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.resting[account]
	return ok && clock.Left(r.until) > 0
}

// nap is how long nobody's rest ends, at most atMost.
func (t *turns) nap(atMost time.Duration) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.resting {
		if left := clock.Left(r.until); left > 0 {
			atMost = min(atMost, left)
		}
	}
	return max(atMost, time.Millisecond)
}
