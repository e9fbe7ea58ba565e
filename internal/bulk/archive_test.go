package bulk_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"tactus/internal/bulk"
	"tactus/internal/enroll"
	"tactus/internal/planbook"
	"tactus/internal/store"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
	"tactus/internal/work"
)

// stopping is an archived plan with n live runs that an operation is about to stop.
func (o *office) stopping(name string, n int) (planID, operation int64) {
	o.Helper()
	p := o.plan(name)
	o.people(n)
	o.do(o.bulk.Assign(o.Context(), o.id, bulk.Assign{Plan: p}, author))
	_, err := o.plans.Archive(o.Context(), o.id, p, false, author)
	o.ok(err)
	id, err := o.db.QueueOperation(o.Context(), planbook.Operation{
		AccountID: o.id, Kind: planbook.OpArchive, Params: fmt.Sprintf(`{"plan":%d}`, p), Total: n, Author: author, At: o.clock.Now(),
	})
	o.ok(err)
	return p, id
}

// PLAN-20: a plan that is taken out of the archive, or whose runs may finish after all, stops no more of them, even if it is put away once more.
func TestRunsThatMayGoOn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		finish := func(p int64) {
			_, err := o.plans.Archive(t.Context(), o.id, p, false, author)
			o.ok(err)
		}
		out := func(p int64) { o.ok(o.plans.Unarchive(t.Context(), o.id, p, author)) }
		for name, acts := range map[string][]func(int64){"out": {out}, "out and away": {out, finish}, "finish": {finish}} {
			p, op := o.stopping(name, 3)
			for _, act := range acts {
				act(p)
			}
			if _, err := o.worker.RunOnce(t.Context()); err != nil {
				t.Fatal(err)
			}
			got, err := o.work.Get(t.Context(), o.id, op)
			o.ok(err)
			if c := o.on(p); c.Active != 3 || got.Status != work.Cancelled {
				t.Errorf("%s: %+v, the operation is %s", name, c, got.Status)
			}
		}
		p, op := o.stopping("away", 3)
		other := o.plan("Other")
		finish(other)
		out(other) // no business of the plan that stays away
		o.is(o.do(op, nil), "stopped=3")
		if c := o.on(p); c.Stopped != 3 {
			t.Errorf("%+v", c)
		}
	})
}

// held runs fn in a transaction that goes on until release.
func (o *office) held(fn func(ctx context.Context) error) (done chan error, release func()) {
	reached, released := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(released) })
	o.Cleanup(release)
	done = background(func() error {
		return o.db.InTx(context.Background(), func(ctx context.Context) error {
			err := fn(ctx)
			close(reached)
			<-released
			return err
		})
	})
	<-reached
	return done, release
}

func background(f func() error) chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

const waiting = `(SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`

// PLAN-20: when a plan is out of the archive, no chunk that began before stops any more of its runs.
func TestOutWhileAChunkStopsRuns(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	o, see := newOffice(t, storetest.Open(t, address)), pgtest.Connect(t, address)
	p, _ := o.stopping("Away", 3)
	held, release := o.held(func(ctx context.Context) error {
		_, err := o.db.LockEnrollments(ctx, o.id, enroll.Selection{Plan: p})
		return err
	})
	chunk := background(func() error { _, err := o.worker.RunOnce(context.Background()); return err })
	pgtest.Until(t, see, `SELECT 1 <= `+waiting)
	var then planbook.Counts
	out := background(func() error {
		err := o.plans.Unarchive(context.Background(), o.id, p, author)
		then = o.on(p)
		return err
	})
	// It waits for the chunk, or has overtaken it.
	pgtest.Until(t, see, `SELECT 2 <= `+waiting+` OR EXISTS (SELECT FROM plan WHERE id = $1 AND NOT archived)`, p)
	var overtaken bool
	o.ok(see.QueryRow(t.Context(), `SELECT NOT archived FROM plan WHERE id = $1`, p).Scan(&overtaken))
	if overtaken {
		o.ok(<-out)
	}
	release()
	o.ok(<-held)
	o.ok(<-chunk)
	if !overtaken {
		o.ok(<-out)
	}
	if now := o.on(p); now != then {
		t.Errorf("%+v when it was out, %+v later", then, now)
	}
}

// PLAN-20: a chunk that begins while somebody takes the plan out waits for what becomes of it.
func TestChunkWaitsForWhoTakesThePlanOut(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	o, see := newOffice(t, storetest.Open(t, address)), pgtest.Connect(t, address)
	p, _ := o.stopping("Away", 3)
	held, release := o.held(func(ctx context.Context) error { // as Unarchive does when it has found nothing to cancel
		if err := o.db.LockAccount(ctx, o.id); err != nil {
			return err
		}
		head, err := o.db.PlanHead(ctx, o.id, p)
		if err != nil {
			return err
		}
		head.Archived, head.Ready = false, false
		return o.db.UpdatePlan(ctx, head.Plan, head.Steps)
	})
	chunk := background(func() error { _, err := o.worker.RunOnce(context.Background()); return err })
	pgtest.Until(t, see, `SELECT 1 <= `+waiting+` OR EXISTS (SELECT FROM enrollment WHERE plan_id = $1 AND status = 'stopped')`, p)
	release()
	o.ok(<-held)
	o.ok(<-chunk)
	if c := o.on(p); c.Active != 3 {
		t.Errorf("%+v", c)
	}
}
