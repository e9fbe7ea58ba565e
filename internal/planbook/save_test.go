package planbook_test

import (
	"fmt"
	"strings"
	"testing"

	"tactus/internal/account"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/history"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

const welcome = `plan: Welcome
kind: connection
source: Zillow
start_on: [{tag: Hot}, {group: Past clients}, {stage: Working}]
steps:
  - {name: Note, action: add_note, when: immediately, text: hello}
  - {name: Tag, action: add_tags, when: 2 days after start, tags: [Warm]}
  - {name: Call, action: create_task, when: 1 day after previous, title: Call}
`

// PLAN-2, PLAN-4, PLAN-21, DEC-8: a draft is saved, made ready, edited.
func TestSave(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		first := o.save(welcome, planbook.SaveOptions{New: true})
		if !first.Created || !first.Changed || first.Plan.Ready || first.Plan.Number != 1 {
			t.Errorf("first save: %+v", first)
		}
		id := first.Plan.ID
		o.equal("steps", o.steps(id), []string{"s1 Note, immediately", "s2 Tag, 2 days after start", "s3 Call, 1 day after previous"})
		refs := o.get(id).Version.Refs
		if refs.Tags["Hot"] == 0 || refs.Tags["Warm"] == 0 || refs.Groups["Past clients"] == 0 || refs.Sources["Zillow"] == 0 || refs.Stages["Working"] == 0 {
			t.Errorf("refs %+v", refs)
		}
		snap, err := o.runs.Account(t.Context(), o.id)
		o.ok(err)
		if len(snap.Rules) != 0 {
			t.Errorf("a draft has start rules: %v", snap.Rules)
		}

		_, err = o.plans.Ready(t.Context(), o.id, id, 7, author)
		o.wrong(err, fault.Conflict, "newest version is 1")
		ready, err := o.plans.Ready(t.Context(), o.id, id, 1, author)
		o.ok(err)
		if !ready.Plan.Ready || ready.Changed {
			t.Errorf("ready: %+v", ready)
		}
		snap, err = o.runs.Account(t.Context(), o.id)
		o.ok(err)
		if len(snap.Rules) != 4 || !snap.Plans[id].Ready {
			t.Errorf("start rules %v, plan %+v", snap.Rules, snap.Plans[id])
		}

		again := o.save(welcome, planbook.SaveOptions{Number: 1})
		if again.Changed || again.Plan.Number != 1 || !again.Plan.Ready {
			t.Errorf("the same again: %+v", again)
		}
		edited := o.save(strings.Replace(welcome, "text: hello", "text: hi", 1), planbook.SaveOptions{ID: id, Number: 1})
		if !edited.Changed || edited.Plan.Number != 2 || !edited.Plan.Ready {
			t.Errorf("edited: %+v", edited)
		}
		_, err = o.plans.Save(t.Context(), o.id, o.doc(welcome), planbook.SaveOptions{ID: id, Number: 1})
		o.wrong(err, fault.Conflict, "newest version is 2")
		_, err = o.plans.Save(t.Context(), o.id, o.doc(welcome), planbook.SaveOptions{New: true})
		o.wrong(err, fault.Conflict, `"Welcome" already`)
		_, err = o.plans.Save(t.Context(), o.id, o.doc(welcome), planbook.SaveOptions{ID: 99})
		o.wrong(err, fault.NotFound)
		_, err = o.plans.Save(t.Context(), o.id+1, o.doc(welcome), planbook.SaveOptions{ID: id})
		o.wrong(err, fault.NotFound)
		_, err = o.plans.Save(t.Context(), o.id, o.doc(welcome), planbook.SaveOptions{ApplyTo: "some"})
		o.wrong(err, fault.Invalid, "everyone or new")

		versions, err := o.plans.Versions(t.Context(), o.id, id)
		o.ok(err)
		if len(versions) != 2 || versions[0].Number != 2 || versions[0].Author != author || !versions[0].CreatedAt.Equal(start) {
			t.Errorf("versions %+v", versions)
		}
		changes, err := o.plans.CompareVersions(t.Context(), o.id, id, 1, 2)
		o.ok(err)
		if len(changes) != 1 || changes[0].String() != `step 1 "Note" is edited` {
			t.Errorf("changes %v", changes)
		}
		old, err := o.plans.Version(t.Context(), o.id, id, 1)
		o.ok(err)
		if !strings.Contains(string(old.Document.Steps[0].Config), "hello") {
			t.Errorf("version 1 is not as it was: %s", old.Document.Steps[0].Config)
		}
		page, err := history.NewService(db).Page(t.Context(), o.id, history.Query{PlanID: id})
		o.ok(err)
		var did []string
		for _, r := range page.Rows {
			did = append(did, r.Kind+" "+r.Outcome+" "+r.Author)
		}
		o.equal("history", did, []string{"plan edited user:1", "plan ready user:1", "plan created user:1"})
	})
}

// PLAN-2: what a ready plan must be, all problems at once.
func TestReadyNamesEveryProblem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		saved := o.save(`plan: Wild
stage: Nowhere
next_plan: Later
steps:
  - {name: Mail, action: send_email, when: immediately, template: hello}
  - {name: Task, action: create_task, when: on day 1, title: Call, assignee: "user:sam@example.com"}
  - {name: Partner, action: create_task, when: on day 1, title: Call, assignee: "partner:pat@example.com"}
  - {name: Other, action: assign_plan, when: 2 days after start, plan: Draft}
`, planbook.SaveOptions{})
		if len(saved.Doubts) != 6 || saved.Plan.Ready {
			t.Errorf("doubts %v", saved.Doubts)
		}
		o.save("plan: Draft\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [A]}\n", planbook.SaveOptions{})
		_, err := o.plans.Ready(t.Context(), o.id, saved.Plan.ID, 0, author)
		o.wrong(err, fault.Invalid, "stage", "Nowhere", "next_plan", "Later", "steps[0].template", "hello", "steps[1].assignee", "sam@example.com",
			"steps[2].assignee", "pat@example.com", "steps[3].plan", `"Draft" is a draft`)

		// The targets come, one of them of the wrong channel, one inactive.
		sam, err := o.accounts.AddMember(t.Context(), account.Member{AccountID: o.id, User: account.User{Email: "sam@example.com"}, Role: account.Agent})
		o.ok(err)
		sam.Active = false
		o.ok(o.accounts.UpdateMember(t.Context(), sam))
		_, err = o.accounts.CreatePartner(t.Context(), account.Partner{AccountID: o.id, Name: "Pat", Email: "Pat@example.com"})
		o.ok(err)
		_, err = o.accounts.EnsureLabels(t.Context(), o.id, account.Stage, []string{"nowhere"})
		o.ok(err)
		_, err = o.plans.Apply(t.Context(), o.id, []*plan.File{
			o.file("t.yaml", "template: hello\nchannel: sms\nbody: Hello\n"),
			o.file("l.yaml", "plan: Later\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [A]}\n"),
			o.file("d.yaml", "plan: Draft\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [A]}\n"),
		}, planbook.ApplyOptions{Author: author})
		o.ok(err)
		settings := account.DefaultSettings()
		settings.ActionsOff, settings.ChannelsOff = []string{"create_task"}, []string{"email"}
		a, err := o.accounts.Account(t.Context(), o.id)
		o.ok(err)
		a.Settings = settings
		o.ok(o.accounts.Update(t.Context(), a, author))
		_, err = o.plans.Ready(t.Context(), o.id, saved.Plan.ID, 0, author)
		o.wrong(err, fault.Invalid, "is for sms", "inactive", "steps[0].action: the account has the channel email switched off",
			"steps[1].action: the account has the action create_task switched off")
		if strings.Contains(err.Error(), "Nowhere") || strings.Contains(err.Error(), "Later") || strings.Contains(err.Error(), "pat@") {
			t.Errorf("says too much: %v", err)
		}
		if o.get(saved.Plan.ID).Ready {
			t.Error("it is ready all the same")
		}
	})
}

// A draft may be unfinished, but it keeps what was written, and a ready plan must stay whole.
func TestUnfinishedDraft(t *testing.T) {
	t.Parallel()
	o := newOffice(t, storetest.Memory(t))
	var doc plan.Document
	o.ok(doc.UnmarshalJSON([]byte(`{"plan":"Half","steps":[{"name":"Mail","action":"send_email","subject":"Only a subject"},{"name":"New"}]}`)))
	saved, err := o.plans.Save(t.Context(), o.id, &doc, planbook.SaveOptions{Author: author})
	o.ok(err)
	if len(saved.Doubts) < 4 {
		t.Errorf("doubts %v", saved.Doubts)
	}
	if got := o.get(saved.Plan.ID).Version.Document; string(got.Steps[0].Config) != `{"subject":"Only a subject"}` || got.Steps[1].ID != "s2" {
		t.Errorf("stored %+v", got)
	}
	_, err = o.plans.Ready(t.Context(), o.id, saved.Plan.ID, 0, author)
	o.wrong(err, fault.Invalid, "steps[0].when", "steps[0].body", "steps[1].action", "steps[1].when")

	ready := o.ready(welcome)
	doc.Name = "Welcome"
	_, err = o.plans.Save(t.Context(), o.id, &doc, planbook.SaveOptions{ID: ready.ID})
	o.wrong(err, fault.Invalid, "steps[0].when")
	doc.Name = " "
	_, err = o.plans.Save(t.Context(), o.id, &doc, planbook.SaveOptions{})
	o.wrong(err, fault.Invalid, "plan")
	doc.Name, doc.Steps[0].ID, doc.Steps[1].ID = "Twice", "a", "a"
	_, err = o.plans.Save(t.Context(), o.id, &doc, planbook.SaveOptions{})
	o.wrong(err, fault.Invalid, "steps[1].id")
	doc.Name, doc.Steps = strings.Repeat("x", 201), nil
	doc.Source = strings.Repeat("y", 101)
	_, err = o.plans.Save(t.Context(), o.id, &doc, planbook.SaveOptions{})
	o.wrong(err, fault.Invalid, "200", "source")
}

// PLAN-14: a circle is refused when it is closed, by whichever plan closes it, drafts too.
func TestCircle(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		step := "plan: %s\nsteps:\n  - {name: Go, action: assign_plan, when: immediately, plan: %s}\n"
		o.save(fmt.Sprintf(step, "A", "B"), planbook.SaveOptions{})
		b := o.save(fmt.Sprintf(step, "B", "C"), planbook.SaveOptions{})
		_, err := o.plans.Save(t.Context(), o.id, o.doc(fmt.Sprintf(step, "C", "A")), planbook.SaveOptions{})
		o.wrong(err, fault.Invalid, "circle", "C → A → B → C", "steps[0]")
		o.save(strings.Replace(fmt.Sprintf(step, "C", "A"), "immediately", "2 hours after start", 1), planbook.SaveOptions{})

		// A new name closes no circle unseen.
		_, err = o.plans.Save(t.Context(), o.id, o.doc(fmt.Sprintf(step, "B2", "A")), planbook.SaveOptions{ID: b.Plan.ID})
		if err == nil {
			t.Error("B, renamed to B2, assigns A, which assigns it: no circle was found")
		}
	})
}

// A plan's name is its identity (DEC-8); those that name it follow a new one.
func TestRename(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		target := o.ready("plan: Target\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [A]}\n")
		user := o.ready("plan: User\nnext_plan: Target\nsteps:\n  - {name: Go, action: assign_plan, when: 2 days after start, plan: Target}\n")
		saved := o.save("plan: Better\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [A]}\n", planbook.SaveOptions{ID: target.ID})
		if saved.Plan.Name != "Better" || saved.Plan.ID != target.ID || !saved.Plan.Ready {
			t.Errorf("renamed: %+v", saved.Plan)
		}
		full := o.get(user.ID)
		doc := full.Version.Document
		if doc.NextPlan != "Better" || string(doc.Steps[0].Config) != `{"plan":"Better"}` || full.Version.Refs.Plans["Better"] != target.ID || full.Number != 2 {
			t.Errorf("who names it: %+v refs %+v", doc, full.Version.Refs)
		}
		_, err := o.plans.Save(t.Context(), o.id, o.doc("plan: User\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [A]}\n"), planbook.SaveOptions{ID: target.ID})
		o.wrong(err, fault.Conflict, `"User" already`)
		if _, err := o.plans.ByName(t.Context(), o.id, "Target"); !fault.Is(err, fault.NotFound) {
			t.Errorf("the old name: %v", err)
		}
		using, err := o.plans.Using(t.Context(), o.id, planbook.Ref{Kind: form.Plan, ID: target.ID})
		o.ok(err)
		if len(using) != 1 || using[0].Name != "User" {
			t.Errorf("using %+v", using)
		}
	})
}

// Two people save at the same time: one of them is told that the plan has changed, and no circle slips through between two saves.
func TestSavesAtTheSameTime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		id := o.save(welcome, planbook.SaveOptions{}).Plan.ID
		step := "plan: %s\nsteps:\n  - {name: Go, action: assign_plan, when: immediately, plan: %s}\n"
		docs := []*plan.Document{o.doc(fmt.Sprintf(step, "A", "B")), o.doc(fmt.Sprintf(step, "B", "A"))}
		edits := []*plan.Document{o.doc(strings.Replace(welcome, "hello", "one", 1)), o.doc(strings.Replace(welcome, "hello", "two", 1))}
		errs := make(chan error, 4)
		for i := range 2 {
			go func() {
				_, err := o.plans.Save(t.Context(), o.id, docs[i], planbook.SaveOptions{})
				errs <- err
			}()
			go func() {
				_, err := o.plans.Save(t.Context(), o.id, edits[i], planbook.SaveOptions{ID: id, Number: 1})
				errs <- err
			}()
		}
		refused := map[fault.Code]int{}
		for range 4 {
			refused[fault.CodeOf(<-errs)]++
		}
		if refused[""] != 2 || refused[fault.Conflict] != 1 || refused[fault.Invalid] != 1 {
			t.Errorf("answers %v", refused)
		}
		if n := o.get(id).Number; n != 2 {
			t.Errorf("version %d", n)
		}
	})
}
