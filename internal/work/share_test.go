package work_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/work"
)

// TestWorkersAtOnce: two workers on one database do every chunk once (ENG-12).
func TestWorkersAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		var all []int64
		for i := range 3 {
			all = append(all, d.begin(int64(1+i%2)))
		}
		ctx, stop := context.WithCancel(t.Context())
		var workers sync.WaitGroup
		for range 2 {
			workers.Go(func() {
				if err := d.worker(&counting{db: db, chunks: 30}).Run(ctx); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		var want []string
		for i := range 30 {
			want = append(want, strconv.Itoa(i+1))
		}
		for i, id := range all {
			for d.op(int64(1+i%2), id).Status != work.Done {
				if err := t.Context().Err(); err != nil {
					t.Fatal(err)
				}
			}
			if got := d.log(int64(1+i%2), id); got != strings.Join(want, " ") {
				t.Error(got)
			}
		}
		stop()
		workers.Wait()
	})
}

// TestCancel: after Cancel has returned no chunk begins; the one under way is finished (ENG-6).
func TestCancel(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		id := d.begin(1)
		var begun atomic.Int64
		inside, proceed := make(chan struct{}), make(chan struct{})
		w := d.worker(&counting{db: db, chunks: 1 << 30, before: func(*work.Operation, int) error {
			if begun.Add(1) == 1 {
				close(inside)
				<-proceed
			}
			return nil
		}})
		var working sync.WaitGroup
		working.Go(func() {
			for {
				if n, err := w.RunOnce(t.Context()); n == 0 || err != nil {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
		<-inside
		done := make(chan int64)
		go func() {
			if err := d.Cancel(t.Context(), 1, id, "user:7"); err != nil {
				t.Error(err)
			}
			done <- begun.Load()
		}()
		close(proceed)
		at := <-done
		working.Wait()
		if n := begun.Load(); n != at {
			t.Errorf("%d chunks when it was cancelled, %d in the end", at, n)
		}
		if op := d.op(1, id); op.Status != work.Cancelled || op.Done != at || !op.DueAt.IsZero() || op.EndedAt.IsZero() || !strings.Contains(op.Message, "user:7") {
			t.Errorf("%+v after %d chunks", op, at)
		}
		if err := d.Cancel(t.Context(), 1, id, "user:7"); !fault.Is(err, fault.Conflict) {
			t.Error("cancelled twice:", err)
		}
		if err := d.Cancel(t.Context(), 2, id, "user:7"); !fault.Is(err, fault.NotFound) {
			t.Error("another account cancelled it:", err)
		}
	})
}

func (p *prepared) Prepare(_ context.Context, op work.Operation) (any, error) { return p.prepare(op) }

func (p *prepared) Step(ctx context.Context, op *work.Operation) (bool, error) {
	p.got = append(p.got, op.Prepared)
	return p.counting.Step(ctx, op)
}

// TestLateWorkerIsFenced: one that stalled and lost its lease writes nothing (ENG-3).
func TestLateWorkerIsFenced(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		id := d.begin(1)
		stalled, wakes := make(chan struct{}), make(chan struct{})
		late := &prepared{counting: counting{db: db, chunks: 3}, prepare: func(work.Operation) (any, error) {
			close(stalled)
			<-wakes
			return "stale", nil
		}}
		var slow sync.WaitGroup
		slow.Go(func() {
			if _, err := d.worker(late).RunOnce(t.Context()); err != nil {
				t.Error(err)
			}
		})
		<-stalled
		quick := &prepared{counting: counting{db: db, chunks: 3}, prepare: func(op work.Operation) (any, error) { return "from " + op.Place, nil }}
		other := d.worker(quick)
		if n, err := other.RunOnce(t.Context()); n != 0 || err != nil {
			t.Error("the lease was not kept:", n, err)
		}
		if err := other.Recover(t.Context()); err != nil { // the lease ends
			t.Fatal(err)
		}
		d.run(other)
		close(wakes)
		slow.Wait()
		if len(late.got) != 0 || d.log(1, id) != "1 2 3" || fmt.Sprint(quick.got) != "[from  from 1 from 2]" {
			t.Errorf("late %v, log %q, quick %v", late.got, d.log(1, id), quick.got)
		}
	})
}

// TestLeaseOfTheDead: what a worker held when it died is another's when the lease ends, however long the dead one was to prepare; one that
// lives and prepares for long keeps it (ENG-3, ENG-11).
func TestLeaseOfTheDead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		id := d.begin(1)
		const lease = 300 * time.Millisecond
		quick := &prepared{counting: counting{db: db, chunks: 3}, prepare: func(work.Operation) (any, error) { return "quick", nil }}
		other := d.worker(quick)
		long := &prepared{counting: counting{db: db, chunks: 3}}
		long.prepare = func(work.Operation) (any, error) {
			for over := time.After(3 * lease); ; {
				if n, err := other.RunOnce(t.Context()); n != 0 || err != nil {
					t.Error("another took what is being prepared:", n, err)
				}
				select {
				case <-over:
					return "long", nil
				case <-time.After(lease / 10):
				}
			}
		}
		w := d.worker(long)
		w.Patience(lease)
		if n, err := w.RunOnce(t.Context()); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if _, ok, err := db.ClaimOperation(t.Context(), 1, []string{"counting"}, d.clock.Now(), lease); !ok || err != nil { // and dies
			t.Fatal(ok, err)
		}
		for tick := time.NewTicker(lease / 10); d.op(1, id).Status != work.Done; <-tick.C {
			d.run(other)
		}
		if fmt.Sprint(long.got, quick.got) != "[long] [quick quick]" || d.log(1, id) != "1 2 3" {
			t.Errorf("%v, %v, log %q", long.got, quick.got, d.log(1, id))
		}
	})
}

// TestTurns: an account with much to do does not hold up another, nor one operation the next (ENG-8).
func TestTurns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		var order []string
		h := &counting{db: db, chunks: 2, before: func(op *work.Operation, chunk int) error {
			order = append(order, fmt.Sprintf("%d:%d/%d", op.Account, op.ID, chunk))
			d.clock.Advance(time.Millisecond)
			return nil
		}}
		for _, account := range []int64{1, 1, 1, 2} {
			d.begin(account)
			d.clock.Advance(time.Millisecond)
		}
		d.run(d.worker(h))
		if got := strings.Join(order, " "); got != "1:1/1 2:4/1 1:2/1 2:4/2 1:3/1 1:1/2 1:2/2 1:3/2" {
			t.Error(got)
		}
	})
}

// TestUnknownKindIsLeft: while nodes are upgraded, one leaves what only the newer knows (ENG-15).
func TestUnknownKindIsLeft(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		id, err := d.Begin(t.Context(), 1, "of_a_newer_version", nil, 0, "user:7")
		if err != nil {
			t.Fatal(err)
		}
		d.run(d.worker(&counting{db: db, chunks: 1}))
		if op := d.op(1, id); op.Status != work.Waiting {
			t.Errorf("%+v", op)
		}
	})
}

// TestBeginRollsBack: without the caller's transaction there is no operation.
func TestBeginRollsBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		boom := errors.New("boom")
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			if _, err := d.Begin(ctx, 1, "counting", nil, 0, "user:7"); err != nil {
				return err
			}
			return boom
		})
		all, list := d.List(t.Context(), 1, work.Query{})
		if !errors.Is(err, boom) || list != nil || len(all) != 0 {
			t.Error(err, list, all)
		}
	})
}
