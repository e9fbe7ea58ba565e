package store_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/event"
	"tactus/internal/fault"
	"tactus/internal/message"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/task"
)

// deeds keeps what tasks and events told.
type deeds struct {
	mu  sync.Mutex
	did []string
}

func (d *deeds) add(text string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.did = append(d.did, text)
	return nil
}

func (d *deeds) TaskCompleted(_ context.Context, t task.Task, by string) error {
	return d.add("completed " + t.Title + " by " + by)
}

func (d *deeds) TaskDeleted(_ context.Context, t task.Task, _ string) error {
	return d.add("deleted " + t.Title)
}

func (d *deeds) TaskChanged(_ context.Context, _, t task.Task, _ string) error {
	return d.add("changed " + t.Title)
}

func (d *deeds) EventChanged(_ context.Context, _ int64, e event.Event, what, _ string) error {
	return d.add(what + " " + e.Title)
}

func TestTasks(t *testing.T) { // CON-9
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		ctx := t.Context()
		d := &deeds{}
		tasks := task.NewService(db, o.clock, d)
		bob, err := o.accounts.AddMember(ctx, account.Member{User: account.User{Email: "bob@example.com"}, AccountID: o.id, Role: account.Agent})
		o.ok(err)
		lead := person("Ann", "Lee", "ann@example.com", "")
		lead.Assigned = bob.ID
		id := o.lead(lead).ID
		made, err := tasks.Create(ctx, task.Task{AccountID: o.id, ContactID: id, Title: " Call Ann ", DueAt: start.Add(time.Hour)}, "user:1")
		o.ok(err)
		if made.UserID != bob.ID || made.Title != "Call Ann" || made.Status != task.Open || made.Overdue(start) || !made.Overdue(start.Add(2*time.Hour)) {
			t.Errorf("%+v", made)
		}
		some, err := tasks.Create(ctx, task.Task{AccountID: o.id, Title: "Some day"}, "user:1")
		o.ok(err)
		if some.UserID != o.owner {
			t.Errorf("%+v", some)
		}
		later, owner := start.Add(48*time.Hour), o.owner
		moved, err := tasks.Update(ctx, o.id, made.ID, task.Patch{DueAt: &later, UserID: &owner}, "user:1")
		o.ok(err)
		stored, err := tasks.Get(ctx, o.id, made.ID)
		if err != nil || stored != moved || !stored.Edited || !stored.DueAt.Equal(later) || stored.UserID != owner {
			t.Errorf("%+v %+v %v", stored, moved, err)
		}
		list := func(q task.Query) string {
			t.Helper()
			var out []string
			for {
				page, err := tasks.List(ctx, o.id, q)
				o.ok(err)
				for _, x := range page {
					out = append(out, x.Title)
				}
				if len(page) < max(q.Limit, 1) {
					break
				}
				last := page[len(page)-1]
				q.After = task.Place{DueAt: last.DueAt, ID: last.ID}
			}
			q.After = task.Place{}
			n, err := tasks.Count(ctx, o.id, q)
			if err != nil || int(n) != len(out) {
				t.Errorf("%+v: %d %v", q, n, err)
			}
			return strings.Join(out, ", ")
		}
		_, err = tasks.Create(ctx, task.Task{AccountID: o.id, Title: "First", UserID: o.owner, DueAt: start}, "user:1")
		o.ok(err)
		if got := list(task.Query{UserID: o.owner, Status: task.Open, Limit: 1}); got != "First, Call Ann, Some day" {
			t.Error(got)
		}
		if got := list(task.Query{DueTo: start.Add(time.Second)}); got != "First" {
			t.Error(got)
		}
		if got := list(task.Query{ContactID: id}); got != "Call Ann" {
			t.Error(got)
		}
		none := int64(99)
		if _, err := tasks.Update(ctx, o.id, some.ID, task.Patch{UserID: &none, CompletionID: &none}, "x"); fields(err) != "user completion_email" {
			t.Error(err)
		}
		// Two people press at once: one of them gets it (CON-9).
		var wg sync.WaitGroup
		won := make([]int, 4)
		for i := range won {
			wg.Go(func() {
				done, err := tasks.Complete(ctx, o.id, []int64{made.ID, some.ID, 99}, "user:1")
				if err != nil {
					t.Error(err)
				}
				won[i] = len(done)
			})
		}
		wg.Wait()
		slices.Sort(won)
		if !slices.Equal(won, []int{0, 0, 0, 2}) || len(d.did) != 2 {
			t.Error(won, d.did)
		}
		if _, err := tasks.Update(ctx, o.id, made.ID, task.Patch{DueAt: &later}, "x"); !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
		stored, err = tasks.Get(ctx, o.id, made.ID)
		if err != nil || stored.Status != task.Done || !stored.DoneAt.Equal(start) || stored.DoneBy != "user:1" {
			t.Errorf("%+v %v", stored, err)
		}
		if got := o.timeline(id)[0]; got != "task|completed||Call Ann" {
			t.Error(got)
		}
		if n, err := tasks.Delete(ctx, o.id, []int64{made.ID, some.ID}, "x"); n != 2 || err != nil {
			t.Error(n, err)
		}
	})
}

// TestTaskOfAPlan edits and deletes a task that a plan made: its step follows, for this contact only (PLAN-13).
func TestTaskOfAPlan(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		ctx := t.Context()
		d := &deeds{}
		tasks := task.NewService(db, o.clock, d)
		id := o.lead(person("Ann", "Lee", "ann@example.com", "")).ID
		for _, title := range []string{"open", "fired"} {
			_, err := db.Exec(ctx, `INSERT INTO task (account_id, contact_id, enrollment_id, run, round, step, kind, title, user_id, fired, status, created_at)
				VALUES ($1, $2, 4, 1, 1, $3, 'task', $3, $4, $5, 'open', 0)`, o.id, id, title, o.owner, title == "fired")
			o.ok(err)
		}
		all, err := tasks.List(ctx, o.id, task.Query{ContactID: id})
		o.ok(err)
		later := start.Add(time.Hour)
		for _, x := range all {
			_, err := tasks.Update(ctx, o.id, x.ID, task.Patch{DueAt: &later}, "user:1")
			o.ok(err)
		}
		n, err := tasks.Delete(ctx, o.id, []int64{all[0].ID, all[1].ID}, "user:1")
		if err != nil || n != 2 || !slices.Equal(d.did, []string{"changed open", "deleted open"}) {
			t.Error(n, err, d.did)
		}
	})
}

func TestEvents(t *testing.T) { // CON-10
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		ctx := t.Context()
		d := &deeds{}
		events := event.NewService(db, o.clock, d)
		id := o.lead(person("Ann", "Lee", "ann@example.com", "")).ID
		e, err := events.Create(ctx, event.Event{AccountID: o.id, Title: "Closing", Kind: " Closing ", ContactID: id, At: start.AddDate(0, 1, 0)}, "user:1")
		o.ok(err)
		e.Title = "Closing at noon"
		_, err = events.Update(ctx, e, "user:1") // no new moment: nothing to re-time
		o.ok(err)
		e.At = start.AddDate(0, 2, 0)
		_, err = events.Update(ctx, e, "user:1")
		o.ok(err)
		list, err := events.List(ctx, o.id, event.Query{ContactID: id, From: start})
		if err != nil || len(list) != 1 || list[0].Kind != "closing" || !list[0].At.Equal(e.At) {
			t.Errorf("%+v %v", list, err)
		}
		o.ok(events.Delete(ctx, o.id, e.ID, "user:1"))
		if err := events.Delete(ctx, o.id, e.ID, "user:1"); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		if !slices.Equal(d.did, []string{"created Closing", "moved Closing at noon", "deleted Closing at noon"}) {
			t.Error(d.did)
		}
		if _, err := events.Create(ctx, event.Event{AccountID: o.id, GroupID: 99}, "x"); fields(err) != "title kind at group" {
			t.Error(err)
		}
	})
}

func TestTemplates(t *testing.T) { // TPL-5
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		ctx := t.Context()
		check := func(field, text string) []fault.Field {
			if strings.Contains(text, "{{ nobody }}") {
				return []fault.Field{{Name: field, Message: "unknown"}}
			}
			return nil
		}
		s := message.NewTemplates(db, o.clock, check)
		one, err := s.Create(ctx, message.Template{AccountID: o.id, Name: "Welcome", Channel: "email", Subject: "Hi", Body: "Hello {{ contact.first_name }}"})
		o.ok(err)
		if _, err := s.Create(ctx, message.Template{AccountID: o.id, Name: "Welcome", Channel: "sms", Body: "x"}); !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
		if _, err := s.Create(ctx, message.Template{AccountID: o.id, Channel: "sms", HTML: "<p>{{ nobody }}", OnEmpty: "x"}); fields(err) != "name on_empty html html" {
			t.Error(err)
		}
		one.Body, one.OnEmpty = "Dear {{ contact.first_name }}", message.Hold
		_, err = s.Update(ctx, one)
		o.ok(err)
		got, err := s.Get(ctx, o.id, one.ID)
		if err != nil || got != one {
			t.Errorf("%+v, want %+v, %v", got, one, err)
		}
		_, err = s.Create(ctx, message.Template{AccountID: o.id, Name: "Ask", Channel: "sms", Body: "Hi"})
		o.ok(err)
		for channel, want := range map[string]int{"": 2, "sms": 1, "note": 0} {
			if list, err := s.List(ctx, o.id, channel); err != nil || len(list) != want {
				t.Error(channel, list, err)
			}
		}
		_, err = db.Exec(ctx, `INSERT INTO plan (account_id, name, kind, created_at, updated_at) VALUES ($1, 'Drip', 'general', 0, 0)`, o.id)
		o.ok(err)
		_, err = db.Exec(ctx, `INSERT INTO plan_ref (account_id, kind, ref_id, plan_id) SELECT $1, 'template', $2, id FROM plan`, o.id, one.ID)
		o.ok(err)
		if err := s.Delete(ctx, o.id, one.ID); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "Drip") { // PLAN-20
			t.Error(err)
		}
		if plans, err := s.Update(ctx, one); err != nil || !slices.Equal(plans, []string{"Drip"}) {
			t.Error(plans, err)
		}
		_, err = db.Exec(ctx, `DELETE FROM plan_ref`)
		o.ok(err)
		o.ok(s.Delete(ctx, o.id, one.ID))
	})
}
