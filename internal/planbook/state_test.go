package planbook_test

import (
	"context"
	"strings"
	"testing"

	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

const short = "plan: Short\nsteps:\n  - {name: Warm, action: add_tags, when: immediately, tags: [Warm]}\n  - {name: Late, action: add_tags, when: 3 days after start, tags: [Late]}\n"

// PLAN-2: back to draft, new assignments are refused, contacts who are on it go on.
func TestDraft(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		head := o.ready(short)
		o.assign(head.ID, 2, 0)
		counts, err := o.plans.Draft(t.Context(), o.id, head.ID, author)
		o.ok(err)
		if counts.Live() != 2 {
			t.Errorf("counts %+v", counts)
		}
		_, err = o.runs.Start(t.Context(), o.id, enroll.StartRequest{Plan: head.ID, Contacts: []int64{1}, Author: author})
		o.wrong(err, fault.Conflict, "draft")
		o.until(4)
		if full := o.get(head.ID); full.Counts.Completed != 2 || full.Counts.Active != 0 {
			t.Errorf("they did not go on: %+v", full.Counts)
		}
	})
}

// PLAN-20: archiving ends start rules; live runs are stopped, or finish.
func TestArchive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		head := o.ready("start_on: [{tag: Hot}]\n" + short)
		o.assign(head.ID, 3, 0)
		got, err := o.plans.Archive(t.Context(), o.id, head.ID, false, author)
		o.ok(err)
		if got.Live != 3 || got.Stopped != 0 || o.get(head.ID).Counts.Active != 3 {
			t.Errorf("archived, runs finish: %+v %+v", got, o.get(head.ID).Counts)
		}
		snap, err := o.runs.Account(t.Context(), o.id)
		o.ok(err)
		if len(snap.Rules) != 0 {
			t.Errorf("start rules %v", snap.Rules)
		}
		_, err = o.plans.Save(t.Context(), o.id, o.doc(short), planbook.SaveOptions{})
		o.wrong(err, fault.Conflict, "archived")
		_, err = o.plans.Ready(t.Context(), o.id, head.ID, 0, author)
		o.wrong(err, fault.Conflict, "archived")

		got, err = o.plans.Archive(t.Context(), o.id, head.ID, true, author)
		o.ok(err)
		if got.Stopped != 3 || o.get(head.ID).Counts.Stopped != 3 {
			t.Errorf("archived, runs stopped: %+v %+v", got, o.get(head.ID).Counts)
		}
		using, err := o.plans.Using(t.Context(), o.id, planbook.Ref{Kind: form.Tag, ID: o.get(head.ID).Version.Refs.Tags["Warm"]})
		o.ok(err)
		if len(using) != 0 {
			t.Errorf("an archived plan without live runs still holds its tags: %+v", using)
		}
		o.ok(o.plans.Unarchive(t.Context(), o.id, head.ID, author))
		if full := o.get(head.ID); full.Archived || full.Ready {
			t.Errorf("unarchived: %+v", full.Head)
		}
	})
}

// second lets something happen before the second transaction.
type second struct {
	*store.DB
	n  int
	do func()
}

func (s *second) InTx(ctx context.Context, fn func(context.Context) error) error {
	if s.n++; s.n == 2 {
		s.do()
	}
	return s.DB.InTx(ctx, fn)
}

// PLAN-20: a plan that is taken out of the archive before its runs are stopped keeps them.
func TestOutBeforeRunsAreStopped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		head := o.ready(short)
		o.assign(head.ID, 3, 0)
		plans := planbook.NewService(&second{DB: db, do: func() { o.ok(o.plans.Unarchive(t.Context(), o.id, head.ID, author)) }}, o.clock, o.actions, o.runs)
		_, err := plans.Archive(t.Context(), o.id, head.ID, true, author)
		o.wrong(err, fault.Conflict, "archive")
		if full := o.get(head.ID); full.Archived || full.Counts.Active != 3 {
			t.Errorf("%+v %+v", full.Head, full.Counts)
		}
	})
}

// PLAN-20: a plan with any enrollment cannot be deleted, nor one that a live plan names.
func TestDelete(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		head := o.ready(short)
		ids := o.assign(head.ID, 2, 0)
		_, err := o.runs.Do(t.Context(), o.id, enroll.CmdStop, enroll.Selection{Plan: head.ID, Contacts: ids[:1]}, author, 0)
		o.ok(err)
		o.wrong(o.plans.Delete(t.Context(), o.id, head.ID, author), fault.Conflict, "2 contacts are on it (1 active, 1 stopped)")
		_, err = o.runs.Do(t.Context(), o.id, enroll.CmdRemove, enroll.Selection{Plan: head.ID}, author, 0)
		o.ok(err)
		user := o.ready("plan: User\nnext_plan: Short\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [A]}\n")
		o.wrong(o.plans.Delete(t.Context(), o.id, head.ID, author), fault.Conflict, `the plan "User" uses it`)
		o.save("plan: User\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [A]}\n", planbook.SaveOptions{ID: user.ID})
		o.ok(o.plans.Delete(t.Context(), o.id, head.ID, author))
		_, err = o.plans.Get(t.Context(), o.id, head.ID)
		o.wrong(err, fault.NotFound)
		o.wrong(o.plans.Delete(t.Context(), o.id, head.ID, author), fault.NotFound)
		o.save(short, planbook.SaveOptions{New: true})
	})
}

// PLAN-20: what an older version names is held as long as contacts are live on it.
func TestOldVersionsHoldTheirTargets(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		head := o.ready(short)
		late := planbook.Ref{Kind: form.Tag, ID: o.get(head.ID).Version.Refs.Tags["Late"]}
		o.assign(head.ID, 1, 0)
		o.save(strings.Replace(short, "tags: [Late]", "tags: [Other]", 1), planbook.SaveOptions{ApplyTo: planbook.NewRuns})
		for _, live := range []bool{true, false} {
			using, err := o.plans.Using(t.Context(), o.id, late)
			o.ok(err)
			if (len(using) == 1) != live {
				t.Errorf("live %t: used by %+v", live, using)
			}
			o.until(4)
		}
	})
}

// PLAN-19, PLAN-24: the list with its counts, and copies.
func TestListAndDuplicate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		head := o.ready(short)
		o.assign(head.ID, 2, 0)
		var copies []int64
		for range 2 {
			saved, err := o.plans.Duplicate(t.Context(), o.id, head.ID, author)
			o.ok(err)
			copies = append(copies, saved.Plan.ID)
		}
		o.equal("copy", o.steps(copies[0]), o.steps(head.ID))
		o.save("plan: another\nkind: general\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [A]}\n", planbook.SaveOptions{})
		var names []string
		q := planbook.Query{Limit: 3}
		for {
			page, err := o.plans.List(t.Context(), o.id, q)
			o.ok(err)
			for _, p := range page.Plans {
				names = append(names, p.Name)
				if p.ID == head.ID && (p.Counts.Active != 2 || p.StepCount != 2 || !p.Ready) {
					t.Errorf("line %+v", p)
				}
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		o.equal("names", names, []string{"another", "Short", "Short (copy 2)", "Short (copy)"})
		page, err := o.plans.List(t.Context(), o.id, planbook.Query{Text: "COPY", Kind: plan.General})
		o.ok(err)
		if len(page.Plans) != 2 {
			t.Errorf("found %+v", page.Plans)
		}
		yes := true
		page, err = o.plans.List(t.Context(), o.id, planbook.Query{Ready: &yes})
		o.ok(err)
		if len(page.Plans) != 1 || page.Plans[0].ID != head.ID {
			t.Errorf("ready ones %+v", page.Plans)
		}
	})
}
