package work_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
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

// prepared is a handler that computes before its chunk.
type prepared struct {
	counting
	prepare func(work.Operation) (any, error)
	got     []any
}
