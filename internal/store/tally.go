package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tactus/internal/clock"
)

// A count of so many takes tens of milliseconds, and pages ask for it again and again: its answer serves for a hundred times as long as it took,
// but not for long. Who asks soon after that has it once more, while it is made anew; later it is waited for. Smaller counts are always fresh.
const (
	manyCounted = 100_000
	tallyTimes  = 100
	tallyMost   = 10 * time.Second
	tallyGrace  = 10 * time.Second
	mostTallies = 1000
)

// tallies are counts of many, as they were a moment ago, and the counts under way.
type tallies struct {
	mu   sync.Mutex
	byOf map[string]*tally
}

// tally is one of them.
type tally struct {
	value any
	until time.Time // a clock.Deadline: no answer lives longer because somebody sets the clock
	under *counting // nil when nobody counts
}

// counter counts; many says how many that was.
type counter func(ctx context.Context) (value any, many int64, err error)

// counting is a count under way; what it told is read when it is done.
type counting struct {
	done  chan struct{}
	value any
	err   error
	left  bool // who counted went away before the end, which says nothing to those who wait
}

func begun() *counting { return &counting{done: make(chan struct{}), left: true} }

// of returns what is known of key, else the count under way. When there was none, it is the caller's to make.
func (t *tallies) of(errands *errands, key string, count counter) (value any, under *counting, mine bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.byOf[key]
	if found == nil {
		if t.byOf == nil || len(t.byOf) >= mostTallies {
			t.byOf = map[string]*tally{}
		}
		found = &tally{}
		t.byOf[key] = found
	}
	left := clock.Left(found.until)
	switch {
	case found.value != nil && left > 0:
		return found.value, nil, false
	case found.value != nil && left > -tallyGrace && (found.under != nil || t.renew(errands, key, found, count)):
		return found.value, nil, false
	case found.under != nil:
		return nil, found.under, false
	}
	found.value, found.under = nil, begun()
	return nil, found.under, true
}

// renew begins a count that nobody waits for, and reports whether it did. The lock is held.
func (t *tallies) renew(errands *errands, key string, found *tally, count counter) bool {
	c := begun()
	ok := errands.run(func(ctx context.Context) {
		defer func() { _ = recover() }() // the next who has to wait meets it again, and says so
		_, _ = t.run(ctx, key, c, count)
	})
	if ok {
		found.under = c
	}
	return ok
}

// over lets those who wait for c go on, and keeps what it told for a while. What failed leaves what was known as it is.
func (t *tallies) over(key string, c *counting, keep time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if found := t.byOf[key]; found != nil && found.under == c { // else it was thrown out with all others
		found.under = nil
		switch {
		case keep > 0:
			found.value, found.until = c.value, clock.Deadline(keep)
		case c.err == nil && !c.left:
			found.value = nil // not many any more
		}
	}
	close(c.done)
}

// run makes a count that is the caller's.
func (t *tallies) run(ctx context.Context, key string, c *counting, count counter) (any, error) {
	var keep time.Duration
	defer func() { t.over(key, c, keep) }() // whatever happens: others wait
	began := clock.Deadline(0)
	value, many, err := count(ctx)
	c.value, c.err, c.left = value, err, err != nil && ctx.Err() != nil
	if err == nil && many >= manyCounted {
		took := -clock.Left(began)
		keep = min(tallyTimes*took, tallyMost)
	}
	return value, err
}

// get returns what is known of key, or waits for who counts it, or counts. A count that was under way when this one asked may not know what was
// written just before, so those who came meanwhile share the next one.
func (t *tallies) get(ctx context.Context, errands *errands, key string, count counter) (any, error) {
	for next := false; ; next = true {
		value, under, mine := t.of(errands, key, count)
		switch {
		case under == nil:
			return value, nil
		case mine:
			return t.run(ctx, key, under, count)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-under.done:
		}
		if next && !under.left {
			return under.value, under.err
		}
	}
}

// tallied returns what count tells of key, or told a moment ago when that were many. Those who ask at the same time do not all count. Inside a
// transaction it is always counted.
func tallied[T any](ctx context.Context, db *DB, key string, count func(ctx context.Context) (value T, many int64, err error)) (T, error) {
	if db.tx(ctx) != nil {
		value, _, err := count(ctx)
		return value, err
	}
	found, err := db.tallies.get(ctx, &db.errands, key, func(ctx context.Context) (any, int64, error) { return count(ctx) })
	value, _ := found.(T) // there is none with an error
	return value, db.fault(err)
}

// tallyKey names what is counted.
func tallyKey(account int64, what string, args ...any) string {
	return fmt.Sprintf("%d %s %v", account, what, args)
}
