package store_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/plan"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func TestTagsAndPlansOf(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 3)
		p := r.people
		r.exec(`INSERT INTO contact_label (account_id, contact_id, label_id) VALUES ($1, $2, 70), ($1, $2, 71), ($1, $2, 72), ($1, $3, 72)`, r.id, p[0], p[1])
		tags, err := db.TagsOf(t.Context(), r.id, p, []int64{70, 71, 79})
		r.ok(err)
		if !reflect.DeepEqual(tags, map[int64]contact.TagSet{p[0]: {70: {}, 71: {}}}) {
			t.Error(tags)
		}
		add := func(contact, planID, event int64, status plan.Status, ended time.Time) {
			r.exec(`INSERT INTO enrollment (account_id, contact_id, plan_id, event_id, version_id, status, wait, state, created_at, started_at, ended_at)
				VALUES ($1, $2, $3, $4, 7, $5, 'date', '{}', 0, 0, $6)`, r.id, contact, planID, event, string(status), ended.UnixMilli())
		}
		add(p[0], 90, 1, plan.Stopped, start)
		add(p[0], 90, 2, plan.Completed, start.Add(-time.Hour))
		add(p[0], 91, 1, plan.Paused, time.UnixMilli(0))
		add(p[0], 91, 2, plan.Completed, start)
		add(p[1], 92, 0, plan.Active, time.UnixMilli(0))
		on, err := db.PlansOf(t.Context(), r.id, p, []int64{90, 91})
		r.ok(err)
		if s := on[p[0]][90]; s.Status != plan.Stopped || !s.EndedAt.Equal(start) || on[p[0]][91].Status != plan.Paused || len(on) != 1 {
			t.Errorf("%+v", on)
		}
	})
}

func TestDatedEvents(t *testing.T) { // PLAN-4, PLAN-6
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 4)
		p := r.people
		event := func(kind string, contact, group int64, at time.Time, yearly, deleted bool) int64 {
			return r.one(`INSERT INTO event (account_id, title, kind, contact_id, group_id, at, yearly, deleted, created_at, updated_at)
				VALUES ($1, 'T', $2, $3, $4, $5, $6, $7, 0, 0) RETURNING id`, r.id, kind, contact, group, at.UnixMilli(), yearly, deleted)
		}
		past := event("showing", p[0], 0, start.Add(-time.Hour), false, false)
		event("showing", p[0], 0, start.Add(time.Hour), false, true)
		event("closing", p[0], 0, start.Add(time.Hour), false, false)
		late := event("showing", p[0], 0, start.Add(48*time.Hour), false, false)
		yearly := event("showing", p[1], 0, start.AddDate(-3, 0, 1), true, false)
		event("showing", p[1], 0, start.AddDate(0, 0, 2), false, false)
		group := event("showing", 0, 80, start.Add(24*time.Hour), false, false)
		r.exec(`INSERT INTO contact_label (account_id, contact_id, label_id) VALUES ($1, $2, 80), ($1, $3, 81)`, r.id, p[2], p[3])
		next, err := db.NextEvents(t.Context(), r.id, p, "showing", start)
		r.ok(err)
		if want := (map[int64]int64{p[0]: late, p[1]: yearly, p[2]: group}); !reflect.DeepEqual(next, want) {
			t.Errorf("%v, want %v", next, want)
		}
		all, err := db.Events(t.Context(), r.id, []int64{past, yearly, 999})
		r.ok(err)
		if want := (enroll.DatedEvent{ID: yearly, Title: "T", Kind: "showing", At: start.AddDate(-3, 0, 1), Yearly: true}); len(all) != 2 || all[yearly] != want {
			t.Errorf("%+v", all)
		}
	})
}

func TestGateFacts(t *testing.T) { // CMP-2
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 6)
		p := r.people
		r.exec(`UPDATE contact SET street = '1 Main St', city = 'Austin', state = 'TX', zip = '78701', country = 'US', killed = TRUE, email = 'Ann@Example.com' WHERE id = $1`, p[0])
		facts := func(channel string) map[int64]enroll.GateFacts {
			t.Helper()
			f, err := db.GateFacts(t.Context(), r.id, channel, contact.AddressKind(channel), p, start.Add(-time.Hour))
			r.ok(err)
			if len(f) != len(p) {
				t.Fatalf("%d facts", len(f))
			}
			return f
		}
		f := facts("email")[p[0]]
		want := enroll.GateFacts{Zone: "Europe/Paris", Country: "US", State: "TX", Zip: "78701", Phone: "+12125550000", Address: "Ann@Example.com", Kill: true}
		if !reflect.DeepEqual(f, want) {
			t.Errorf("%+v", f)
		}
		if a := facts("sms")[p[1]].Address; a != "+12125550001" {
			t.Error(a)
		}
		mail := facts("mail")
		if a := mail[p[0]].Address; a != "1 Main St, Austin, TX 78701, US" || mail[p[1]].Address != "" {
			t.Error(a, mail[p[1]].Address)
		}

		r.exec(`INSERT INTO permission (account_id, contact_id, channel, granted) VALUES ($1, $2, 'sms', TRUE), ($1, $2, 'call', FALSE), ($1, $3, 'email', TRUE)`, r.id, p[0], p[1])
		if f := facts("sms"); !f[p[0]].Consent || f[p[1]].Consent || facts("call")[p[0]].Consent {
			t.Error("consent of another channel, or a revoked one")
		}

		for i, s := range [][3]string{
			{"email", "ann@example.com", "opt_out"},
			{"email", "p00001@example.com", "bounce"},
			{"email", "p00002@example.com", "complaint"},
			{"*", "p00003@example.com", "do_not_contact"},
			{"sms", "+12125550004", "do_not_contact"},
			{"email", "p00005@example.com", "opt_out"},
			{"email", "p00005@example.com", "bounce"},
		} {
			r.exec(`INSERT INTO suppression (account_id, channel, address, reason, at) VALUES ($1, $2, $3, $4, $5)`, r.id, s[0], s[1], s[2], i)
		}
		got := ""
		for _, channel := range []string{"email", "sms"} {
			f := facts(channel)
			for _, id := range p {
				got += fmt.Sprint(f[id].Suppressed, f[id].OptedOut, f[id].DoNotContact, " ")
			}
		}
		no := "false false false "
		if want := "false true false true false false true false false false false true " + no + "true true false " + no + no + no + no + "false false true " + no; got != want {
			t.Errorf("suppression:\n got %s\nwant %s", got, want)
		}

		message := func(step, class, channel, status string, handed time.Time) {
			r.exec(`INSERT INTO message (account_id, contact_id, enrollment_id, step, class, channel, status, due_at, handed_at, created_at)
				VALUES ($1, $2, 5, $3, $4, $5, $6, 0, $7, 0)`, r.id, p[0], step, class, channel, status, handed.UnixMilli())
		}
		message("a", "plan", "sms", "accepted", start.Add(-time.Hour))
		message("b", "plan", "call", "handing", start)
		message("c", "plan", "email", "uncertain", start.Add(-time.Minute))
		message("d", "plan", "sms", "accepted", start.Add(-time.Hour-time.Millisecond)) // before the window
		message("e", "plan", "sms", "ready", start)                                     // a retry that is not under way
		message("f", "manual", "sms", "accepted", start)
		recent := []enroll.Recent{
			{At: start.Add(-time.Hour), Enrollment: 5, Channel: "sms"}, {At: start.Add(-time.Minute), Enrollment: 5, Channel: "email"}, {At: start, Enrollment: 5, Channel: "call"},
		}
		if f := facts("sms"); !reflect.DeepEqual(f[p[0]].Recent, recent) || f[p[1]].Recent != nil {
			t.Errorf("%+v", f[p[0]].Recent)
		}
	})
}

func TestLoadAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 1)
		ctx := t.Context()
		before, err := db.AccountRev(ctx, r.id)
		r.ok(err)
		conf, err := db.Account(ctx, r.id)
		r.ok(err)
		conf.Zone, conf.Phone, conf.Settings.ActionsOff, conf.Settings.FromAssignedUser = "America/Denver", "+13035550000", []string{"call_webhook"}, true
		conf.Settings.ChannelsOff, conf.Settings.MaxStartsPerDay = []string{"sms"}, 9
		r.ok(db.UpdateAccount(ctx, conf))
		partner := r.one(`INSERT INTO partner (account_id, name, email, created_at) VALUES ($1, 'Lena Lender', 'lena@example.com', 0) RETURNING id`, r.id)
		template := r.one(`INSERT INTO template (account_id, name, channel, subject, body, on_empty, created_at, updated_at) VALUES ($1, 'Hi', 'email', 's', 'b', 'hold', 0, 0) RETURNING id`, r.id)
		tag := r.one(`INSERT INTO label (account_id, kind, name, name_key, created_at) VALUES ($1, 'tag', 'Hot', 'hot', 0) RETURNING id`, r.id)
		draft := r.one(`INSERT INTO plan (account_id, name, kind, created_at, updated_at) VALUES ($1, 'Draft', 'general', 0, 0) RETURNING id`, r.id)
		r.exec(`INSERT INTO start_rule (account_id, kind, ref_id, event_kind, plan_id, since) VALUES ($1, 'tag', $2, '', $3, 0), ($1, 'tag', $2, '', $4, 0), ($1, 'event', 0, 'showing', $3, 0)`,
			r.id, tag, r.plan, draft)
		a, err := db.LoadAccount(ctx, r.id)
		r.ok(err)
		if a.Rev <= before {
			t.Errorf("rev %d after %d", a.Rev, before)
		}
		if a.Zone.String() != "America/Denver" || a.Phone != "+13035550000" || a.Owner != r.owner || !a.FromAssigned || a.MaxStarts != 9 || !a.ActionsOff["call_webhook"] ||
			!a.Policy.ChannelsOff["sms"] || a.Policy.Zone != a.Zone && a.Policy.Zone.String() != "America/Denver" {
			t.Errorf("%+v", a)
		}
		if u := a.Users[r.owner]; !u.Active || u.Email != "owner@example.com" || u.Zone != nil {
			t.Errorf("%+v", u)
		}
		if a.Partners[partner].Name != "Lena Lender" || !a.Templates[template].Hold || a.Labels[tag] != "Hot" || len(a.Plans) != 2 || !a.Plans[r.plan].Ready || a.Plans[draft].Ready {
			t.Errorf("%+v", a)
		}
		want := map[enroll.RuleKey][]int64{{Kind: "tag", Ref: tag}: {r.plan}, {Kind: "event", EventKind: "showing"}: {r.plan}}
		if !reflect.DeepEqual(a.Rules, want) {
			t.Errorf("%v, want %v", a.Rules, want)
		}
	})
}

func TestLoadVersions(t *testing.T) { // ENG-8
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 0)
		add := func(document, refs string) int64 {
			return r.one(`INSERT INTO plan_version (account_id, plan_id, number, document, refs, private, author, created_at) VALUES ($1, $2, 3, $3, $4, TRUE, 'user:1', $5) RETURNING id`,
				r.id, r.plan, document, refs, start.UnixMilli())
		}
		good := add(`{"tactus":1,"plan":"Follow","kind":"general","steps":[{"id":"s1","name":"Tag","action":"add_tags","when":"immediately","tags":["Hot"]}]}`, `{"tags":{"Hot":4}}`)
		bad, worse := add(`{"plan":`, `{}`), add(`{"tactus":1,"plan":"P","kind":"general","steps":[]}`, `[`)
		all, err := db.LoadVersions(t.Context(), r.id, []int64{good, bad, worse, 999})
		r.ok(err)
		if len(all) != 1 || all[0].ID != good || all[0].PlanID != r.plan || all[0].Number != 3 || !all[0].Private || all[0].Refs.Tags["Hot"] != 4 ||
			len(all[0].Document.Steps) != 1 || all[0].Document.Steps[0].ID != "s1" || !all[0].CreatedAt.Equal(start) {
			t.Errorf("%+v", all)
		}
	})
}
