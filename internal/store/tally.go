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

// tallies are counts of many, as they were a moment ago.
type tallies struct {
	mu   sync.Mutex
	byOf map[string]*tally
}

// tally is one of them. Who comes while it is being counted waits for that.
type tally struct {
	mu    sync.Mutex
	value any
	until time.Time
}

func (t *tallies) of(key string) *tally {
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
	return found
}

// tallied returns what count tells of key, or told a moment ago when that were many. Inside a transaction it is always counted.
func tallied[T any](ctx context.Context, db *DB, key string, count func() (value T, many int64, err error)) (T, error) {
	if db.tx(ctx) != nil {
		value, _, err := count()
		return value, err
	}
	t := db.tallies.of(key)
	t.mu.Lock()
	defer t.mu.Unlock()
	machine := clock.Real{}
	began := machine.Now()
	if value, ok := t.value.(T); ok && began.Before(t.until) {
		return value, nil
	}
	t.value = nil
	value, many, err := count()
	if err == nil && many >= manyCounted {
		now := machine.Now()
		t.value, t.until = value, now.Add(min(tallyTimes*now.Sub(began), tallyMost))
	}
	return value, err
}

// tallyKey names what is counted.
func tallyKey(account int64, what string, args ...any) string {
	return fmt.Sprintf("%d %s %v", account, what, args)
}
