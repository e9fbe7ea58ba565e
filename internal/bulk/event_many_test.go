package bulk_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/app/apptest"
	"tactus/internal/bulk"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/work"
)

const eve = "\nsteps:\n  - {name: Note, action: add_note, when: 1 day before event, text: noted}\n"

// gathering is an office with a group of n, and a plan that every closing starts and dates.
type gathering struct {
	*apptest.Office
	plan, group int64
	members     []int64
}

func newGathering(t *testing.T, db *store.DB, n int) *gathering {
	t.Helper()
	g := &gathering{Office: apptest.New(t, db)}
	labels, err := g.Accounts.EnsureLabels(t.Context(), g.ID, account.Group, []string{"Buyers"})
	g.OK(err)
	g.group = labels["Buyers"]
	g.plan = g.Plan("plan: Closing\nevent: closing\nstart_on: [{event: closing}]" + eve)
	g.members = g.Crowd("p", n)
	g.join(g.members...)
	return g
}

func (g *gathering) join(members ...int64) {
	g.Helper()
	_, err := g.Contacts.ChangeMany(g.Context(), g.ID, members, contact.Many{AddGroups: []string{"Buyers"}}, "test")
	g.OK(err)
}

func (g *gathering) closing(days int) event.Event {
	g.Helper()
	e, err := g.Events.Create(g.Context(), event.Event{
		AccountID: g.ID, Title: "Closing", Kind: "closing", GroupID: g.group, At: apptest.Start.AddDate(0, 0, days),
	}, "test")
	g.OK(err)
	return e
}

func (g *gathering) postpone(e event.Event, days int) {
	g.Helper()
	e.At = apptest.Start.AddDate(0, 0, days)
	_, err := g.Events.Update(g.Context(), e, "test")
	g.OK(err)
}

// chunk does one of the account's operations' chunks.
func (g *gathering) chunk() {
	g.Helper()
	n, err := g.Work.RunOnce(g.Context())
	if n != 1 || err != nil {
		g.Fatal(n, err)
	}
}

// live holds how many live runs there are by the day of their closing.
func (g *gathering) live(what string, want map[int]int) {
	g.Helper()
	g.Move()
	days := map[string]int{}
	for day, n := range want {
		days[apptest.Start.AddDate(0, 0, day-1).Format("01-02 15:04")] = n
	}
	holds(g, what, dues(g.Office, []int64{g.plan}), days)
}

// done holds the operations of events, oldest first, that are done.
func (g *gathering) done(want ...string) {
	g.Helper()
	all, err := g.Jobs.List(g.Context(), g.ID, work.Query{})
	g.OK(err)
	var got []string
	for i := len(all) - 1; i >= 0; i-- {
		op := all[i]
		if op.Status != work.Done || op.Author != "test" {
			g.Errorf("%+v", op)
		}
		text := fmt.Sprintf("%s %d/%d %s", op.Kind, op.Done, op.Total, counts(op))
		if op.Message != "" {
			text += ": " + op.Message
		}
		got = append(got, text)
	}
	if !slices.Equal(got, want) {
		g.Errorf("operations %q, want %q", got, want)
	}
}

// ENG-11, PLAN-4, PLAN-11: an event of a group of thousands starts, moves and ends its runs in chunks, each by an operation that says how far it is
// and goes on after a crash; who joins meanwhile goes by the event as it is.
func TestEventOfManyIsAnOperation(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		g := newGathering(t, db, 2100)
		e := g.closing(30)
		g.live("made", nil)
		g.chunk()
		g.live("a chunk of it", map[int]int{30: 2000})
		crash(g.Office)
		g.live("started", map[int]int{30: 2100})

		g.postpone(e, 40)
		g.chunk()
		g.live("a chunk of the move", map[int]int{40: 1000, 30: 1100})
		late := g.Lead("late@example.com")
		start := enroll.StartRequest{Plan: g.plan, Contacts: []int64{late}, Event: e.ID, Cause: "hand", Author: "test"}
		_, err := g.Runs.Start(t.Context(), g.ID, start)
		g.OK(err)
		g.live("and one who joins", map[int]int{40: 1001, 30: 1100})
		crash(g.Office)
		g.live("moved", map[int]int{40: 2101})

		g.OK(g.Events.Delete(t.Context(), g.ID, e.ID, "test"))
		g.chunk()
		g.live("a chunk of the end", map[int]int{40: 1101})
		start.Contacts = []int64{g.Lead("later@example.com")}
		if _, err := g.Runs.Start(t.Context(), g.ID, start); !fault.Is(err, fault.NotFound) {
			t.Errorf("a start by an event that is deleted: %v", err)
		}
		crash(g.Office)
		g.live("ended", nil)
		rows, err := g.DB.HistorySince(t.Context(), g.ID, late, 0)
		g.OK(err)
		if last := rows[len(rows)-1]; last.Outcome != string(plan.Stopped) || last.Reason != "event_deleted" || last.Author != "test" {
			t.Errorf("%+v", last)
		}
		g.done("event_created 2100/2100 started=2100", "event_moved 2100/2100 moved=2100", "event_deleted 2101/2101 stopped=2101")
	})
}

// PLAN-11, ENG-11: what happens to an event while its group still starts, or still moves, reaches everybody in the end; nobody is started by an event that is no more.
func TestEventOfManyChangesAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		g := newGathering(t, db, 2100)
		e := g.closing(30)
		g.chunk()
		g.postpone(e, 40)
		g.postpone(e, 50)
		works(g.Office)
		g.live("moved while it starts", map[int]int{50: 2100})
		g.postpone(e, 60)
		g.chunk()
		g.OK(g.Events.Delete(t.Context(), g.ID, e.ID, "test"))
		works(g.Office)
		g.live("deleted while it moves", nil)

		e = g.closing(70)
		g.chunk()
		g.OK(g.Events.Delete(t.Context(), g.ID, e.ID, "test"))
		works(g.Office)
		g.live("deleted while it starts", nil)
		const over = "the event was deleted: nobody else is put on a plan by it"
		all, err := g.Jobs.List(t.Context(), g.ID, work.Query{Kind: "event_created"})
		g.OK(err)
		if op := all[0]; op.Status != work.Done || op.Message != over || op.Done != 2000 || counts(op) != "started=2000" {
			t.Errorf("%+v", op)
		}
		if on, err := g.DB.CountEnrollments(t.Context(), g.ID, bulk.Runs{Plan: g.plan}); err != nil || on != 4100 {
			t.Error(on, err)
		}
	})
}

// ENG-11: a group of a thousand follows its event at once, one contact always; an event that no plan asks for is no work.
func TestEventOfFewHoldsAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		g := newGathering(t, db, 1000)
		e := g.closing(30)
		g.live("started", map[int]int{30: 1000})
		g.postpone(e, 40)
		g.live("moved", map[int]int{40: 1000})
		own, err := g.Events.Create(t.Context(), event.Event{
			AccountID: g.ID, Title: "Own", Kind: "closing", ContactID: g.members[0], At: apptest.Start.Add(20 * 24 * time.Hour),
		}, "test")
		g.OK(err)
		g.live("one more of one", map[int]int{40: 1000, 20: 1})
		g.OK(g.Events.Delete(t.Context(), g.ID, e.ID, "test"))
		g.live("deleted", map[int]int{20: 1})
		g.OK(g.Events.Delete(t.Context(), g.ID, own.ID, "test"))
		g.live("deleted, too", nil)

		g.join(g.Crowd("q", 1)...)
		_, err = g.Events.Create(t.Context(), event.Event{
			AccountID: g.ID, Title: "Party", Kind: "party", GroupID: g.group, At: apptest.Start.AddDate(0, 0, 9),
		}, "test")
		g.OK(err)
		g.done()
	})
}

// PLAN-11, PLAN-3: of an event that was deleted nothing falls due any more, though the operation that ends its runs has not come to them, or was cancelled; none of
// them completes, and starts a next plan, because of it. PLAN-4: a rule that came after the event is not asked.
func TestNothingFiresOfADeletedEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		g := newGathering(t, db, 1002)
		next := g.Plan("plan: Next\nsteps:\n  - {name: Note, action: add_note, when: 9 days after start, text: noted}\n")
		mail := g.Plan("plan: Mail\nevent: closing\nnext_plan: Next\nstart_on: [{event: closing}]\nsteps:\n" +
			"  - {id: mail, name: Mail, action: send_email, when: immediately, subject: Hello, body: Hello}\n" +
			"  - {id: note, name: Note, action: add_note, when: 1 minute after previous, text: noted}\n")
		e := g.closing(5)
		g.Plan("plan: Late\nstart_on: [{event: closing}]" + "\nsteps:\n  - {name: Note, action: add_note, when: immediately, text: noted}\n")
		works(g.Office)
		g.Move()
		sent := g.members[0]
		g.OK(g.Events.Delete(t.Context(), g.ID, e.ID, "test"))
		all, err := g.Jobs.List(t.Context(), g.ID, work.Query{Kind: "event_deleted"})
		g.OK(err)
		g.OK(g.Jobs.Cancel(t.Context(), g.ID, all[0].ID, "test"))
		g.Settle() // who had a message in hand gets it
		g.Clock.Advance(6 * 24 * time.Hour)
		g.Settle()
		for _, p := range []int64{g.plan, mail} {
			if r := g.Row(p, sent); r.Status != plan.Stopped {
				t.Errorf("on plan %d: %s", p, r.Status)
			}
		}
		for _, p := range []int64{g.plan, mail, next} {
			n, err := g.DB.CountEnrollments(t.Context(), g.ID, bulk.Runs{Plan: p, Status: []plan.Status{plan.Active, plan.Paused, plan.Completed}})
			if g.OK(err); n != 0 {
				t.Errorf("%d on plan %d", n, p)
			}
		}
		rows, err := g.DB.HistorySince(t.Context(), g.ID, sent, 0)
		g.OK(err)
		for _, r := range rows {
			if r.Outcome == string(enroll.Fired) && r.Step != "mail" {
				t.Errorf("%+v", r)
			}
		}
		all, err = g.Jobs.List(t.Context(), g.ID, work.Query{Kind: "event_created"})
		g.OK(err)
		if len(all) != 1 || counts(all[0]) != "started=2004" {
			t.Errorf("%+v", all)
		}
	})
}
