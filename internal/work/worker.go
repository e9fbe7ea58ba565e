package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"tactus/internal/clock"
	"tactus/internal/fault"
)

// The lease is short, so that what a node held when it died is soon another's; it is renewed while the node prepares a chunk. The chunk
// itself is held by the lock of its row.
const (
	usualLease  = 10 * time.Second
	prepareTime = 100 * time.Second
	poll        = 10 * time.Second // the safety net under signals, and how soon an expired lease is noticed
)

// How often an operation is tried before it has failed: what is away may come back, a bug hardly.
const (
	maxTries    = 10
	maxBugTries = 3
)

// Worker does operations. Several may work on one database, in one process or on many nodes.
type Worker struct {
	store    Store
	clock    clock.Clock
	log      *slog.Logger
	handlers map[string]Handler
	kinds    []string
	lease    time.Duration
}

// NewWorker makes a worker for the kinds of these handlers; others are left to whoever knows them.
func NewWorker(store Store, c clock.Clock, log *slog.Logger, handlers ...Handler) *Worker {
	w := &Worker{store: store, clock: c, log: log, handlers: make(map[string]Handler, len(handlers)), lease: usualLease}
	for _, h := range handlers {
		w.handlers[h.Kind()] = h
		w.kinds = append(w.kinds, h.Kind())
	}
	return w
}

// Patience sets how long an operation waits for another worker after the one that had claimed it has died.
func (w *Worker) Patience(lease time.Duration) { w.lease = lease }

// Recover frees what a process held when it died. Only for a database that one process serves, before Run.
func (w *Worker) Recover(ctx context.Context) error { return w.store.ReleaseOperations(ctx, 0, 0) }

// RunOnce does one chunk for every account that has an operation to do now, and returns how many. A handler's failure is
// recorded in its operation; the error is the database's.
func (w *Worker) RunOnce(ctx context.Context) (int, error) {
	n, _, err := w.round(ctx)
	return n, err
}

func (w *Worker) round(ctx context.Context) (int, time.Time, error) {
	accounts, next, err := w.store.DueOperations(ctx, w.kinds, w.clock.Now())
	if err != nil {
		return 0, next, err
	}
	n := 0
	for _, account := range accounts {
		did, err := w.turn(ctx, account)
		if err != nil {
			return n, next, err
		}
		if did {
			n++
		}
	}
	return n, next, nil
}

// Run works until ctx is done. It sleeps until an operation is due or the topic is signalled.
func (w *Worker) Run(ctx context.Context) error {
	wake, cancel := w.store.Subscribe(Topic)
	defer cancel()
	for ctx.Err() == nil {
		n, next, err := w.round(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			w.log.Error("working on operations", "error", err)
			w.sleep(ctx, time.Time{}, nil)
		case n == 0:
			w.sleep(ctx, next, wake)
		}
	}
	return ctx.Err()
}

func (w *Worker) sleep(ctx context.Context, until time.Time, wake <-chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, min(poll, w.lease))
	defer cancel()
	_ = w.clock.Wait(ctx, until, wake) // however it ended, look again
}

// errLost says that the operation was cancelled, or is another worker's now.
var errLost = errors.New("the claim is over")

// turn does one chunk of one of the account's operations; false when there was none.
func (w *Worker) turn(ctx context.Context, account int64) (bool, error) {
	op, ok, err := w.store.ClaimOperation(ctx, account, w.kinds, w.clock.Now(), w.lease)
	if err != nil || !ok {
		return false, err
	}
	cause := w.guarded(func() error { return w.chunk(ctx, op) })
	switch {
	case cause == nil || errors.Is(cause, errLost):
		return true, nil
	case ctx.Err() != nil: // this process ends: the next one goes on at once
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return true, errors.Join(ctx.Err(), w.store.ReleaseOperations(after, op.ID, op.Token))
	default:
		return true, w.fail(ctx, op, cause)
	}
}

// chunk does one chunk and commits it with the operation's progress, if the claim still holds.
func (w *Worker) chunk(ctx context.Context, op Operation) error {
	h := w.handlers[op.Kind]
	var prepared any
	if p, ok := h.(Preparer); ok {
		var err error
		if prepared, err = w.prepare(ctx, p, op); err != nil {
			return err
		}
	}
	return w.store.InTx(ctx, func(ctx context.Context) error {
		op, held, err := w.store.LockOperation(ctx, op.Account, op.ID, op.Token)
		if err != nil {
			return err
		}
		if !held {
			return errLost
		}
		op.Prepared, op.Tries, op.Message = prepared, 0, ""
		done, err := h.Step(ctx, &op)
		if err != nil {
			return err
		}
		op.DueAt = w.clock.Now()
		if done {
			op.Status, op.EndedAt, op.DueAt = Done, op.DueAt, time.Time{}
		}
		return w.store.SaveOperation(ctx, op)
	})
}

// prepare runs Prepare and renews the lease meanwhile.
func (w *Worker) prepare(ctx context.Context, p Preparer, op Operation) (any, error) {
	limited, cancel := context.WithTimeout(ctx, prepareTime)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		for clock.Sleep(limited, w.lease/3) == nil { // leases live in real time, whatever anybody sets (DEC-13)
			if err := w.store.RenewOperation(limited, op.ID, op.Token, w.lease); err != nil && limited.Err() == nil {
				w.log.Warn("a lease could not be renewed", "operation", op.ID, "kind", op.Kind, "error", err)
			}
		}
	})
	defer func() { cancel(); renewing.Wait() }() // also when it panics
	return p.Prepare(limited, op)
}

// fail records that a chunk could not be done and when it is tried again, if ever.
func (w *Worker) fail(ctx context.Context, op Operation, cause error) error {
	w.log.Warn("a chunk of an operation failed", "operation", op.ID, "kind", op.Kind, "account", op.Account, "try", op.Tries+1, "error", cause)
	return w.store.InTx(ctx, func(ctx context.Context) error {
		op, held, err := w.store.LockOperation(ctx, op.Account, op.ID, op.Token)
		if err != nil || !held {
			return err
		}
		op.Tries++
		op.Message = explain(cause)
		op.DueAt = w.clock.Now().Add(gap(op.Tries))
		if op.Tries >= tries(cause) {
			op.Status, op.EndedAt, op.DueAt = Failed, w.clock.Now(), time.Time{}
		}
		return w.store.SaveOperation(ctx, op)
	})
}

// tries is how often an operation may fail this way.
func tries(cause error) int {
	switch fault.CodeOf(cause) {
	case fault.Unavailable, fault.TooMany:
		return maxTries
	case fault.Internal:
		return maxBugTries
	case fault.Invalid, fault.NotFound, fault.Conflict, fault.Forbidden, fault.Unauthenticated:
		return 1
	}
	return maxBugTries
}

// explain is what the person who began it reads; bugs are told in the log alone.
func explain(cause error) string {
	var f *fault.Error
	if errors.As(cause, &f) && f.Code != fault.Internal {
		return f.Error()
	}
	return "an internal error; the server's log has the details"
}

// gap grows from 5 seconds to 10 minutes and is jittered, so that operations that failed together do not come back together.
func gap(failures int) time.Duration {
	d := min(5*time.Second<<min(failures-1, 10), 10*time.Minute)
	return d + time.Duration(rand.Int64N(int64(d/4)))
}

// guarded turns a panic into an error, so that one bad operation does not take the others down (ENG-8). The transaction was
// rolled back on the way.
func (w *Worker) guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.New(fault.Internal, "%s", fmt.Sprintf("panic: %v\n%s", r, debug.Stack()))
		}
	}()
	return f()
}
