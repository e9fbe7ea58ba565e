package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tactus/internal/clock"
)

// A count of so many takes tens of milliseconds, and pages ask for it again and again: its answer serves for a hundred times as long as it took,
// but not for long. Smaller counts are always fresh.
const (
	manyCounted = 100_000
	tallyTimes  = 100
	tallyMost   = 10 * time.Second
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

// counting is a count under way; what it told is read when it is done.
type counting struct {
	done  chan struct{}
	value any
	err   error
	left  bool // who counted went away before the end, which says nothing to those who wait
}

// of returns what is known of key, else the count under way. When there was none, it is the caller's to make.
func (t *tallies) of(key string) (value any, under *counting, mine bool) {
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
	switch {
	case found.value != nil && clock.Left(found.until) > 0:
		return found.value, nil, false
	case found.under != nil:
		return nil, found.under, false
	}
	found.value, found.under = nil, &counting{done: make(chan struct{}), left: true}
	return nil, found.under, true
}

// end lets those who wait for c go on, and keeps what it told for a while.
func (t *tallies) end(key string, c *counting, keep time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if found := t.byOf[key]; found != nil && found.under == c { // else it was thrown out with all others
		found.under = nil
		if keep > 0 {
			found.value, found.until = c.value, clock.Deadline(keep)
		}
	}
	close(c.done)
}

// run makes a count that is the caller's.
func (t *tallies) run(ctx context.Context, key string, c *counting, ask func() (any, int64, error)) (any, error) {
	var keep time.Duration
	defer func() { t.end(key, c, keep) }() // whatever happens: others wait
	began := clock.Deadline(0)
	value, many, err := ask()
	c.value, c.err, c.left = value, err, err != nil && ctx.Err() != nil
	if err == nil && many >= manyCounted {
		took := -clock.Left(began)
		keep = min(tallyTimes*took, tallyMost)
	}
	return value, err
}

// get returns what is known of key, or waits for who counts it, or counts. A count that was under way when this one asked may not know what was
// written just before, so those who came meanwhile share the next one.
func (t *tallies) get(ctx context.Context, key string, ask func() (any, int64, error)) (any, error) {
	for next := false; ; next = true {
		value, under, mine := t.of(key)
		switch {
		case under == nil:
			return value, nil
		case mine:
			return t.run(ctx, key, under, ask)
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
func tallied[T any](ctx context.Context, db *DB, key string, count func() (value T, many int64, err error)) (T, error) {
	if db.tx(ctx) != nil {
		value, _, err := count()
		return value, err
	}
	found, err := db.tallies.get(ctx, key, func() (any, int64, error) { return count() })
	value, _ := found.(T) // there is none with an error
	return value, db.fault(err)
}

// tallyKey names what is counted.
func tallyKey(account int64, what string, args ...any) string {
	return fmt.Sprintf("%d %s %v", account, what, args)
}
