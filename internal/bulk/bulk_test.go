package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/app"
	"tactus/internal/bulk"
	"tactus/internal/clock"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/work"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

const author = "user:1"

// office is one account with its services.
type office struct {
	*testing.T
	db       *store.DB
	clock    *clock.Fake
	accounts *account.Service
	contacts *contact.Service
	runs     *enroll.Service
	plans    *planbook.Service
	work     *work.Service
	bulk     *bulk.Service
	worker   *work.Worker
	settled  []int64
	id       int64
	owner    int64
	actions  plan.Actions
}

func newOffice(t *testing.T, db *store.DB) *office {
	t.Helper()
	actions := app.Actions()
	o := &office{T: t, db: db, clock: clock.NewFake(start), actions: actions}
	o.runs = enroll.NewService(db, o.clock, actions)
	o.accounts = account.NewService(db, o.clock, nil)
	o.contacts = contact.NewService(db, o.clock, func(c contact.Contact) string { return c.Zone }, o.runs)
	o.plans = planbook.NewService(db, o.clock, actions, o.runs)
	o.work = work.NewService(db, o.clock)
	o.bulk = bulk.NewService(db, o.work, o.contacts, o.runs)
	o.worker = work.NewWorker(db, o.clock, slog.New(slog.DiscardHandler), o.bulk.Handlers(func(_ context.Context, _, plan int64) error {
		o.settled = append(o.settled, plan)
		return nil
	})...)
	a, _, err := o.accounts.Bootstrap(t.Context(), "kim@example.com")
	o.ok(err)
	o.id, o.owner = a.ID, a.OwnerID
	return o
}

func (o *office) ok(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// people takes n leads in; every second one is tagged "even".
func (o *office) people(n int) []int64 {
	o.Helper()
	leads := make([]contact.Lead, n)
	for i := range leads {
		leads[i].FirstName = fmt.Sprintf("P%05d", i)
		leads[i].Emails = []contact.Email{{Address: fmt.Sprintf("p%d@example.com", i)}}
		if i%2 == 0 {
			leads[i].Tags = []string{"even"}
		}
	}
	var ids []int64
	for part := range slices.Chunk(leads, contact.MaxBatch) {
		results, err := o.contacts.UpsertBatch(o.Context(), o.id, part, author)
		o.ok(err)
		for _, r := range results {
			o.ok(r.Err)
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func (o *office) document(text string) *plan.Document {
	o.Helper()
	f, problems := plan.Load("test.yaml", []byte("tactus: 1\n"+text), o.actions)
	for _, p := range problems {
		o.Error(p)
	}
	return f.Document
}

// plan saves a plan and makes it ready.
func (o *office) plan(name string) int64 {
	o.Helper()
	saved, err := o.plans.Save(o.Context(), o.id, o.document("plan: "+name+"\nsteps:\n  - {id: hello, name: Hello, action: add_note, when: on day 5 at 09:00, text: hello}\n"), planbook.SaveOptions{Author: author})
	o.ok(err)
	_, err = o.plans.Ready(o.Context(), o.id, saved.Plan.ID, 0, author)
	o.ok(err)
	return saved.Plan.ID
}

// do runs an operation to its end and returns its counts.
func (o *office) do(id int64, err error) string {
	o.Helper()
	o.ok(err)
	for {
		n, err := o.worker.RunOnce(o.Context())
		o.ok(err)
		if n == 0 {
			break
		}
	}
	op, err := o.work.Get(o.Context(), o.id, id)
	o.ok(err)
	if op.Status != work.Done || op.Done != op.Total {
		o.Errorf("operation %s is %s with %d of %d: %s", op.Kind, op.Status, op.Done, op.Total, op.Message)
	}
	return counts(op)
}

func counts(op work.Operation) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(op.Counts)) {
		out = append(out, fmt.Sprintf("%s=%d", name, op.Counts[name]))
	}
	return strings.Join(out, " ")
}

func (o *office) is(got, want string) {
	o.Helper()
	if got != want {
		o.Errorf("counts: %s, want %s", got, want)
	}
}

// on counts a plan's runs by status.
func (o *office) on(planID int64) planbook.Counts {
	o.Helper()
	c, err := o.db.EnrollmentCounts(o.Context(), o.id, planID)
	o.ok(err)
	return c
}

func (o *office) filter(n bulk.Names) contact.Filter {
	o.Helper()
	f, err := o.bulk.Filter(o.Context(), o.id, n)
	o.ok(err)
	return f
}

// runIDs are the plan's enrollments.
func (o *office) runIDs(planID int64) []int64 {
	o.Helper()
	ids, err := o.db.EnrollmentIDs(o.Context(), o.id, bulk.Runs{Plan: planID}, 0, 1_000_000)
	o.ok(err)
	return ids
}

// TestAssign: how many started, were on it, were skipped and why (PLAN-5).
func TestAssign(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := t.Context(), newOffice(t, db)
		people, p := o.people(2300), o.plan("Follow")
		even := o.filter(bulk.Names{Tags: []string{"EVEN"}})
		o.is(o.do(o.bulk.Assign(ctx, o.id, bulk.Assign{Plan: p, Filter: even, By: o.owner}, author)), "started=1150")
		o.is(o.do(o.bulk.Assign(ctx, o.id, bulk.Assign{Plan: p, By: o.owner}, author)), "already=1150 started=1150")
		o.is(o.do(o.bulk.Command(ctx, o.id, enroll.CmdStop, bulk.Runs{Plan: p, Status: []plan.Status{plan.Active}, Except: o.runIDs(p)[:500]}, author, o.owner)), "stopped=1800")
		some := contact.Filter{IDs: append(slices.Clone(people), 1<<40), Except: people[:1]}
		o.is(o.do(o.bulk.Assign(ctx, o.id, bulk.Assign{Plan: p, Filter: some}, author)), "already=499 skipped.finished=1800 skipped.gone=1")
		o.is(o.do(o.bulk.Assign(ctx, o.id, bulk.Assign{Plan: p, Restart: true}, author)), "already=500 restarted=1800")
		o.is(o.do(o.bulk.Assign(ctx, o.id, bulk.Assign{Plan: p, Filter: contact.Filter{IDs: []int64{}}}, author)), "")
		if c := o.on(p); c.Active != 2300 {
			t.Errorf("%+v", c)
		}
	})
}

// TestAssignRefused: what no chunk could do is refused before anything is queued (PLAN-2).
func TestAssignRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := t.Context(), newOffice(t, db)
		p := o.plan("Follow")
		_, err := o.plans.Draft(ctx, o.id, p, author)
		o.ok(err)
		if _, err := o.bulk.Assign(ctx, o.id, bulk.Assign{Plan: p}, author); !fault.Is(err, fault.Conflict) {
			t.Error("a draft:", err)
		}
		if _, err := o.bulk.Assign(ctx, o.id, bulk.Assign{Plan: p + 1}, author); !fault.Is(err, fault.NotFound) {
			t.Error("no plan:", err)
		}
		if _, err := o.bulk.Command(ctx, o.id, "dance", bulk.Runs{Plan: p}, author, 0); !fault.Is(err, fault.Invalid) {
			t.Error("no command:", err)
		}
		if _, err := o.bulk.Command(ctx, o.id, enroll.CmdPause, bulk.Runs{Plan: p + 1}, author, 0); !fault.Is(err, fault.NotFound) {
			t.Error("a command on no plan:", err)
		}
		if _, err := o.bulk.Filter(ctx, o.id, bulk.Names{Tags: []string{"nobody has this"}, Stage: "Nowhere"}); !fault.Is(err, fault.Invalid) {
			t.Error("no label:", err)
		}
		if _, err := o.bulk.Change(ctx, o.id, contact.Filter{}, contact.Many{Stage: "Nowhere"}, author); !fault.Is(err, fault.Invalid) {
			t.Error("no stage:", err)
		}
		if all, err := o.work.List(ctx, o.id, work.Query{}); err != nil || len(all) != 0 {
			t.Error(all, err)
		}
	})
}

// TestCommands: each status takes what PLAN-15 allows; the rest is counted and holds nobody up.
func TestCommands(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := t.Context(), newOffice(t, db)
		o.people(1200)
		p := o.plan("Follow")
		o.do(o.bulk.Assign(ctx, o.id, bulk.Assign{Plan: p}, author))
		all := o.runIDs(p)
		o.is(o.do(o.bulk.Command(ctx, o.id, enroll.CmdPause, bulk.Runs{Plan: p, IDs: all[:300]}, author, o.owner)), "paused=300")
		o.is(o.do(o.bulk.Command(ctx, o.id, enroll.CmdPause, bulk.Runs{Plan: p}, author, o.owner)), "paused=900 refused.paused=300")
		o.is(o.do(o.bulk.Command(ctx, o.id, enroll.CmdResume, bulk.Runs{Plan: p, Status: []plan.Status{plan.Paused}, Except: all[:2]}, author, o.owner)), "resumed=1198")
		o.is(o.do(o.bulk.Command(ctx, o.id, enroll.CmdStop, bulk.Runs{Plan: p, IDs: all[:1]}, author, o.owner)), "stopped=1")
		o.is(o.do(o.bulk.Command(ctx, o.id, enroll.CmdRestart, bulk.Runs{Plan: p}, author, o.owner)), "refused.active=1198 refused.paused=1 restarted=1")
		if c := o.on(p); c.Active != 1199 || c.Paused != 1 {
			t.Errorf("%+v", c)
		}
		other := o.plan("Another")
		o.is(o.do(o.bulk.Command(ctx, o.id, enroll.CmdRemove, bulk.Runs{Plan: other, IDs: all}, author, o.owner)), "skipped.gone=1200")
		o.is(o.do(o.bulk.Command(ctx, o.id, enroll.CmdRemove, bulk.Runs{Plan: p}, author, o.owner)), "removed=1200")
		if got := o.runIDs(p); len(got) != 0 {
			t.Errorf("%d are left", len(got))
		}
	})
}

// TestChange tags as sets; what start rules begin by it begins too (PLAN-4).
func TestChange(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := t.Context(), newOffice(t, db)
		o.people(1500)
		saved, err := o.plans.Save(ctx, o.id, o.document("plan: Follow\nstart_on: [{tag: hot}]\nsteps:\n  - {name: Hello, action: add_note, when: on day 5 at 09:00, text: hello}\n"), planbook.SaveOptions{Author: author})
		o.ok(err)
		_, err = o.plans.Ready(ctx, o.id, saved.Plan.ID, 0, author)
		o.ok(err)
		even := o.filter(bulk.Names{Tags: []string{"even"}})
		o.is(o.do(o.bulk.Change(ctx, o.id, even, contact.Many{AddTags: []string{"hot"}, AddGroups: []string{"G"}, Assigned: &o.owner}, author)), "changed=750")
		o.is(o.do(o.bulk.Change(ctx, o.id, contact.Filter{}, contact.Many{AddTags: []string{"Hot"}}, author)), "already=750 changed=750")
		if c := o.on(saved.Plan.ID); c.Active != 1500 {
			t.Errorf("started by the tag: %+v", c)
		}
		// The tag goes from those that are found by it, while they are walked.
		o.is(o.do(o.bulk.Change(ctx, o.id, even, contact.Many{RemoveTags: []string{"even"}}, author)), "changed=750")
		if n, err := o.contacts.Count(ctx, o.id, even); err != nil || n != 0 {
			t.Error(n, err)
		}
		if n, err := o.contacts.Count(ctx, o.id, contact.Filter{AssignedID: o.owner}); err != nil || n != 750 {
			t.Error(n, err)
		}
	})
}

// TestEdit: a plan with many contacts is edited in the background (PLAN-22); those on newer versions stay there.
func TestEdit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := t.Context(), newOffice(t, db)
		o.people(1300)
		p := o.plan("Follow")
		o.do(o.bulk.Assign(ctx, o.id, bulk.Assign{Plan: p}, author))
		saved, err := o.plans.Save(ctx, o.id, o.document("plan: Follow\nsteps:\n  - {id: hello, name: Hello, action: add_note, when: on day 6 at 09:00, text: hello}\n"), planbook.SaveOptions{Author: author, ID: p})
		o.ok(err)
		if saved.Operation == 0 || saved.Waiting != 1300 {
			t.Fatalf("%+v", saved)
		}
		o.is(o.do(saved.Operation, nil), "moved=1300")
		live, err := db.LiveVersions(ctx, o.id, p)
		o.ok(err)
		if len(live) != 1 || live[0].Version != saved.Plan.VersionID || !slices.Equal(o.settled, []int64{p}) {
			t.Errorf("live on %+v, settled %v", live, o.settled)
		}
		archived, err := o.plans.Archive(ctx, o.id, p, true, author)
		o.ok(err)
		o.is(o.do(archived.Operation, nil), "stopped=1300")
		if c := o.on(p); c.Stopped != 1300 {
			t.Errorf("%+v", c)
		}
	})
}

// TestCrash: an assignment whose process dies goes on where it was, and nobody starts twice (ENG-11).
func TestCrash(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		o.people(2300)
		p := o.plan("Follow")
		id, err := o.bulk.Assign(t.Context(), o.id, bulk.Assign{Plan: p}, author)
		o.ok(err)
		if n, err := o.worker.RunOnce(t.Context()); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		dead, die := context.WithCancel(t.Context())
		die()
		if _, err := o.worker.RunOnce(dead); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if c := o.on(p); c.Active != 2000 {
			t.Errorf("after a chunk: %+v", c)
		}
		o.is(o.do(id, nil), "started=2300")
	})
}
