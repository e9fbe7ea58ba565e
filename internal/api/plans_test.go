package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tactus/client"
)

// DEC-17: a plan's JSON is the file's document plus id, version, status and counts; what was read can be edited and sent back.
func TestPlanThereAndBack(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	p := get[client.Plan](t)(k.CreatePlan(ctx, client.Document{Name: "Follow up", Steps: []map[string]any{
		{"name": "Note", "action": "add_note", "when": "immediately", "text": "Hello {{ contact.first_name | default: 'friend' }}"},
	}}))
	if p.Status != "draft" || p.Version != 1 || p.Saved == nil || !p.Saved.Created || p.Steps[0]["id"] == nil {
		t.Fatalf("created: %+v", p)
	}
	p = get[client.Plan](t)(k.ReadyPlan(ctx, p.ID))
	if p.Status != "ready" {
		t.Fatalf("status %s", p.Status)
	}
	resp := k.raw(http.MethodGet, "/api/v1/plans/"+string(p.ID), "")
	data := resp.body
	var doc map[string]any
	must(t, json.Unmarshal([]byte(data), &doc))
	if doc["plan"] != "Follow up" || doc["tactus"] != float64(1) || doc["counts"] == nil {
		t.Errorf("document: %s", data)
	}
	edited := strings.Replace(data, "Hello", "Dear", 1)
	resp = k.raw(http.MethodPut, "/api/v1/plans/"+string(p.ID)+"?apply_to=everyone", edited)
	if resp.status != http.StatusPreconditionRequired {
		t.Errorf("without If-Match: %d", resp.status)
	}
	resp = k.raw(http.MethodPut, "/api/v1/plans/"+string(p.ID), edited, "If-Match", `"1"`)
	if resp.status != http.StatusOK || resp.header.Get("ETag") != `"2"` {
		t.Errorf("saved: %d, ETag %s", resp.status, resp.header.Get("ETag"))
	}
	resp = k.raw(http.MethodPut, "/api/v1/plans/"+string(p.ID), edited, "If-Match", `"1"`)
	if resp.status != http.StatusPreconditionFailed {
		t.Errorf("stale: %d", resp.status)
	}
	versions := get[client.Page[client.PlanVersion]](t)(k.PlanVersions(ctx, p.ID))
	if len(versions.Items) != 2 || versions.Items[0].Version != 2 {
		t.Errorf("versions: %+v", versions.Items)
	}
	changes := get[client.Page[client.PlanChange]](t)(k.ComparePlan(ctx, p.ID, 1, 2))
	if len(changes.Items) != 1 || changes.Items[0].Kind != "edited" {
		t.Errorf("changes: %+v", changes.Items)
	}
	v1 := get[client.PlanVersion](t)(k.PlanVersion(ctx, p.ID, 1))
	if text, _ := v1.Document.Steps[0]["text"].(string); !strings.HasPrefix(text, "Hello") {
		t.Errorf("version 1: %+v", v1.Document)
	}
	yaml := string(get[[]byte](t)(k.PlanYAML(ctx, p.ID)))
	if !strings.Contains(yaml, "plan: Follow up") || !strings.Contains(yaml, "id:") {
		t.Errorf("file:\n%s", yaml)
	}
}

// Errors name every field at fault at once.
func TestPlanFaultsNameEveryField(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	_, err := k.CreatePlan(ctx, client.Document{Name: "Bad", Steps: []map[string]any{
		{"name": "A", "action": "add_note", "when": "sometime", "text": "x"},
		{"name": "B", "action": "no_such_action", "when": "immediately"},
		{"name": "C", "action": "add_note", "when": "immediately", "text": "{{ contact.shoe_size }}", "colour": "red"},
	}})
	p := refusal(t, err, 422)
	for _, name := range []string{"steps[0].when", "steps[1].action", "steps[2].colour"} {
		if field(p, name) == "" {
			t.Errorf("%s is not named: %v", name, p.Fields)
		}
	}
}

// PLAN-20, PLAN-24: duplicate, archive, delete; the refusal says how many are on it.
func TestPlanLife(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	p := k.plan("Nurture")
	c := k.contact("a@example.com")
	out := get[client.Outcome](t)(k.Assign(ctx, p.ID, client.Assign{IDs: []client.ID{c.ID}}))
	if out.Counts["started"] != 1 {
		t.Fatalf("counts: %v", out.Counts)
	}
	err := k.DeletePlan(ctx, p.ID)
	if d := refusal(t, err, 409); !strings.Contains(d.Detail, "1 active") {
		t.Errorf("detail %q", d.Detail)
	}
	list := get[client.Page[client.PlanLine]](t)(k.Plans(ctx, client.PlanFilter{Status: "ready"}, client.PageOptions{}))
	if len(list.Items) != 1 || list.Items[0].Counts.Active != 1 || list.Items[0].StepCount != 3 {
		t.Errorf("list: %+v", list.Items)
	}
	double := get[client.Plan](t)(k.DuplicatePlan(ctx, p.ID))
	if double.Status != "draft" || double.Name != "Nurture (copy)" {
		t.Errorf("copy: %s %s", double.Status, double.Name)
	}
	must(t, k.DeletePlan(ctx, double.ID))
	gone := get[client.Archived](t)(k.ArchivePlan(ctx, p.ID, true))
	if gone.Live != 1 || gone.Stopped != 1 {
		t.Errorf("archived: %+v", gone)
	}
	_, err = k.Assign(ctx, p.ID, client.Assign{IDs: []client.ID{c.ID}})
	refused(t, err, 409)
	back := get[client.Plan](t)(k.UnarchivePlan(ctx, p.ID))
	if back.Status != "draft" {
		t.Errorf("status %s", back.Status)
	}
	_, err = k.Assign(ctx, p.ID, client.Assign{IDs: []client.ID{c.ID}})
	if d := refusal(t, err, 409); !strings.Contains(d.Detail, "draft") { // PLAN-2
		t.Errorf("detail %q", d.Detail)
	}
}

// DEC-9: files are applied all or nothing; faults name file and line.
func TestApplyFiles(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	files := []client.PlanFile{
		{Name: "a.yaml", Content: "tactus: 1\nplan: A\nnext_plan: B\nsteps:\n  - name: N\n    action: add_note\n    when: 2 hours after start\n    text: hi\n"},
		{Name: "b.yaml", Content: "tactus: 1\nplan: B\nsteps:\n  - name: M\n    action: send_email\n    when: immediately\n    template: hello\n"},
		{Name: "hello.yaml", Content: "tactus: 1\ntemplate: hello\nchannel: email\nsubject: Hi\nbody: Hello there\n"},
	}
	dry := get[client.AppliedPlans](t)(k.ApplyPlans(ctx, client.ApplyPlans{Files: files, DryRun: true}))
	if len(dry.Files) != 3 || !dry.Files[0].Created || dry.Files[2].What != "template" {
		t.Fatalf("dry run: %+v", dry.Files)
	}
	if p := get[client.Page[client.PlanLine]](t)(k.Plans(ctx, client.PlanFilter{}, client.PageOptions{})); len(p.Items) != 0 {
		t.Fatalf("a dry run saves nothing: %+v", p.Items)
	}
	done := get[client.AppliedPlans](t)(k.ApplyPlans(ctx, client.ApplyPlans{Files: files}))
	if !done.Files[0].Ready || done.Files[0].ID == "" {
		t.Errorf("applied: %+v", done.Files[0])
	}
	again := get[client.AppliedPlans](t)(k.ApplyPlans(ctx, client.ApplyPlans{Files: files}))
	for _, f := range again.Files {
		if f.Changed {
			t.Errorf("%s changed again", f.File)
		}
	}
	files[1].Content += "  - name: X\n    action: add_note\n    when: never\n    text: x\n"
	_, err := k.ApplyPlans(ctx, client.ApplyPlans{Files: files})
	if p := refusal(t, err, 422); field(p, "b.yaml:10") == "" {
		t.Errorf("fields: %+v", p.Fields)
	}
	out := get[client.PlanFiles](t)(k.ExportPlans(ctx, true))
	if len(out.Files) != 3 {
		t.Errorf("exported %d files", len(out.Files))
	}
}

// PLAN-22: an edit of a plan with contacts on it says beforehand what it will do.
func TestPreview(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	p := k.plan("Nurture")
	for _, e := range []string{"a@example.com", "b@example.com"} {
		_ = get[client.Outcome](t)(k.Assign(ctx, p.ID, client.Assign{IDs: []client.ID{k.contact(e).ID}}))
	}
	k.settle()
	d := p.Document
	d.Steps = append(d.Steps[:2:2], map[string]any{"name": "New", "action": "add_note", "when": "9 days after start", "text": "new"})
	pre := get[client.Preview](t)(k.PreviewPlan(ctx, p.ID, d))
	if pre.Live != 2 || len(pre.Steps) != 2 {
		t.Fatalf("preview: %+v", pre)
	}
	saved := get[client.Plan](t)(k.UpdatePlan(ctx, p.ID, p.Version, "everyone", d))
	if saved.Saved.Moved != 2 {
		t.Errorf("saved: %+v", saved.Saved)
	}
}
