package clock_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tactus/internal/clock"
)

// settable is somebody's clock: the machine's seconds, and how far it has been set off.
type settable struct{ off atomic.Int64 }

func (s *settable) now() time.Time { return time.Now().Add(time.Duration(s.off.Load())) }

func (s *settable) set(by time.Duration) { s.off.Add(int64(by)) }

// waited runs a wait in the background and returns how long it took.
func waited(t *testing.T, c clock.Clock, until time.Time) <-chan time.Duration {
	took := make(chan time.Duration, 1)
	from := time.Now()
	go func() {
		if err := c.Wait(t.Context(), until, nil); err != nil {
			t.Error(err)
		}
		took <- time.Since(from)
	}()
	return took
}

// ENG-13: who sleeps on the machine's clock notices within seconds that it was set forward, and sleeps on when it was set back.
func TestReadingIsSet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ by, atLeast, atMost time.Duration }{
		"not at all":        {0, time.Hour, time.Hour},
		"forward, past it":  {2 * time.Hour, 10 * time.Minute, 10*time.Minute + 5*time.Second},
		"forward, short of": {20 * time.Minute, 40 * time.Minute, 40 * time.Minute},
		"back":              {-30 * time.Minute, 90 * time.Minute, 90 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var machine settable
				r := clock.Reading(machine.now)
				took := waited(t, r, r.Now().Add(time.Hour))
				bubble(t, 10*time.Minute)
				machine.set(c.by)
				if got := <-took; got < c.atLeast || got > c.atMost {
					t.Errorf("it slept %v, not %v to %v", got, c.atLeast, c.atMost)
				}
			})
		})
	}
}

// ENG-3: a clock that is set by the database's follows it when that is set, at once.
func TestSyncedFollows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ by, want time.Duration }{
		"not at all":        {0, time.Hour},
		"forward, past it":  {2 * time.Hour, 10 * time.Minute},
		"forward, short of": {20 * time.Minute, 40 * time.Minute},
		"back":              {-30 * time.Minute, 90 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var theirs settable
				theirs.set(-7 * time.Second) // nodes differ
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s, err := clock.NewSynced(ctx, func(context.Context) (time.Time, error) { return theirs.now(), nil })
				if err != nil {
					t.Fatal(err)
				}
				if d := s.Now().Sub(theirs.now()); d.Abs() > time.Millisecond {
					t.Errorf("it is %v off", d)
				}
				go func() { _ = s.Run(ctx) }()
				took := waited(t, s, s.Now().Add(time.Hour))
				bubble(t, 10*time.Minute)
				theirs.set(c.by)
				if got := <-took; got < c.want || got > c.want+6*time.Second {
					t.Errorf("it slept %v, not %v and a few seconds", got, c.want)
				}
				if d := s.Now().Sub(theirs.now()); d.Abs() > time.Millisecond {
					t.Errorf("it is %v off", d)
				}
			})
		})
	}
}

// A slow answer, or none, leaves a clock alone that is right.
func TestSyncedIsSteady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := time.Duration(0)
		var away error
		s, err := clock.NewSynced(t.Context(), func(context.Context) (time.Time, error) {
			now := time.Now()
			bubble(t, slow)
			return now, away
		})
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string) {
			t.Helper()
			if d := s.Now().Sub(clock.Real{}.Now()); d.Abs() > time.Millisecond {
				t.Errorf("%s: it is %v off", what, d)
			}
		}
		slow = 3 * time.Second
		if err := s.Sync(t.Context()); err != nil {
			t.Error(err)
		}
		check("a slow answer")
		away = errors.New("away")
		if err := s.Sync(t.Context()); err == nil {
			t.Error("no error")
		}
		check("no answer")
	})
}

// Waiting ends with the context and by a wake, and a zero moment never comes.
func TestWaitEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := clock.NewSynced(t.Context(), func(context.Context) (time.Time, error) { return time.Now(), nil })
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []clock.Clock{clock.Real{}, s, clock.NewFake(time.Now())} {
			for _, until := range []time.Time{{}, c.Now().Add(time.Hour)} {
				short, cancel := context.WithTimeout(t.Context(), time.Second)
				if err := c.Wait(short, until, nil); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%T: %v", c, err)
				}
				cancel()
				wake := make(chan struct{}, 1)
				wake <- struct{}{}
				if err := c.Wait(t.Context(), until, wake); err != nil {
					t.Errorf("%T: %v", c, err)
				}
			}
			if err := c.Wait(t.Context(), c.Now().Add(-time.Second), nil); err != nil {
				t.Errorf("%T: %v", c, err)
			}
		}
	})
}

// bubble lets d pass in a synctest bubble, where that takes no time.
func bubble(t *testing.T, d time.Duration) {
	t.Helper()
	if err := clock.Sleep(t.Context(), d); err != nil {
		t.Error(err)
	}
}

// ENG-8, DEC-13: what counts real seconds does not wait an hour longer because somebody set the machine's clock back by one.
func TestDeadlinesDoNotMoveWithTheClock(t *testing.T) {
	t.Parallel()
	d := clock.Deadline(time.Hour)
	if d == d.Round(0) { // the reading itself: Equal would compare what the clock shows
		t.Error("the deadline has no reading of the monotonic clock")
	}
	if left := clock.Left(d); left <= 0 || left > time.Hour {
		t.Error(left)
	}
	if left := clock.Left(clock.Deadline(-time.Second)); left > 0 {
		t.Error(left, "is left of what is over")
	}
}
