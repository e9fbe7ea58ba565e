package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/engine"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// A backlog of a hundred batches stands for 100,000 due enrollments in batches of 1,000 (make fair): what counts is how many batches go first.
const backlogBatch = 20

// journal counts what the engine moves, account by account, and lets the test act between two batches.
type journal struct {
	engine.Runs
	mu     sync.Mutex
	moved  map[int64]int
	before func(account int64, moved map[int64]int) // of each turn, under the lock
	after  func(account int64, moved map[int64]int) // of each turn that moved something, under the lock
}

func (j *journal) turn(account int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.before != nil {
		j.before(account, j.moved)
	}
}

func (j *journal) note(account int64, n int, err error) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.moved[account] += n
	if n > 0 && j.after != nil {
		j.after(account, j.moved)
	}
	return n, err
}

func (j *journal) Begin(ctx context.Context, id int64, limit int) (int, error) {
	j.turn(id)
	n, err := j.Runs.Begin(ctx, id, limit)
	return j.note(id, n, err)
}

func (j *journal) Tick(ctx context.Context, id int64, limit int) (int, error) {
	j.turn(id)
	n, err := j.Runs.Tick(ctx, id, limit)
	return j.note(id, n, err)
}

// ENG-8: while one account's backlog is being moved another's new lead arrives: its first step fires after no more of the backlog than the
// batches that had begun and one more for each worker.
func TestLeadAmongBacklog(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) { leadAmongBacklog(t, db, workers, backlogBatch) })
		})
	}
}

// leadAmongBacklog returns how much of the backlog was moved between the lead's arrival and its first step.
func leadAmongBacklog(t *testing.T, db *store.DB, workers, batch int) int {
	o := apptest.New(t, db)
	later := o.Plan("plan: Backlog\nsteps:\n" +
		"  - {id: a, name: A, action: add_note, when: 1 hour after start, text: noted}\n" +
		"  - {id: b, name: B, action: add_note, when: 1 minute after previous, text: noted}\n")
	for crowd := range slices.Chunk(o.Crowd("a", 100*batch), 10_000) {
		o.Assign(later, crowd...)
	}
	o.Move()
	o.Clock.Advance(2 * time.Hour)
	other := o.Neighbour("second")
	q, lead := other.Plan(noted), other.Lead("bob@example.com")
	arrived, began, fired := -1, -1, -1
	j := &journal{Runs: o.Moves, moved: map[int64]int{}}
	j.before = func(id int64, moved map[int64]int) { // not when it has ended: on a busy machine others go on before that is noted
		if id == other.ID {
			began = moved[o.ID]
		}
	}
	j.after = func(id int64, moved map[int64]int) {
		switch {
		case arrived < 0 && moved[o.ID] >= 10*batch:
			arrived = moved[o.ID]
			other.Assign(q, lead)
		case id == other.ID:
			fired = began
		}
	}
	e := engine.New(db.Engine(), j, o.Clock, slog.New(slog.DiscardHandler), engine.Options{Workers: workers, Batch: batch})
	stop := run(t, e, nil)
	until(t, "the lead's note, and who made it", func() bool {
		j.mu.Lock()
		told := fired >= 0 // a worker that is stopped as soon as its step is seen does not come to tell
		j.mu.Unlock()
		return told && len(other.Steps(lead)) == 1
	})
	stop()
	j.mu.Lock()
	defer j.mu.Unlock()
	gap := fired - arrived
	if arrived < 0 || fired < 0 || gap > 2*workers*batch {
		t.Errorf("%d of the backlog's %d were moved between the lead's arrival and its first step", gap, 100*batch)
	}
	return gap
}

// ENG-8: accounts with backlog take turns, also when a batch has room for one of them only.
func TestBacklogsTakeTurns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		offices := []*apptest.Office{o, o.Neighbour("second"), o.Neighbour("third")}
		for i, a := range offices {
			p := a.Plan("plan: Backlog\nsteps:\n  - {id: note, name: Note, action: add_note, when: 1 hour after start, text: noted}\n")
			a.Assign(p, a.Crowd(string(rune('a'+i)), 60)...)
			a.Move()
		}
		o.Clock.Advance(2 * time.Hour)
		var order []int64
		j := &journal{Runs: o.Moves, moved: map[int64]int{}, after: func(id int64, _ map[int64]int) { order = append(order, id) }}
		e := engine.New(db, j, o.Clock, slog.New(slog.DiscardHandler), engine.Options{Batch: 20})
		for range 6 {
			_, _, err := e.RunOnce(t.Context())
			o.OK(err)
		}
		a, b, c := offices[0].ID, offices[1].ID, offices[2].ID
		if !slices.Equal(order, []int64{a, b, c, a, b, c}) {
			t.Errorf("%v", order)
		}
	})
}

// ENG-8: many contacts that are put on a plan at once are backlog: a lead that comes after them goes first, its message too.
func TestLeadAfterCrowd(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		o.Wire.Places(1)
		p := o.Plan("plan: Hello\nsteps:\n" +
			"  - {id: note, name: Note, action: add_note, when: immediately, text: noted}\n" +
			"  - {id: hi, name: Hi, action: send_email, when: immediately, subject: Hi, body: Hello}\n")
		o.Assign(p, o.Crowd("a", 60)...)
		lead := o.Lead("ann@example.com")
		o.Assign(p, lead)
		j := &journal{Runs: o.Moves, moved: map[int64]int{}, after: func(_ int64, moved map[int64]int) {
			if moved[o.ID] == 1 && len(o.Steps(lead)) != 1 {
				t.Error("another's step fired first")
			}
		}}
		e := engine.New(db, j, o.Clock, slog.New(slog.DiscardHandler), engine.Options{Batch: 10})
		for range 10 {
			_, _, err := e.RunOnce(t.Context())
			o.OK(err)
		}
		o.Settle()
		if sent := o.Wire.Sent(); len(sent) != 61 || sent[0] != "ann@example.com Hi" {
			t.Errorf("%d messages, the first %q", len(sent), sent[0])
		}
	})
}

// ENG-8: an account whose settings do not load rests; the others' leads do not wait for it, and it is not tried all the time.
func TestFailingAccountRests(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan(noted)
		o.Assign(p, o.Lead("ann@example.com"))
		other := o.Neighbour("second")
		q, people := other.Plan(noted), other.Crowd("b", 40)
		j := &journal{Runs: failing{o.Moves, o.ID}, moved: map[int64]int{}}
		tries := 0
		e := engine.New(db.Engine(), tried{j, o.ID, &tries}, o.Clock, slog.New(slog.DiscardHandler), engine.Options{})
		wake, cancel := db.Subscribe("engine")
		defer cancel()
		stop := run(t, e, wake)
		for _, c := range people { // each arrives when the one before has been served
			other.Assign(q, c)
			until(t, "the lead's note", func() bool { return len(other.Steps(c)) == 1 })
		}
		stop()
		if tries == 0 || tries > len(people)/4 {
			t.Errorf("the account that fails was tried %d times while %d leads of another were served", tries, len(people))
		}
	})
}

// tried counts the turns of one account.
type tried struct {
	engine.Runs
	account int64
	n       *int
}

func (c tried) Begin(ctx context.Context, id int64, limit int) (int, error) {
	if id == c.account {
		*c.n++
	}
	return c.Runs.Begin(ctx, id, limit)
}
