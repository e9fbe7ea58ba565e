package api_test

import (
	"strings"
	"testing"

	"tactus/client"
)

// CON-9: tasks are made, moved and completed; a second completion changes nothing.
func TestTasks(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	c := k.contact("a@example.com")
	due := begin.AddDate(0, 0, 1)
	task := get[client.Task](t)(k.CreateTask(ctx, client.NewTask{Title: "Call", Contact: c.ID, Due: &due}))
	if task.User == "" || task.Status != "open" || task.Overdue {
		t.Fatalf("task: %+v", task)
	}
	_ = get[client.Task](t)(k.CreateTask(ctx, client.NewTask{Title: "Some day"}))
	later := due.AddDate(0, 0, 1)
	task = get[client.Task](t)(k.UpdateTask(ctx, task.ID, client.TaskPatch{Title: client.Ptr("Call again"), Due: &later}))
	if task.Title != "Call again" || !task.Due.Equal(later) {
		t.Errorf("moved: %+v", task)
	}
	first := get[client.Page[client.Task]](t)(k.Tasks(ctx, client.TaskFilter{Status: "open"}, client.PageOptions{Limit: 1}))
	rest := get[client.Page[client.Task]](t)(k.Tasks(ctx, client.TaskFilter{Status: "open"}, client.PageOptions{Limit: 1, Cursor: first.Next}))
	if first.Items[0].Title != "Call again" || rest.Items[0].Title != "Some day" {
		t.Errorf("order: %s, %s", first.Items[0].Title, rest.Items[0].Title)
	}
	done := get[client.Task](t)(k.CompleteTask(ctx, task.ID))
	again := get[client.Task](t)(k.CompleteTask(ctx, task.ID))
	if done.Status != "done" || !again.DoneAt.Equal(*done.DoneAt) || done.DoneBy == "" {
		t.Errorf("done: %+v, again: %+v", done, again)
	}
	_, err := k.UpdateTask(ctx, task.ID, client.TaskPatch{Title: client.Ptr("x")})
	refused(t, err, 409)
	must(t, k.DeleteTask(ctx, task.ID))
	_, err = k.Task(ctx, task.ID)
	refused(t, err, 404)
}

// CON-10, PLAN-11: an event starts its plans; moving it re-times, deleting it ends their runs.
func TestEvents(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	p := k.plan("Closing", func(d *client.Document) {
		d.Kind, d.Event = "event", "closing"
		d.StartOn = []client.StartRule{{Event: "closing"}}
		d.Steps = []map[string]any{{"name": "Before", "action": "add_note", "when": "2 days before event", "text": "soon"}}
	})
	c := k.contact("a@example.com")
	at := begin.AddDate(0, 0, 10)
	e := get[client.Event](t)(k.CreateEvent(ctx, client.NewEvent{Title: "Closing", Kind: "Closing", Contact: c.ID, At: at}))
	run := get[client.Page[client.Enrollment]](t)(k.Enrollments(ctx, p.ID, client.PageOptions{}))
	if len(run.Items) != 1 || run.Items[0].Event != e.ID || !run.Items[0].Next.At.Equal(at.AddDate(0, 0, -2)) {
		t.Fatalf("runs: %+v", run.Items)
	}
	moved := at.AddDate(0, 0, 4)
	_ = get[client.Event](t)(k.UpdateEvent(ctx, e.ID, client.EventPatch{At: &moved}))
	one := get[client.Enrollment](t)(k.Enrollment(ctx, run.Items[0].ID))
	// A clock change lies in between: the same wall-clock time in New York is an hour earlier in UTC.
	if got := one.Next.At; got.Sub(moved.AddDate(0, 0, -2)).Abs().Hours() > 1 {
		t.Errorf("next at %v", got)
	}
	list := get[client.Page[client.Event]](t)(k.Events(ctx, client.EventFilter{Contact: c.ID}, client.PageOptions{}))
	if len(list.Items) != 1 {
		t.Errorf("events: %+v", list.Items)
	}
	must(t, k.DeleteEvent(ctx, e.ID))
	if one = get[client.Enrollment](t)(k.Enrollment(ctx, one.ID)); one.Status != "stopped" {
		t.Errorf("status %s", one.Status)
	}
}

// Templates with ETag; one that plans name stays (PLAN-20).
func TestTemplates(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	n := client.NewTemplate{Name: "hello", Channel: "email", Subject: "Hi", Body: "Hello {{ contact.first_name | default: 'there' }}"}
	made := get[client.Template](t)(k.CreateTemplate(ctx, n))
	tmpl := get[client.Template](t)(k.Template(ctx, made.ID))
	n.Body = "Dear {{ contact.first_name | default: 'friend' }}"
	changed := get[client.Template](t)(k.UpdateTemplate(ctx, tmpl.ID, tmpl.ETag, n))
	if changed.Body != n.Body {
		t.Errorf("body %q", changed.Body)
	}
	_, err := k.UpdateTemplate(ctx, tmpl.ID, tmpl.ETag, n)
	refused(t, err, 412)
	n.Body = "{{ contact.shoe_size }}"
	_, err = k.UpdateTemplate(ctx, tmpl.ID, "", n)
	if p := refusal(t, err, 422); field(p, "body") == "" {
		t.Errorf("fields %+v", p.Fields)
	}
	k.plan("Mail", func(d *client.Document) {
		d.Steps = []map[string]any{{"name": "Hi", "action": "send_email", "when": "immediately", "template": "hello"}}
	})
	refused(t, k.DeleteTemplate(ctx, tmpl.ID), 409)
	if list := get[client.Page[client.Template]](t)(k.Templates(ctx, "email")); len(list.Items) != 1 {
		t.Errorf("list: %+v", list.Items)
	}
}

// Messages: what was queued, handed over, and the very bytes.
func TestMessages(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	p := k.plan("Mail", func(d *client.Document) {
		d.Steps = []map[string]any{{"name": "Hi", "action": "send_email", "when": "immediately", "subject": "Hi {{ contact.first_name | default: 'you' }}", "body": "Hello"}}
	})
	c := k.contact("a@example.com")
	_ = get[client.Outcome](t)(k.Assign(ctx, p.ID, client.Assign{IDs: []client.ID{c.ID}}))
	k.settle()
	queued := get[client.Page[client.Message]](t)(k.Messages(ctx, client.MessageFilter{Contact: c.ID, Status: []string{"ready", "waiting"}}, client.PageOptions{}))
	if len(queued.Items) != 1 {
		t.Fatalf("queued: %+v", queued.Items)
	}
	id := queued.Items[0].ID
	_, err := k.RawMessage(ctx, id)
	refused(t, err, 404)
	_, _, err = k.app.Delivery.RunOnce(ctx)
	must(t, err)
	m := get[client.Message](t)(k.Message(ctx, id))
	if m.Status != "accepted" || m.Content == nil || m.Content.Subject != "Hi Ann" || m.Address != "a@example.com" {
		t.Errorf("message: %+v content %+v", m, m.Content)
	}
	if raw := string(get[[]byte](t)(k.RawMessage(ctx, id))); !strings.Contains(raw, "Subject: Hi Ann") {
		t.Errorf("raw: %s", raw)
	}
	_, err = k.SendAgain(ctx, id)
	refused(t, err, 409) // it is not in doubt
}

// CON-4 over the API: upload, look, start, and the refused rows with their reasons.
func TestImport(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	k.plan("New leads", func(d *client.Document) { d.Source = "Open house" })
	csv := "First name,Last name,Email,Tags\nAnn,Lee,ann@example.com,Hot\nBo,Ray,not-an-address,\nCy,Day,cy@example.com,\n"
	look := get[client.ImportLook](t)(k.UploadImport(ctx, strings.NewReader(csv)))
	if look.Rows != 3 || len(look.Columns) != 4 || len(look.Preview) != 3 {
		t.Fatalf("look: %+v", look)
	}
	_, err := k.StartImport(ctx, look.Operation, client.ImportParams{Source: "Open house"})
	if p := refusal(t, err, 422); field(p, "consent.basis") == "" {
		t.Errorf("fields: %+v", p.Fields)
	}
	op := get[client.Operation](t)(k.StartImport(ctx, look.Operation, client.ImportParams{Source: "Open house", Consent: client.ImportConsent{Basis: "inquiry"}}))
	k.settle()
	op = get[client.Operation](t)(k.Operation(ctx, op.ID))
	if op.Status != "done" || op.Done != 3 {
		t.Fatalf("operation: %+v", op)
	}
	file := string(get[[]byte](t)(k.OperationFile(ctx, op.ID, "refused.csv")))
	if !strings.Contains(file, "not-an-address") || strings.Contains(file, "cy@example.com") {
		t.Errorf("refused: %s", file)
	}
	if n := get[int64](t)(k.CountContacts(ctx, client.ContactFilter{Source: "Open house"})); n != 2 {
		t.Errorf("%d contacts", n)
	}
	if out := string(get[[]byte](t)(k.ExportContacts(ctx, client.ContactFilter{}))); !strings.Contains(out, "ann@example.com") {
		t.Errorf("export: %s", out)
	}
}

// Settings: what is absent stays; faults name their fields; ETag.
func TestSettings(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	before := get[client.Settings](t)(k.Settings(ctx))
	if before.Name != "Acme Realty" || before.Zone != "America/New_York" || len(before.Caps) != 1 || before.MessageGap != 60 {
		t.Fatalf("settings: %+v", before)
	}
	after := get[client.Settings](t)(k.UpdateSettings(ctx, before.ETag, client.SettingsPatch{Kill: client.Ptr(true), QuietHours: &map[string]string{"email": "08:00-20:00"}}))
	if !after.Kill || after.QuietHours["email"] == "" || after.Name != before.Name || after.MessageGap != 60 {
		t.Errorf("after: %+v", after)
	}
	_, err := k.UpdateSettings(ctx, before.ETag, client.SettingsPatch{Kill: client.Ptr(false)})
	refused(t, err, 412)
	_, err = k.UpdateSettings(ctx, "", client.SettingsPatch{Zone: client.Ptr("Nowhere"), QuietHours: &map[string]string{"sms": "late"}})
	p := refusal(t, err, 422)
	if field(p, "zone") == "" || field(p, "settings.quiet_hours.sms")+field(p, "quiet_hours.sms") == "" {
		t.Errorf("fields: %+v", p.Fields)
	}
}

// Labels and people: made, renamed, refused while in use.
func TestLabelsAndPeople(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	l := get[client.Label](t)(k.CreateLabel(ctx, client.Tags, client.NewLabel{Name: "Hot"}))
	_, err := k.CreateLabel(ctx, client.Tags, client.NewLabel{Name: "hot"})
	refused(t, err, 409)
	l = get[client.Label](t)(k.UpdateLabel(ctx, client.Tags, l.ID, client.LabelPatch{Name: client.Ptr("Very hot")}))
	if l.Name != "Very hot" {
		t.Errorf("label %+v", l)
	}
	_, err = k.UpdateLabel(ctx, client.Stages, l.ID, client.LabelPatch{Name: client.Ptr("x")}) // a tag is no stage
	refused(t, err, 404)
	must(t, k.DeleteLabel(ctx, client.Tags, l.ID))
	k.contact("a@example.com")
	stages := get[client.Page[client.Label]](t)(k.Labels(ctx, client.Stages))
	if len(stages.Items) < 5 || stages.Items[0].Name != "New" || stages.Items[0].Contacts != 1 {
		t.Errorf("stages: %+v", stages.Items)
	}
	refused(t, k.DeleteLabel(ctx, client.Stages, stages.Items[0].ID), 409)
	u := get[client.User](t)(k.CreateUser(ctx, client.NewUser{Email: "Bo@Acme.example", FirstName: "Bo", Phone: "212 555 0101"}))
	if u.Role != "agent" || u.Phone != "+12125550101" || !u.Active {
		t.Errorf("user: %+v", u)
	}
	u = get[client.User](t)(k.UpdateUser(ctx, u.ID, client.UserPatch{Active: client.Ptr(false)}))
	if u.Active {
		t.Errorf("user: %+v", u)
	}
	must(t, k.DeleteUser(ctx, u.ID))
	p := get[client.Partner](t)(k.CreatePartner(ctx, client.NewPartner{Name: "Pat", Email: "pat@lender.example"}))
	p = get[client.Partner](t)(k.UpdatePartner(ctx, p.ID, client.NewPartner{Name: "Pat Roe", Email: "pat@lender.example"}))
	if p.Name != "Pat Roe" {
		t.Errorf("partner: %+v", p)
	}
	must(t, k.DeletePartner(ctx, p.ID))
}
