package store

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tactus/internal/clock"
	"tactus/internal/fault"
)

// asker counts what it is told to, and how often it did.
type asker struct {
	*testing.T
	db      *DB
	counted int
}

func (a *asker) ask(ctx context.Context, key string, n int64, failure error) int64 {
	a.Helper()
	got, err := tallied(ctx, a.db, key, func(context.Context) (int64, int64, error) {
		a.counted++
		return n, n, failure
	})
	if !errors.Is(err, failure) {
		a.Error(err)
	}
	return got
}

// live makes what is known of a key serve for so long.
func (a *asker) live(key string, d time.Duration) { a.db.tallies.byOf[key].until = clock.Deadline(d) }

// 9-quality: a count of many is not made again for each who asks; a small one, one in a transaction and one that failed always is.
func TestTallied(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), ":memory:", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // there is nothing to keep
	a, ctx := &asker{T: t, db: db}, t.Context()
	for _, n := range []int64{manyCounted - 1, 5} {
		if got := a.ask(ctx, "few", n, nil); got != n {
			t.Errorf("a small count is old: %d", got)
		}
	}
	a.ask(ctx, "many", manyCounted, fault.New(fault.Unavailable, "away"))
	a.live("many", tallyMost)
	if got := a.ask(ctx, "many", manyCounted+1, nil); got != manyCounted+1 {
		t.Errorf("a failure was kept: %d", got)
	}
	if until := db.tallies.byOf["many"].until; !strings.Contains(until.String(), " m=") {
		t.Errorf("it lives by the clock that people set: until %v", until)
	}
	a.live("many", tallyMost)
	before := a.counted
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if got := a.ask(ctx, "many", 1, nil); got != manyCounted+1 {
				t.Errorf("it was counted again: %d", got)
			}
		})
	}
	group.Wait()
	if a.counted != before {
		t.Errorf("counted %d times more", a.counted-before)
	}
	if err := db.InTx(ctx, func(ctx context.Context) error {
		if got := a.ask(ctx, "many", 7, nil); got != 7 {
			t.Errorf("a transaction sees an old count: %d", got)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	a.live("many", -tallyGrace)
	if got := a.ask(ctx, "many", 9, nil); got != 9 {
		t.Errorf("it was not counted again in the end: %d", got)
	}
}

// crew asks for one count from many sides.
type crew struct {
	*testing.T
	db    *DB
	group sync.WaitGroup
	mu    sync.Mutex
	made  int // counts begun
}

// ask lets somebody ask, who counts as count does if it comes to that, and tells end how it went.
func (c *crew) ask(ctx context.Context, count func() (int64, error), end func(n int64, err error)) {
	c.group.Go(func() {
		defer func() { _ = recover() }() // as a server does for one request
		end(tallied(ctx, c.db, "contacts", func(context.Context) (int64, int64, error) {
			c.mu.Lock()
			c.made++
			c.mu.Unlock()
			n, err := count()
			return n, n, err
		}))
	})
	synctest.Wait() // it counts or waits
}

func (c *crew) tells(want int64) func(int64, error) {
	return func(n int64, err error) {
		if n != want || err != nil {
			c.Errorf("%d, %v instead of %d", n, err, want)
		}
	}
}

func five() (int64, error) { return 5, nil }

// 9-quality: who asks for a count of many soon after its time has it as it was, while it is made anew; later it is waited for. What is not many any
// more, or could not be counted, does not stay.
func TestTalliedAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &crew{T: t, db: &DB{core: &core{}}}
		pass := func(d time.Duration) { _ = clock.Sleep(t.Context(), d) }
		tells := func(n int64, err error) func() (int64, error) {
			return func() (int64, error) { pass(time.Second); return n, err }
		}
		const many = manyCounted
		c.ask(t.Context(), tells(many, nil), c.tells(many))
		pass(time.Second + tallyMost)
		c.ask(t.Context(), func() (int64, error) { panic("no") }, c.tells(many))
		c.ask(t.Context(), tells(0, fault.New(fault.Internal, "no")), c.tells(many))
		pass(2 * time.Second)
		for range 8 {
			c.ask(t.Context(), tells(many+1, nil), c.tells(many))
		}
		if c.made != 4 {
			t.Errorf("counted %d times", c.made)
		}
		pass(2 * time.Second)
		c.ask(t.Context(), tells(3, nil), c.tells(many+1))
		pass(tallyMost + tallyGrace)
		c.ask(t.Context(), tells(many+2, nil), c.tells(many+2))
		pass(time.Second + tallyMost)
		c.ask(t.Context(), tells(5, nil), c.tells(many+2))
		pass(2 * time.Second)
		c.ask(t.Context(), tells(6, nil), c.tells(6))
		c.group.Wait()
	})
}

// A database that is closed ends the counts that nobody waits for, and begins none.
func TestTalliedClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := false
		var all tallies
		var errands errands
		all.byOf = map[string]*tally{"contacts": {value: int64(4), until: clock.Deadline(0)}}
		count := func(ctx context.Context) (any, int64, error) {
			<-ctx.Done()
			ended = true
			return nil, 0, ctx.Err()
		}
		for range 2 {
			if got, err := all.get(t.Context(), &errands, "contacts", count); got != int64(4) || err != nil {
				t.Errorf("%v, %v", got, err)
			}
		}
		errands.close()
		if !ended {
			t.Error("it goes on counting")
		}
		got, err := all.get(t.Context(), &errands, "contacts", func(context.Context) (any, int64, error) { return int64(7), 7, nil })
		if got != int64(7) || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	})
}

// Those who come while it is being counted share the next count, which knows what they wrote before they asked.
func TestTalliedTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &crew{T: t, db: &DB{core: &core{}}}
		first, second := make(chan struct{}), make(chan struct{})
		c.ask(t.Context(), func() (int64, error) { <-first; return 4, nil }, c.tells(4))
		for range 8 {
			c.ask(t.Context(), func() (int64, error) { <-second; return 5, nil }, c.tells(5))
		}
		close(first)
		synctest.Wait()
		close(second)
		c.group.Wait()
		if c.made != 2 {
			t.Errorf("counted %d times", c.made)
		}
	})
}

// Who waits may go, and when the one who counts goes, fails or falls over, the others are told all the same.
func TestTalliedLeaving(t *testing.T) {
	t.Parallel()
	for name, count := range map[string]func(ctx context.Context, slow <-chan struct{}) (int64, error){
		"goes": func(ctx context.Context, _ <-chan struct{}) (int64, error) { <-ctx.Done(); return 0, ctx.Err() },
		"fails": func(_ context.Context, slow <-chan struct{}) (int64, error) {
			<-slow
			return 0, fault.New(fault.Internal, "no")
		},
		"falls over": func(_ context.Context, slow <-chan struct{}) (int64, error) { <-slow; panic("no") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &crew{T: t, db: &DB{core: &core{}}}
				ctx, leave := context.WithCancel(t.Context())
				slow := make(chan struct{})
				c.ask(ctx, func() (int64, error) { return count(ctx, slow) }, func(_ int64, err error) {
					if err == nil {
						t.Error("it was counted")
					}
				})
				impatient, cancel := context.WithCancel(t.Context())
				gone := false
				c.ask(impatient, five, func(_ int64, err error) {
					if gone = true; !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
				})
				for range 3 {
					c.ask(t.Context(), five, c.tells(5))
				}
				cancel()
				synctest.Wait()
				if !gone {
					t.Error("who has gone still waits")
				}
				leave()
				close(slow)
				c.group.Wait()
			})
		})
	}
}
