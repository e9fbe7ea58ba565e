package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/clock"
	"tactus/internal/engine"
	"tactus/internal/enroll"
	"tactus/internal/plan"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

const noted = "plan: Noted\nsteps:\n  - {id: note, name: Note, action: add_note, when: immediately, text: noted}\n"

const waits = 20 * time.Second

// run starts an engine and returns what ends it.
func run(t *testing.T, e *engine.Engine, wake <-chan struct{}) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = e.Run(ctx, wake) }()
	return func() { cancel(); <-done }
}

// until waits for a condition that the engine brings about, and returns how long it took.
func until(t *testing.T, what string, ok func() bool) time.Duration {
	t.Helper()
	var c clock.Real
	began := c.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for c.Now().Sub(began) < waits {
		if ok() {
			return c.Now().Sub(began)
		}
		<-tick.C
	}
	t.Fatal("does not come: ", what)
	return 0
}

// ENG-9: new work wakes the engine at once, through the signal of the commit that made it.
func TestWokenByNewWork(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, c := o.Plan(noted), o.Lead("ann@example.com")
		wake, cancel := db.Subscribe(enroll.TopicEngine)
		defer cancel()
		defer run(t, o.Engine, wake)()
		o.Assign(p, c)
		until(t, "the note", func() bool { return len(o.Steps(c)) == 1 })
		later := o.Plan("plan: Later\nsteps:\n  - {id: note, name: Note, action: add_note, when: 1 hour after start, text: noted}\n")
		o.Assign(later, c)
		until(t, "the beginning", func() bool { return o.Row(later, c).DueAt.Equal(apptest.Start.Add(time.Hour)) })
		o.Clock.Advance(time.Hour)
		until(t, "the note of the hour", func() bool { return o.Row(later, c).Status == plan.Completed })
	})
}

// ENG-9: what was held by somebody else when the engine looked is not left until the slow poll, though its release is not signalled.
func TestHeldWorkIsNotForgotten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if !db.Nodes() {
			return // one writer: nobody looks past anybody
		}
		o := apptest.New(t, db)
		p, c := o.Plan(noted), o.Lead("ann@example.com")
		o.Assign(p, c)
		// Both the commit's signal and the engine's first look come while the contact is locked.
		var looked atomic.Int32
		e := engine.New(db.Engine(), counting{o.Moves, &looked}, o.Clock, slog.New(slog.DiscardHandler), engine.Options{})
		var stop func()
		o.OK(db.InTx(t.Context(), func(ctx context.Context) error {
			if _, err := db.LockContacts(ctx, o.ID, []int64{c}); err != nil {
				return err
			}
			stop = run(t, e, nil)
			until(t, "the engine's look", func() bool { return looked.Load() > 0 })
			return nil
		}))
		defer stop()
		if took := until(t, "the note", func() bool { return len(o.Steps(c)) == 1 }); took > 5*time.Second {
			t.Errorf("it came with the slow poll, after %s", took)
		}
		// Idle, it looks no more.
		n := looked.Load()
		idle := time.NewTimer(300 * time.Millisecond)
		<-idle.C
		if more := looked.Load() - n; more > 1 {
			t.Errorf("an idle engine looked %d times", more)
		}
	})
}

// counting counts the engine's turns.
type counting struct {
	engine.Runs
	n *atomic.Int32
}

func (c counting) Tick(ctx context.Context, id int64, limit int) (int, error) {
	defer c.n.Add(1)
	return c.Runs.Tick(ctx, id, limit)
}

func (c counting) Begin(ctx context.Context, id int64, limit int) (int, error) {
	defer c.n.Add(1)
	return c.Runs.Begin(ctx, id, limit)
}

// failing fails for one account.
type failing struct {
	engine.Runs
	account int64
}

func (f failing) Tick(ctx context.Context, id int64, limit int) (int, error) {
	if id == f.account {
		return 0, errors.New("its settings cannot be read")
	}
	return f.Runs.Tick(ctx, id, limit)
}

func (f failing) Begin(ctx context.Context, id int64, limit int) (int, error) {
	if id == f.account {
		return 0, errors.New("its settings cannot be read")
	}
	return f.Runs.Begin(ctx, id, limit)
}

// ENG-8: an account whose batch fails does not hold up the accounts behind it.
func TestFailingAccount(t *testing.T) {
	t.Parallel()
	o := apptest.New(t, storetest.Memory(t))
	p, c := o.Plan(noted), o.Lead("ann@example.com")
	o.Assign(p, c)
	other := o.Neighbour("second")
	q, d := other.Plan(noted), other.Lead("bob@example.com")
	other.Assign(q, d)
	e := engine.New(o.DB, failing{o.Moves, o.ID}, o.Clock, slog.New(slog.DiscardHandler), engine.Options{})
	if n, _, err := e.RunOnce(t.Context()); n != 1 || err == nil {
		t.Error(n, err)
	}
	if got := other.Steps(d); len(got) != 1 {
		t.Error(got)
	}
}

// ENG-8: one account's backlog does not delay another's new lead, nor its own.
func TestTurns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		backlog := o.Plan("plan: Backlog\nsteps:\n  - {id: note, name: Note, action: add_note, when: 1 hour after start, text: noted}\n")
		p := o.Plan(noted)
		o.Assign(backlog, o.Leads(60)...)
		o.Move()
		o.Clock.Advance(2 * time.Hour)
		own := o.Lead("ann@example.com")
		o.Assign(p, own)
		other := o.Neighbour("second")
		q, d := other.Plan(noted), other.Lead("bob@example.com")
		other.Assign(q, d)
		e := engine.New(db, o.Moves, o.Clock, slog.New(slog.DiscardHandler), engine.Options{Batch: 10})
		if n, _, err := e.RunOnce(t.Context()); n != 12 || err != nil { // both leads, then a batch of the backlog
			t.Error(n, err)
		}
		for what, got := range map[string][]string{"its own": o.Steps(own), "another's": other.Steps(d)} {
			if len(got) != 1 {
				t.Errorf("%s new lead waits behind the backlog: %q", what, got)
			}
		}
	})
}
