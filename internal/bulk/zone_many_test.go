package bulk_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/app/apptest"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/work"
)

const nine = "\nsteps:\n  - {name: Note, action: add_note, when: on day 5 at 09:00, text: noted}\n"

// crowded is an office with 1,600 live runs, on three plans of which one was put away, and others that have ended.
func crowded(t *testing.T, db *store.DB) (o *apptest.Office, plans []int64) {
	t.Helper()
	o = apptest.New(t, db)
	plans = []int64{o.Plan("plan: A" + nine), o.Plan("plan: B" + nine), o.Plan("plan: C" + nine)}
	crowd := o.Crowd("p", 700)
	o.Assign(plans[0], crowd...)
	o.Assign(plans[1], crowd[:300]...)
	o.Assign(plans[2], crowd[:600]...)
	_, err := o.Plans.Archive(t.Context(), o.ID, plans[1], false, "test")
	o.OK(err)
	ended := o.Crowd("ended", 50)
	o.Assign(plans[0], ended...)
	_, err = o.Runs.Do(t.Context(), o.ID, enroll.CmdStop, enroll.Selection{Contacts: ended}, "test", o.Owner)
	o.OK(err)
	o.Move()
	return o, plans
}

// dues counts the live runs by the moment that they are due.
func dues(o *apptest.Office, plans []int64) map[string]int {
	o.Helper()
	out := map[string]int{}
	o.OK(o.DB.InTx(o.Context(), func(ctx context.Context) error {
		clear(out)
		for _, p := range plans {
			rows, err := o.DB.LockEnrollments(ctx, o.ID, apptest.Of(p))
			if err != nil {
				return err
			}
			for _, r := range rows {
				if r.Status.Live() {
					out[r.DueAt.Format("01-02 15:04")]++
				}
			}
		}
		return nil
	}))
	return out
}

func holds(t testing.TB, what string, got, want map[string]int) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// operations are those of the kind, newest first.
func operations(o *apptest.Office) []work.Operation {
	o.Helper()
	all, err := o.Jobs.List(o.Context(), o.ID, work.Query{Kind: "account_zone"})
	o.OK(err)
	return all
}

// crash is a round that a worker which has just died does not do any more; another node goes on.
func crash(o *apptest.Office) {
	o.Helper()
	dead, die := context.WithCancel(o.Context())
	die()
	if _, err := o.Work.RunOnce(dead); !errors.Is(err, context.Canceled) {
		o.Fatal(err)
	}
	works(o.Second())
}

// works does what there is to do in the background.
func works(o *apptest.Office) {
	o.Helper()
	for {
		n, err := o.Work.RunOnce(o.Context())
		o.OK(err)
		if n == 0 {
			return
		}
	}
}

// PLAN-8, ENG-11: many runs follow the account's zone in chunks, as one operation that says how far it is and goes on after a crash.
func TestZoneOfManyIsAnOperation(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o, plans := crowded(t, db)
		holds(t, "before", dues(o, plans), map[string]int{"11-28 09:00": 1600})
		moves(o, "America/New_York")
		late := o.Crowd("late", 3)
		o.Assign(plans[2], late...) // they begin by the new zone, and are none of the operation's business
		o.Move()
		n, err := o.Work.RunOnce(t.Context())
		if n != 1 || err != nil {
			t.Fatal(n, err)
		}
		holds(t, "after a chunk", dues(o, plans), map[string]int{"11-28 09:00": 600, "11-28 14:00": 1003})
		crash(o)
		holds(t, "in the end", dues(o, plans), map[string]int{"11-28 14:00": 1603})
		op := operations(o)
		if len(op) != 1 || op[0].Status != work.Done || op[0].Total != 1600 || op[0].Done != 1600 || counts(op[0]) != "moved=1600" || op[0].Author != "test" {
			t.Errorf("%+v", op)
		}
	})
}

// PLAN-8: an account that moves again while its runs still follow the first move has all of them by the newest zone in the end; one whose
// operation is cancelled keeps what its chunks have done.
func TestZoneChangesAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o, plans := crowded(t, db)
		moves(o, "America/New_York")
		_, err := o.Work.RunOnce(t.Context())
		o.OK(err)
		moves(o, "Asia/Kolkata")
		works(o)
		holds(t, "in the end", dues(o, plans), map[string]int{"11-28 03:30": 1600})
		if all := operations(o); len(all) != 2 || all[0].Done != 1600 || all[1].Done != 1600 {
			t.Fatalf("%+v", all)
		}
		moves(o, "UTC")
		_, err = o.Work.RunOnce(t.Context())
		o.OK(err)
		o.OK(o.Jobs.Cancel(t.Context(), o.ID, operations(o)[0].ID, "test"))
		works(o)
		holds(t, "cancelled", dues(o, plans), map[string]int{"11-28 03:30": 600, "11-28 09:00": 1000})
	})
}

// PLAN-8: few runs follow at once, without an operation; a change of something else, and one that is refused, moves nobody.
func TestZoneOfFewHoldsAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, crowd := o.Plan("plan: A"+nine), o.Crowd("p", 1000)
		o.Assign(p, crowd...)
		o.Settle()
		before := o.Row(p, crowd[0])
		o.Change(func(a *account.Account) { a.Name = "Another name" })
		a, err := o.Accounts.Account(t.Context(), o.ID)
		o.OK(err)
		a.Zone, a.Country = "America/New_York", "nowhere"
		if err := o.Accounts.Update(t.Context(), a, "test"); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
		if r := o.Row(p, crowd[0]); r.Raw != before.Raw || !r.DueAt.Equal(before.DueAt) {
			t.Errorf("%s %s, was %s %s", r.DueAt, r.Raw, before.DueAt, before.Raw)
		}
		next := o.Neighbour("next")
		q := next.Plan("plan: A" + nine)
		next.Assign(q, next.Lead("ann@next.example"))
		next.Move()
		moves(o, "America/New_York")
		holds(t, "at once", dues(o, []int64{p}), map[string]int{"11-28 14:00": 1000})
		holds(t, "another account", dues(next, []int64{q}), map[string]int{"11-28 09:00": 1})
		if all := operations(o); len(all) != 0 {
			t.Errorf("%+v", all)
		}
		o.Clock.Advance(time.Minute)
		works(o)
	})
}
