package oracle_test

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"tactus/internal/delivery"
	"tactus/internal/store"
)

var errCrash = errors.New("the process has died here")

// dying is a context that ends after it has been looked at so many times: each statement looks a few times, so an operation on it dies
// between two of its statements, or within one, and everything after that fails too. What waits for its end is not told: only the next look
// sees it, so that the transaction under way is rolled back as by a process that went away.
type dying struct {
	context.Context //nolint:containedctx // it is one
	left            atomic.Int64
	never, now      chan struct{}
}

func dieAfter(parent context.Context, looks int) *dying {
	d := &dying{Context: context.WithoutCancel(parent), never: make(chan struct{}), now: make(chan struct{})}
	d.left.Store(int64(looks))
	close(d.now)
	return d
}

// Done implements context.Context.
func (d *dying) Done() <-chan struct{} {
	if d.left.Add(-1) < 0 {
		return d.now
	}
	return d.never
}

// Err implements context.Context.
func (d *dying) Err() error {
	if d.left.Load() < 0 {
		return context.Canceled
	}
	return nil
}

// AfterFunc keeps derived contexts from watching.
func (d *dying) AfterFunc(func()) func() bool { return func() bool { return true } }

// outbox is the real outbox on which a sender can die after a hand-over, before the answer is recorded. Leases run on the real clock; here
// they end at once, because nobody waits two minutes for the next process.
type outbox struct {
	*store.Outbox
	lose bool
	keep atomic.Bool // leases last: several senders work, and none of them dies
}

// ClaimMessages implements delivery.Store.
func (o *outbox) ClaimMessages(ctx context.Context, l delivery.Lane, now time.Time, limit int, lease time.Duration) ([]delivery.Message, error) {
	if !o.keep.Load() {
		lease = -time.Second
	}
	return o.Outbox.ClaimMessages(ctx, l, now, limit, lease)
}

// Record implements delivery.Store.
func (o *outbox) Record(ctx context.Context, account int64, outcomes []delivery.Outcome, now time.Time) (map[int64]bool, error) {
	for _, out := range outcomes {
		if o.lose && !out.FirstTry.IsZero() { // it was handed over
			return nil, errCrash
		}
	}
	return o.Outbox.Record(ctx, account, outcomes, now)
}
