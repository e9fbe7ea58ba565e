package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tactus/internal/clock"
	"tactus/internal/engine"
	"tactus/internal/enroll"
)

// desk is a queue with one account, whose batches move as many as it says.
type desk struct {
	looks, moves atomic.Int64
	due          atomic.Bool
	next         atomic.Pointer[time.Time]
	batch        int
}

func (d *desk) DueWork(context.Context, time.Time) (enroll.Due, error) {
	d.looks.Add(1)
	if d.due.Load() {
		return enroll.Due{Fresh: []int64{1}}, nil
	}
	if next := d.next.Load(); next != nil {
		return enroll.Due{Next: *next}, nil
	}
	return enroll.Due{}, nil
}

func (d *desk) Begin(context.Context, int64, int) (int, error) {
	d.moves.Add(1)
	return d.batch, clock.Sleep(context.Background(), 4*time.Millisecond)
}

func (d *desk) Tick(context.Context, int64, int) (int, error) { return 0, nil }

// work lets two workers wait for a signal; stop ends them.
func (d *desk) work(t *testing.T) (wake chan<- struct{}, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	signals, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		ended <- engine.New(d, d, clock.Real{}, slog.New(slog.DiscardHandler), engine.Options{Workers: 2}).Run(ctx, signals)
	}()
	synctest.Wait()
	return signals, func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// ENG-9: a signal wakes one worker, which calls the next when there is much; a worker that moves little waits for as long as it took, so that
// what comes meanwhile is moved together.
func TestSignalWakesAsManyAsAreNeeded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		batch        int
		looks, moves int64
	}{
		// In 40 ms one worker moves for 4 and waits for 4, five times.
		"little": {batch: 1, looks: 1, moves: 5},
		"much":   {batch: 1000, looks: 1, moves: 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &desk{batch: c.batch}
				wake, stop := d.work(t)
				before := d.looks.Load()
				wake <- struct{}{}
				synctest.Wait()
				if got := d.looks.Load() - before; got != c.looks {
					t.Errorf("%d workers looked for a signal that meant nothing", got)
				}
				d.due.Store(true)
				wake <- struct{}{}
				_ = clock.Sleep(t.Context(), 40*time.Millisecond-time.Microsecond)
				synctest.Wait()
				if got := d.moves.Load(); got < c.moves-1 || got > c.moves {
					t.Errorf("%d batches", got)
				}
				d.due.Store(false)
				stop()
			})
		})
	}
}

// ENG-9: a due moment that comes nearer is known to all workers, so that one of them is there when the other is at work.
func TestAllKnowWhatIsDueNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{batch: 1}
		wake, stop := d.work(t)
		for _, in := range []time.Duration{5 * time.Second, 3 * time.Second, 4 * time.Second} {
			next := clock.Real{}.Now().Add(in)
			d.next.Store(&next)
			before := d.looks.Load()
			wake <- struct{}{}
			synctest.Wait()
			want := int64(2)
			if in == 4*time.Second {
				want = 1
			}
			if got := d.looks.Load() - before; got != want {
				t.Errorf("due in %s: %d workers looked, not %d", in, got, want)
			}
		}
		stop()
	})
}
