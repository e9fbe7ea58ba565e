package work_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tactus/internal/clock"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/work"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// counting does chunks 1…n of an operation; each leaves its number in the file "log", within the chunk's transaction.
type counting struct {
	db     *store.DB
	chunks int
	before func(op *work.Operation, chunk int) error // after the chunk's write, before its commit
}

func (*counting) Kind() string { return "counting" }

func (c *counting) Step(ctx context.Context, op *work.Operation) (bool, error) {
	chunk := 1
	if op.Place != "" {
		last, err := strconv.Atoi(op.Place)
		if err != nil {
			return false, err
		}
		chunk = last + 1
	}
	if err := c.db.AppendFile(ctx, op.Account, op.ID, "log", fmt.Appendf(nil, "%d ", chunk)); err != nil {
		return false, err
	}
	if c.before != nil {
		if err := c.before(op, chunk); err != nil {
			return false, err
		}
	}
	op.Place = strconv.Itoa(chunk)
	op.Done++
	op.Count("even", int64(1-chunk%2))
	return chunk == c.chunks, nil
}

type desk struct {
	*work.Service
	t     *testing.T
	db    *store.DB
	clock *clock.Fake
}

func newDesk(t *testing.T, db *store.DB) *desk {
	c := clock.NewFake(start)
	return &desk{work.NewService(db, c), t, db, c}
}

func (d *desk) worker(h ...work.Handler) *work.Worker {
	return work.NewWorker(d.db, d.clock, slog.New(slog.DiscardHandler), h...)
}

func (d *desk) begin(account int64) int64 {
	d.t.Helper()
	id, err := d.Begin(d.t.Context(), account, "counting", map[string]int{"n": 1}, 5, "user:7")
	if err != nil {
		d.t.Fatal(err)
	}
	return id
}

func (d *desk) op(account, id int64) work.Operation {
	d.t.Helper()
	op, err := d.Get(d.t.Context(), account, id)
	if err != nil {
		d.t.Fatal(err)
	}
	return op
}

func (d *desk) log(account, id int64) string {
	d.t.Helper()
	b, err := io.ReadAll(d.OpenFile(d.t.Context(), account, id, "log", 0))
	if err != nil {
		d.t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// run does rounds until there is nothing due.
func (d *desk) run(w *work.Worker) {
	d.t.Helper()
	for {
		n, err := w.RunOnce(d.t.Context())
		if err != nil {
			d.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		w := d.worker(&counting{db: db, chunks: 5})
		id := d.begin(1)
		if op := d.op(1, id); op.Status != work.Waiting || op.Total != 5 || op.Author != "user:7" || !op.CreatedAt.Equal(start) || string(op.Params) != `{"n":1}` {
			t.Errorf("begun: %+v", op)
		}
		if n, err := w.RunOnce(t.Context()); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if op := d.op(1, id); op.Status != work.Running || op.Done != 1 || op.Place != "1" {
			t.Errorf("after a chunk: %+v", op)
		}
		d.run(w)
		if op := d.op(1, id); op.Status != work.Done || op.Done != 5 || op.Counts["even"] != 2 || !op.EndedAt.Equal(start) || !op.DueAt.IsZero() {
			t.Errorf("at the end: %+v", op)
		}
		if got := d.log(1, id); got != "1 2 3 4 5" {
			t.Error(got)
		}
		if _, err := d.Get(t.Context(), 2, id); !fault.Is(err, fault.NotFound) {
			t.Error("another account saw it:", err)
		}
	})
}

// TestCrashes: a panic, a lost transaction and a process that ends in the middle of a chunk; each chunk counts once (ENG-1, ENG-11).
func TestCrashes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		id := d.begin(1)
		tries := map[int]int{}
		ctx, die := context.WithCancel(t.Context())
		h := &counting{db: db, chunks: 5, before: func(_ *work.Operation, chunk int) error {
			tries[chunk]++
			switch {
			case chunk == 2 && tries[chunk] == 1:
				panic("boom")
			case chunk == 3 && tries[chunk] == 1:
				return fault.New(fault.Unavailable, "the database is away")
			case chunk == 4 && tries[chunk] == 1:
				die()
			}
			return nil
		}}
		w := d.worker(h)
		var err error
		for err == nil {
			_, err = w.RunOnce(ctx)
			if op := d.op(1, id); op.Tries > 0 {
				if n, err := w.RunOnce(ctx); n != 0 || err != nil {
					t.Error("tried again at once:", n, err)
				}
				if !op.DueAt.After(d.clock.Now()) || op.Message == "" || strings.Contains(op.Message, "boom") {
					t.Errorf("the failure is recorded as %+v", op)
				}
				d.clock.Set(op.DueAt)
			}
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if got := d.log(1, id); got != "1 2 3" {
			t.Fatal("at its death:", got)
		}
		d.run(d.worker(h)) // the next process goes on at once
		if op := d.op(1, id); op.Status != work.Done || op.Done != 5 || op.Message != "" || op.Tries != 0 || d.log(1, id) != "1 2 3 4 5" {
			t.Errorf("at the end: %+v, %s", op, d.log(1, id))
		}
		for chunk, want := range map[int]int{1: 1, 2: 2, 3: 2, 4: 2, 5: 1} {
			if tries[chunk] != want {
				t.Errorf("chunk %d was tried %d times", chunk, tries[chunk])
			}
		}
	})
}

// TestFailures: what stays wrong ends at once, what may come back after ten tries.
func TestFailures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, c := range []struct {
			cause error
			tries int
			says  string
		}{
			{fault.New(fault.Invalid, "there is no such plan"), 1, "there is no such plan"},
			{fault.New(fault.Unavailable, "the carrier is away"), 10, "the carrier is away"},
			{errors.New("secret"), 3, "an internal error; the server's log has the details"},
		} {
			d := newDesk(t, db)
			id := d.begin(1)
			w := d.worker(&counting{db: db, chunks: 2, before: func(*work.Operation, int) error { return c.cause }})
			n := 0
			for !d.op(1, id).Status.Ended() {
				d.clock.Set(d.op(1, id).DueAt)
				k, err := w.RunOnce(t.Context())
				if err != nil || k != 1 {
					t.Fatal(k, err)
				}
				n++
			}
			if op := d.op(1, id); op.Status != work.Failed || op.Message != c.says || n != c.tries || op.EndedAt.IsZero() {
				t.Errorf("%v: %d tries, %+v", c.cause, n, op)
			}
			d.run(w)
		}
	})
}

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

// prepared is a handler that computes before its chunk.
type prepared struct {
	counting
	prepare func(work.Operation) (any, error)
	got     []any
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
