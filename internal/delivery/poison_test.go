package delivery_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// poison lets the database refuse whatever is written for one enrollment.
type poison struct {
	*store.DB
	id   int64
	dies bool
}

func (p poison) Write(ctx context.Context, w *enroll.Writes) error {
	for _, r := range w.Rows {
		switch {
		case r.ID != p.id && p.id != everybody:
		case p.dies:
			panic("a bug that only this enrollment meets")
		default:
			return fmt.Errorf("the database refuses enrollment %d", p.id)
		}
	}
	return p.DB.Write(ctx, w)
}

const everybody = -1

// ENG-8, ENG-1: an enrollment that cannot take its message's answer does not hold up the others that were answered with it; the carrier's
// answer is kept, nothing is sent again, and the answer is brought once it can be taken.
func TestPoisonedAnswer(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		answer channel.Receipt
		dies   bool
	}{
		"taken": {apptest.Taken, false}, "later": {apptest.Later, false}, "refused": {apptest.Refused, false}, "the program dies": {apptest.Taken, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := of.answer
			db := storetest.Memory(t)
			o := apptest.New(t, db)
			p, people := o.Plan(hello), o.Leads(3)
			o.Assign(p, people...)
			o.Move()
			runs := enroll.NewService(poison{db, o.Row(p, people[1]).ID, of.dies}, o.Clock, o.Actions)
			d := sender(o, parts{runs: runs})
			o.Wire.Always(answer)
			if _, _, err := d.RunOnce(t.Context()); err == nil {
				t.Error("the failure is not told")
			}
			if r := o.Row(p, people[1]); r.Wait != enroll.ForMessage {
				t.Errorf("%+v", r)
			}
			for _, c := range []int64{people[0], people[2]} {
				if r := o.Row(p, c); r.Wait != enroll.ForNothing {
					t.Errorf("contact %d still waits: %q", c, o.Messages(c))
				}
			}
			if n, err := o.Delivery.Reconcile(t.Context(), db); n != 1 || err != nil {
				t.Error(n, err)
			}
			o.Wire.Always(apptest.Taken)
			o.Clock.Advance(2 * time.Hour)
			o.Settle()
			if got, want := o.Steps(people[1]), o.Steps(people[0]); got[0][:len("1.1 hi fired")] != want[0][:len("1.1 hi fired")] {
				t.Errorf("%q, the others %q", got, want)
			}
			want := 3
			if answer == apptest.Later {
				want = 6
			}
			if n := len(o.Wire.Sent()); n != want {
				t.Errorf("%d hand-overs, want %d: %q", n, want, o.Wire.Sent())
			}
		})
	}
}

// ENG-8: one answer that cannot be brought does not keep the others that are to be brought with it waiting.
func TestPoisonedReconciliation(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, people := o.Plan(hello), o.Leads(7)
		o.Assign(p, people...)
		o.Move()
		sick := func(id int64) *delivery.Service {
			runs := enroll.NewService(poison{db, id, false}, o.Clock, o.Actions)
			return sender(o, parts{runs: runs})
		}
		for range 7 { // the answers are known, and nobody takes them
			if _, _, err := sick(everybody).RunOnce(t.Context()); err == nil {
				break
			}
		}
		if n, err := sick(o.Row(p, people[3]).ID).Reconcile(t.Context(), db); n != 6 || err == nil {
			t.Errorf("%d answers were brought (%v)", n, err)
		}
		if n, err := o.Delivery.Reconcile(t.Context(), db); n != 1 || err != nil {
			t.Errorf("once it can take it: %d (%v)", n, err)
		}
		for _, c := range people {
			same(t, "steps", o.Steps(c), "1.1 hi fired")
		}
	})
}

// ENG-8, ENG-5: a message that the program dies of fails alone; one that the carrier dies of may have left.
func TestMessageThatKills(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, people := o.Plan(hello), o.Leads(3)
		o.Wire.Dies("p2@example.com")
		o.Wire.Answer(func(_ context.Context, m channel.Composed, _ int) channel.Receipt {
			if m.EnvelopeTo == "p3@example.com" {
				panic("a bug that only this message meets")
			}
			return apptest.Taken
		})
		o.Assign(p, people...)
		o.Settle()
		same(t, "the first", o.Steps(people[0]), "1.1 hi fired")
		same(t, "the second", o.Steps(people[1]), "1.1 hi failed bad_content")
		same(t, "the third", o.Messages(people[2]), "hi uncertain")
	})
}

// ENG-8: a message that can be neither handed over nor answered, because its enrollment cannot be written, does not hold up those that
// were to leave with it; it is tried again when its lease ends.
func TestPoisonedMessage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, people := o.Plan(hello), o.Leads(4)
		o.Assign(p, people...)
		o.Move()
		outbox := db.Outbox()
		full, err := o.Moves.FullContacts(t.Context(), o.ID, people[1:2])
		o.OK(err)
		o.OK(outbox.Suppress(t.Context(), o.ID, "email", full[people[1]].Emails[0].Address, "bounce", "", o.Clock.Now()))
		runs := enroll.NewService(poison{db, o.Row(p, people[1]).ID, false}, o.Clock, o.Actions)
		d := sender(o, parts{runs: runs})
		_, _, err = d.RunOnce(t.Context())
		o.OK(err)
		for i, c := range people {
			want := "hi accepted"
			if i == 1 {
				want = "hi ready"
			}
			same(t, "messages", o.Messages(c), want)
		}
	})
}

// ENG-8, ENG-5: nor does one whose settling in doubt the program dies of keep the others waiting, or end the program.
func TestDoubtThatKills(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, people := o.Plan(hello), o.Leads(3)
		o.Assign(p, people...)
		o.Move()
		ended := lost{db.Outbox()}
		if _, _, err := sender(o, parts{store: ended}).RunOnce(t.Context()); err == nil {
			t.Error("the answers are recorded")
		}
		runs := enroll.NewService(poison{db, o.Row(p, people[1]).ID, true}, o.Clock, o.Actions)
		_ = sender(o, parts{runs: runs}).Doubt(t.Context(), true) // it tells which one it was
		for _, c := range people {
			same(t, "messages", o.Messages(c), "hi uncertain")
		}
		if n, err := o.Delivery.Reconcile(t.Context(), db); n != 1 || err != nil {
			t.Errorf("once it can take it: %d (%v)", n, err)
		}
	})
}

// lost never hears of what the carrier says.
type lost struct{ delivery.Store }

func (lost) Record(context.Context, int64, []delivery.Outcome, time.Time) (map[int64]bool, error) {
	return nil, fmt.Errorf("the process has ended")
}

// blind cannot read events once.
type blind struct {
	*store.DB
	told *atomic.Bool
}

func (b blind) Events(ctx context.Context, account int64, ids []int64) (map[int64]enroll.DatedEvent, error) {
	if b.told.CompareAndSwap(true, false) {
		return nil, fault.New(fault.Unavailable, "the connection is gone")
	}
	return b.DB.Events(ctx, account, ids)
}

// TPL-2, PLAN-26: a message is not made without what it shows because that could not be read at that moment.
func TestEventThatCannotBeRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, c := o.Plan("plan: Tour\nkind: event\nevent: showing\nsteps:\n  - {id: hi, name: Hi, action: send_email, when: immediately, subject: 'At {{ event.title }}', body: Hi}\n"), o.Lead("ann@example.com")
		o.AssignFor(p, event.Event{Title: "Elm Street", Kind: "showing", ContactID: c, At: o.Clock.Now().Add(time.Hour)})
		o.Move()
		var told atomic.Bool
		told.Store(true)
		runs := enroll.NewService(blind{db, &told}, o.Clock, o.Actions)
		if _, _, err := sender(o, parts{runs: runs}).RunOnce(t.Context()); !fault.Is(err, fault.Unavailable) {
			t.Error("it is not told:", err)
		}
		same(t, "meanwhile", o.Wire.Sent())
		o.Settle()
		same(t, "then", o.Wire.Sent(), "ann@example.com At Elm Street")
	})
}
