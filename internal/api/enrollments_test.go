package api_test

import (
	"fmt"
	"testing"

	"tactus/client"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// PLAN-15 over the API: every command of the table, and the refusal names the state found.
func TestCommands(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	p := k.plan("Nurture")
	c := k.contact("a@example.com")
	_ = get[client.Outcome](t)(k.Assign(ctx, p.ID, client.Assign{IDs: []client.ID{c.ID}}))
	id := get[client.Page[client.Enrollment]](t)(k.Enrollments(ctx, p.ID, client.PageOptions{}, "active")).Items[0].ID
	for _, step := range []struct {
		command, becomes string
		refused          bool
	}{
		{client.Resume, "active", true},
		{client.Pause, "paused", false},
		{client.Pause, "paused", true},
		{client.Resume, "active", false},
		{client.Restart, "active", true},
		{client.Stop, "stopped", false},
		{client.Pause, "stopped", true},
		{client.Restart, "active", false},
	} {
		out, err := k.Command(ctx, id, step.command)
		if step.refused {
			if p := refusal(t, err, 409); p.State != step.becomes {
				t.Errorf("%s: state found %q, want %q", step.command, p.State, step.becomes)
			}
			continue
		}
		if must(t, err); out.Enrollment.Status != step.becomes {
			t.Errorf("%s: %s", step.command, out.Enrollment.Status)
		}
	}
	if e := get[client.Enrollment](t)(k.Enrollment(ctx, id)); e.Run != 2 {
		t.Errorf("run %d", e.Run)
	}
	if h := get[client.Page[client.Entry]](t)(k.EnrollmentHistory(ctx, id, client.PageOptions{})); len(h.Items) < 5 {
		t.Errorf("history: %+v", h.Items)
	}
	out := get[client.Commanded](t)(k.Command(ctx, id, client.Remove))
	if out.Enrollment != nil || out.Found != "active" {
		t.Errorf("removed: %+v", out)
	}
	_, err := k.Command(ctx, id, client.Pause)
	refused(t, err, 404)
}

// DEC-17, PLAN-5, PLAN-19: filters become operations; the counts say what became of each, on both databases.
func TestBulk(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k, ctx := newKit(t, db), t.Context()
		p := k.plan("Nurture")
		var ids []client.ID
		for i := range 60 {
			ids = append(ids, k.contact(fmt.Sprintf("c%d@example.com", i)).ID)
		}
		few := get[client.Outcome](t)(k.Assign(ctx, p.ID, client.Assign{IDs: ids[:2]}))
		if few.Operation != nil || few.Counts["started"] != 2 {
			t.Fatalf("few: %+v", few)
		}
		many := get[client.Outcome](t)(k.Assign(ctx, p.ID, client.Assign{Filter: &client.ContactFilter{Source: "Zillow"}, Except: ids[59:]}))
		if many.Operation == nil || many.Operation.Total != 60 && many.Operation.Total != 59 {
			t.Fatalf("many: %+v", many.Operation)
		}
		k.settle()
		op := get[client.Operation](t)(k.Operation(ctx, many.Operation.ID))
		if op.Status != "done" || op.Counts["started"] != 57 || op.Counts["already"] != 2 {
			t.Errorf("operation: %+v", op)
		}
		paused := get[client.Outcome](t)(k.CommandMany(ctx, client.Pause, client.Bulk{Filter: &client.EnrollmentFilter{Plan: p.ID, Status: []string{"active"}}}))
		k.settle()
		op = get[client.Operation](t)(k.WaitOperation(ctx, paused.Operation.ID, nil))
		if op.Counts["paused"] != 59 {
			t.Errorf("paused: %+v", op)
		}
		line := get[client.Page[client.PlanLine]](t)(k.Plans(ctx, client.PlanFilter{}, client.PageOptions{})).Items[0]
		if line.Counts.Paused != 59 {
			t.Errorf("counts: %+v", line.Counts)
		}
		list := get[client.Page[client.Enrollment]](t)(k.Enrollments(ctx, p.ID, client.PageOptions{Limit: 50}, "paused"))
		rest := get[client.Page[client.Enrollment]](t)(k.Enrollments(ctx, p.ID, client.PageOptions{Limit: 50, Cursor: list.Next}, "paused"))
		if len(list.Items) != 50 || len(rest.Items) != 9 || rest.Next != "" {
			t.Errorf("pages of %d and %d", len(list.Items), len(rest.Items))
		}
		again := get[client.Outcome](t)(k.CommandMany(ctx, client.Pause, client.Bulk{IDs: []client.ID{list.Items[0].ID, "999999"}}))
		if again.Counts["refused.paused"] != 1 || again.Counts["skipped.gone"] != 1 {
			t.Errorf("again: %v", again.Counts)
		}
		change := get[client.Outcome](t)(k.ChangeContacts(ctx, client.ChangeContacts{Filter: &client.ContactFilter{All: true}, AddTags: []string{"All"}}))
		k.settle()
		if op = get[client.Operation](t)(k.Operation(ctx, change.Operation.ID)); op.Counts["changed"] != 60 {
			t.Errorf("changed: %+v", op)
		}
		_, err := k.CancelOperation(ctx, op.ID)
		refused(t, err, 409)
	})
}

// PLAN-4: "and everyone who gets it later" is a start rule.
func TestAssignAndEveryoneLater(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	p := k.plan("Nurture")
	c := k.contact("a@example.com")
	_ = get[client.Contact](t)(k.AddTags(ctx, c.ID, "Hot"))
	_ = get[client.Outcome](t)(k.Assign(ctx, p.ID, client.Assign{Filter: &client.ContactFilter{Tags: []string{"Hot"}}, AlsoRule: true}))
	k.settle()
	later := k.contact("b@example.com")
	_ = get[client.Contact](t)(k.AddTags(ctx, later.ID, "Hot"))
	if n := len(get[client.Page[client.Enrollment]](t)(k.Enrollments(ctx, p.ID, client.PageOptions{})).Items); n != 2 {
		t.Errorf("%d are on it", n)
	}
	_, err := k.Assign(ctx, p.ID, client.Assign{Filter: &client.ContactFilter{Text: "ann"}, AlsoRule: true})
	refused(t, err, 422)
}

// PLAN-23: customise for one contact; the plan's edits leave that run alone.
func TestCustomise(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	p := k.plan("Nurture")
	c := k.contact("a@example.com")
	d := p.Document
	d.Steps = d.Steps[:2]
	_ = get[client.Outcome](t)(k.Assign(ctx, p.ID, client.Assign{IDs: []client.ID{c.ID}, Document: &d}))
	e := get[client.Page[client.Enrollment]](t)(k.ContactEnrollments(ctx, c.ID, client.PageOptions{})).Items[0]
	if !e.Custom || e.Steps != 2 {
		t.Errorf("enrollment: %+v", e)
	}
}
