package planbook_test

import (
	"fmt"
	"strings"
	"testing"

	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// lines are what files did, or would do.
func lines(a *planbook.Applied) []string {
	var out []string
	for _, f := range a.Files {
		out = append(out, fmt.Sprintf("%s %s template=%t created=%t changed=%t ready=%t", f.File, f.Name, f.Template, f.Created, f.Changed, f.Ready))
	}
	return out
}

// DEC-9: files that name each other come in together, whatever their order, and are made ready.
func TestApply(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		files := func() []*plan.File {
			return []*plan.File{
				o.file("a.yaml", "plan: A\nsource: Zillow\nnext_plan: B\nsteps:\n  - {name: Mail, action: send_email, when: immediately, template: Hello}\n"),
				o.file("b.yaml", "plan: B\nsteps:\n  - {name: Wait, action: assign_plan, when: 3 days after start, plan: A}\n"),
				o.file("t.yaml", "template: Hello\nchannel: email\nsubject: Hi\nbody: Hello there\n"),
			}
		}
		dry, err := o.plans.Apply(t.Context(), o.id, files(), planbook.ApplyOptions{DryRun: true, Author: author})
		o.ok(err)
		fresh := []string{
			"a.yaml A template=false created=true changed=true ready=true",
			"b.yaml B template=false created=true changed=true ready=true",
			"t.yaml Hello template=true created=true changed=true ready=false",
		}
		o.equal("preview", lines(dry), fresh)
		page, err := o.plans.List(t.Context(), o.id, planbook.Query{})
		o.ok(err)
		if len(page.Plans) != 0 {
			t.Fatalf("the preview saved %+v", page.Plans)
		}

		done, err := o.plans.Apply(t.Context(), o.id, files(), planbook.ApplyOptions{Author: author})
		o.ok(err)
		o.equal("applied", lines(done), fresh)
		a, b := o.get(done.Files[0].ID), o.get(done.Files[1].ID)
		if !a.Ready || !b.Ready || a.Version.Refs.Plans["B"] != b.ID || b.Version.Refs.Plans["A"] != a.ID || a.Version.Refs.Templates["Hello"] != done.Files[2].ID {
			t.Errorf("A %+v\nB %+v", a.Version.Refs, b.Version.Refs)
		}
		snap, err := o.runs.Account(t.Context(), o.id)
		o.ok(err)
		if len(snap.Rules) != 1 || snap.Templates[done.Files[2].ID].Subject != "Hi" {
			t.Errorf("rules %v, templates %+v", snap.Rules, snap.Templates)
		}

		again, err := o.plans.Apply(t.Context(), o.id, files(), planbook.ApplyOptions{Author: author})
		o.ok(err)
		for _, line := range lines(again) {
			if !strings.Contains(line, "created=false changed=false") {
				t.Errorf("again: %s", line)
			}
		}

		// A template that a plan uses says so when it changes, and keeps its channel.
		changed, err := o.plans.Apply(t.Context(), o.id, []*plan.File{o.file("t.yaml", "template: Hello\nchannel: email\nsubject: Hey\nbody: Hello there\n")}, planbook.ApplyOptions{Author: author})
		o.ok(err)
		if f := changed.Files[0]; !f.Changed || len(f.UsedBy) != 1 || f.UsedBy[0].Name != "A" {
			t.Errorf("template %+v", f)
		}
		_, err = o.plans.Apply(t.Context(), o.id, []*plan.File{o.file("t.yaml", "template: Hello\nchannel: sms\nbody: Hello there\n")}, planbook.ApplyOptions{Author: author})
		o.wrong(err, fault.Invalid, "t.yaml:3", `the plan "A" uses it`)
	})
}

// DEC-9: all or nothing, every problem with its file and line.
func TestApplyRefusesAll(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		old := o.ready("plan: Old\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [A]}\n")
		_, err := o.plans.Archive(t.Context(), o.id, old.ID, false, author)
		o.ok(err)
		files := []*plan.File{
			o.file("good.yaml", "plan: Good\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [Fresh]}\n"),
			o.file("bad.yaml", "plan: Bad\nstage: Nwe\nsteps:\n  - name: Go\n    action: assign_plan\n    when: immediately\n    plan: Old\n  - name: Mail\n    action: send_email\n    when: immediately\n    template: None\n"),
			o.file("x.yaml", "plan: X\nsteps:\n  - name: Go\n    action: assign_plan\n    when: immediately\n    plan: Y\n"),
			o.file("y.yaml", "plan: Y\nsteps:\n  - name: Go\n    action: assign_plan\n    when: immediately\n    plan: X\n"),
			o.file("old.yaml", "plan: Old\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [A]}\n"),
		}
		for _, dry := range []bool{true, false} {
			got, err := o.plans.Apply(t.Context(), o.id, files, planbook.ApplyOptions{DryRun: dry, Author: author})
			o.wrong(err, fault.Invalid, "bad.yaml:3")
			var problems []string
			for _, p := range got.Problems {
				problems = append(problems, fmt.Sprintf("%s:%d %s step %d", p.File, p.Line, p.Code, p.Step))
			}
			o.equal("problems", problems, []string{
				"bad.yaml:3 unknown_stage step 0", "bad.yaml:12 unknown_template step 2", "x.yaml:4 circle step 1", "old.yaml:2 unusable step 0",
			})
		}
		page, err := o.plans.List(t.Context(), o.id, planbook.Query{})
		o.ok(err)
		if len(page.Plans) != 0 {
			t.Errorf("something was applied: %+v", page.Plans)
		}
		snap, err := o.runs.Account(t.Context(), o.id)
		o.ok(err)
		for _, name := range snap.Labels {
			if name == "Fresh" {
				t.Error("a tag was made")
			}
		}
	})
}

// DEC-9: --draft makes nothing ready and takes nothing back; PLAN-22: the preview of running plans.
func TestApplyDraft(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		running := o.ready(course)
		o.assign(running.ID, 2, 0)
		files := []*plan.File{
			o.file("n.yaml", "plan: New\nsteps:\n  - {name: Mail, action: send_email, when: immediately, template: Later}\n"),
			o.file("c.yaml", edited),
		}
		got, err := o.plans.Apply(t.Context(), o.id, files, planbook.ApplyOptions{Draft: true, Author: author})
		o.ok(err)
		o.equal("applied", lines(got), []string{
			"n.yaml New template=false created=true changed=true ready=false",
			"c.yaml Course template=false created=false changed=true ready=true",
		})
		if n := got.Files[0]; len(n.Doubts) != 1 || n.Doubts[0].Code != plan.UnknownTemplate {
			t.Errorf("doubts %v", n.Doubts)
		}
		if c := got.Files[1]; c.Preview.Live != 2 || len(c.Preview.Changes) != 4 || c.Saved.Moved != 2 {
			t.Errorf("preview %+v, saved %+v", c.Preview, c.Saved)
		}
	})
}

// PLAN-24: what is exported comes back as the same plans.
func TestExport(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		files := []*plan.File{
			o.file("a.yaml", "plan: New Buyer, A/B\nsteps:\n  - {name: Mail, action: send_email, when: immediately, template: Hello}\n  - {name: Mail, action: send_email, when: on day 2, template: Hello}\n"),
			o.file("b.yaml", "plan: new buyer (A B)\nsteps:\n  - {name: A, action: add_tags, when: immediately, tags: [A]}\n"),
			o.file("t.yaml", "template: Hello\nchannel: email\nsubject: Hi\nbody: Hello there\n"),
		}
		_, err := o.plans.Apply(t.Context(), o.id, files, planbook.ApplyOptions{Author: author})
		o.ok(err)
		out, err := o.plans.Export(t.Context(), o.id, planbook.ExportOptions{Templates: true})
		o.ok(err)
		var names []string
		var back []*plan.File
		for _, f := range out {
			names = append(names, f.Name)
			loaded, problems := plan.Load(f.Name, f.Data, o.actions)
			if len(problems) > 0 {
				t.Errorf("%s: %v", f.Name, problems)
			}
			back = append(back, loaded)
		}
		o.equal("files", names, []string{"new-buyer-a-b.yaml", "new-buyer-a-b-2.yaml", "hello.yaml"})
		if !strings.Contains(string(out[0].Data), "id: s2") {
			t.Errorf("no identities:\n%s", out[0].Data)
		}
		again, err := o.plans.Apply(t.Context(), o.id, back, planbook.ApplyOptions{DryRun: true})
		o.ok(err)
		for _, line := range lines(again) {
			if !strings.Contains(line, "created=false changed=false") {
				t.Errorf("came back otherwise: %s", line)
			}
		}
		_, err = o.plans.Export(t.Context(), o.id, planbook.ExportOptions{Names: []string{"nope", "neither"}})
		o.wrong(err, fault.NotFound, `"nope", "neither"`)
	})
}
