package planbook_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

const course = `plan: Course
steps:
  - {id: a, name: One, action: add_tags, when: immediately, tags: [One]}
  - {id: b, name: Two, action: add_tags, when: 2 days after start, tags: [Two]}
  - {id: c, name: Three, action: add_tags, when: 1 day after previous, tags: [Three]}
  - {id: d, name: Four, action: add_tags, when: 9 days after start, tags: [Four]}
`

// edited moves the second step, deletes the fourth, adds one that is past for some, and one that is not.
const edited = `plan: Course
steps:
  - {id: a, name: One, action: add_tags, when: immediately, tags: [One]}
  - {id: e, name: Past, action: add_tags, when: 1 hour after start, tags: [Past]}
  - {id: b, name: Two, action: add_tags, when: 4 days after start, tags: [Two]}
  - {id: c, name: Three, action: add_tags, when: 1 day after previous, tags: [Three]}
  - {name: New, action: add_tags, when: 20 days after start, tags: [New]}
`

// tags are the names of the tags of each contact.
func (o *office) tags(ids []int64) []string {
	o.Helper()
	out := make([]string, len(ids))
	for i, id := range ids {
		c, err := o.contacts.Get(o.Context(), o.id, id)
		o.ok(err)
		slices.Sort(c.Tags)
		out[i] = strings.Join(c.Tags, " ")
	}
	return out
}

// PLAN-22: the preview counts contacts by step, and the edit does what it said.
func TestEditWithLiveEnrollments(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		head := o.ready(course)
		early := o.assign(head.ID, 2, 0) // by then at step two, done
		o.until(2)
		late := o.assign(head.ID, 3, 0) // at step two, not done
		own, err := o.plans.SavePrivate(t.Context(), o.id, head.ID, o.doc(strings.Replace(course, "9 days", "5 days", 1)), author)
		o.ok(err)
		private := o.assign(head.ID, 1, own)
		_, err = o.runs.Do(t.Context(), o.id, enroll.CmdPause, enroll.Selection{Contacts: late[:1]}, author, 0)
		o.ok(err)

		p, err := o.plans.Preview(t.Context(), o.id, head.ID, o.doc(edited))
		o.ok(err)
		if p.Live != 5 || p.Private != 1 {
			t.Errorf("live %d, private %d", p.Live, p.Private)
		}
		var lines []string
		for _, c := range p.Changes {
			lines = append(lines, c.String())
		}
		o.equal("changes", lines, []string{`step 4 "Four" is deleted`, `step 2 "Past" is added`, `step 3 "Two" is retimed`, `step 5 "New" is added`})
		lines = nil
		for _, s := range p.Steps {
			lines = append(lines, fmt.Sprintf("%s: gain %d, late %d, lose %d, retime %d", s.Name, s.Gain, s.Late, s.Lose, s.Retime))
		}
		o.equal("steps", lines, []string{
			"Past: gain 3, late 2, lose 0, retime 0", "Two: gain 0, late 0, lose 0, retime 3", "Three: gain 0, late 0, lose 0, retime 3",
			"New: gain 5, late 0, lose 0, retime 0", "Four: gain 0, late 0, lose 5, retime 0",
		})
		if full := o.get(head.ID); full.Number != 1 {
			t.Errorf("the preview saved version %d", full.Number)
		}

		saved := o.save(edited, planbook.SaveOptions{ID: head.ID, Number: 1})
		if saved.Moved != 5 || saved.Operation != 0 {
			t.Errorf("saved %+v", saved)
		}
		o.until(30)
		got := o.tags(slices.Concat(early, late[1:], private))
		o.equal("tags", got, []string{
			"New One Three Two", "New One Three Two", "New One Past Three Two", "New One Past Three Two", "Four One Three Two",
		})
	})
}

// PLAN-22: only new runs; a later edit for everyone takes the old runs along as well.
func TestEditForNewRuns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		head := o.ready(course)
		ids := o.assign(head.ID, 1, 0)
		saved := o.save(edited, planbook.SaveOptions{ID: head.ID, ApplyTo: planbook.NewRuns})
		if saved.Moved != 0 || !saved.Changed {
			t.Errorf("saved %+v", saved)
		}
		o.until(3)
		o.equal("tags", o.tags(ids), []string{"One Three Two"})
		o.save(strings.Replace(edited, "20 days", "21 days", 1), planbook.SaveOptions{ID: head.ID})
		o.until(30)
		o.equal("tags", o.tags(ids), []string{"New One Three Two"})
	})
}

// PLAN-22: many contacts are moved in the background.
func TestEditOfMany(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		head := o.ready(course)
		ids := make([]int64, 1001)
		for i := range ids {
			ids[i] = int64(i + 1)
		}
		o.crowd(len(ids))
		started, err := o.runs.Start(t.Context(), o.id, enroll.StartRequest{Plan: head.ID, Contacts: ids, Author: author})
		o.ok(err)
		if started.Started != len(ids) {
			t.Fatalf("started %+v", started)
		}
		p, err := o.plans.Preview(t.Context(), o.id, head.ID, o.doc(edited))
		o.ok(err)
		if p.Live != 1001 || p.Steps[0].Gain != 1001 {
			t.Errorf("preview %+v", p)
		}
		saved := o.save(edited, planbook.SaveOptions{ID: head.ID})
		if saved.Operation == 0 || saved.Waiting != 1001 || saved.Moved != 0 {
			t.Errorf("saved %+v", saved)
		}
		out, err := o.plans.Archive(t.Context(), o.id, head.ID, true, author)
		o.ok(err)
		if out.Operation == 0 || out.Live != 1001 {
			t.Errorf("archived %+v", out)
		}
	})
}

// PLAN-23: a version for one contact must be fit to run, and leaves the plan as it is.
func TestPrivateVersion(t *testing.T) {
	t.Parallel()
	o := newOffice(t, storetest.Memory(t))
	saved := o.save(course, planbook.SaveOptions{})
	_, err := o.plans.SavePrivate(t.Context(), o.id, saved.Plan.ID, o.doc(course), author)
	o.wrong(err, fault.Conflict, "draft")
	_, err = o.plans.Ready(t.Context(), o.id, saved.Plan.ID, 0, author)
	o.ok(err)
	_, err = o.plans.SavePrivate(t.Context(), o.id, saved.Plan.ID, o.doc("plan: Whatever\nsteps:\n  - {name: M, action: send_email, when: immediately, template: none}\n"), author)
	o.wrong(err, fault.Invalid, "steps[0].template")
	_, err = o.plans.SavePrivate(t.Context(), o.id, saved.Plan.ID, o.doc("plan: Whatever\nevent: closing\nsteps:\n  - {name: M, action: add_tags, when: at event, tags: [A]}\n"), author)
	o.wrong(err, fault.Invalid, "event")
	version, err := o.plans.SavePrivate(t.Context(), o.id, saved.Plan.ID, o.doc(strings.Replace(course, "id: d, ", "", 1)), author)
	o.ok(err)
	p, err := o.runs.Program(t.Context(), o.id, version)
	o.ok(err)
	if !p.Private || p.Document.Name != "Course" || p.Steps[3].ID != "d" {
		t.Errorf("private version %+v", p.Version)
	}
	versions, err := o.plans.Versions(t.Context(), o.id, saved.Plan.ID)
	o.ok(err)
	if full := o.get(saved.Plan.ID); len(versions) != 1 || full.Number != 1 || full.VersionID == version {
		t.Errorf("the plan changed: %+v, versions %+v", full.Head, versions)
	}
	// What the version alone adds gets an identity that the plan never gives again (PLAN-21).
	_, err = o.plans.SavePrivate(t.Context(), o.id, saved.Plan.ID, o.doc(course+"  - {name: Extra, action: add_tags, when: immediately, tags: [X]}\n"), author)
	o.ok(err)
	o.save(course+"  - {name: Other, action: add_tags, when: immediately, tags: [X]}\n", planbook.SaveOptions{})
	if steps := o.get(saved.Plan.ID).Version.Document.Steps; steps[4].ID != "s2" {
		t.Errorf("identity %q", steps[4].ID)
	}
}

// A plan whose contacts are live may be a draft, but what they run must be whole.
func TestRunningDraftStaysWhole(t *testing.T) {
	t.Parallel()
	o := newOffice(t, storetest.Memory(t))
	head := o.ready(course)
	o.assign(head.ID, 1, 0)
	_, err := o.plans.Draft(t.Context(), o.id, head.ID, author)
	o.ok(err)
	doc := o.doc(course)
	doc.Steps[1].When = plan.Timing{}
	_, err = o.plans.Save(t.Context(), o.id, doc, planbook.SaveOptions{ID: head.ID})
	o.wrong(err, fault.Invalid, "steps[1].when")
	saved, err := o.plans.Save(t.Context(), o.id, doc, planbook.SaveOptions{ID: head.ID, ApplyTo: planbook.NewRuns})
	o.ok(err)
	if len(saved.Doubts) != 1 {
		t.Errorf("doubts %v", saved.Doubts)
	}
}

// PLAN-5: a plan does not become one dated by events, nor such a one another, while contacts are on it: they would be on it twice.
func TestEditFromOrToEvents(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		head := o.ready(course)
		ids := o.assign(head.ID, 1, 0)
		byEvents := strings.Replace(course, "\nsteps:", "\nevent: closing\nsteps:", 1)
		f, problems := plan.Load("plan.yaml", []byte("tactus: 1\n"+byEvents), o.actions)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		save := func() error {
			_, err := o.plans.Save(t.Context(), o.id, f.Document, planbook.SaveOptions{ID: head.ID, ApplyTo: planbook.NewRuns, Author: author})
			return err
		}
		if err := save(); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "1 contacts are on this plan") {
			t.Errorf("%v", err)
		}
		_, err := o.runs.Do(t.Context(), o.id, enroll.CmdStop, enroll.Selection{Contacts: ids}, author, 0)
		o.ok(err)
		o.ok(save())
	})
}
