package bulk_test

import (
	"strings"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/app/apptest"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/plan"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/task"
)

// moves lets the account live by another zone.
func moves(o *apptest.Office, zone string) {
	o.Helper()
	o.Change(func(a *account.Account) { a.Zone = zone })
}

// lead takes a contact in; a zone of its own and a birthday only when they are given.
func lead(o *apptest.Office, address, zone, birthday string) int64 {
	o.Helper()
	id := o.Lead(address)
	_, err := o.Contacts.Update(o.Context(), o.ID, id, contact.Patch{Zone: &zone, Birthday: &birthday}, "test")
	o.OK(err)
	return id
}

func due(t *testing.T, what string, got time.Time, want string) {
	t.Helper()
	if at := got.UTC().Format("2006-01-02 15:04"); at != want {
		t.Errorf("%s: %s, want %s", what, at, want)
	}
}

// fired is when each step of a contact fired, UTC.
func fired(o *apptest.Office, contact int64) string {
	o.Helper()
	rows, err := o.DB.HistorySince(o.Context(), o.ID, contact, 0)
	o.OK(err)
	var out []string
	for _, r := range rows {
		if r.Kind == string(enroll.StepEntry) && r.Outcome == string(enroll.Fired) {
			out = append(out, r.At.UTC().Format("01-02 15:04"))
		}
	}
	return strings.Join(out, ", ")
}

// PLAN-8: days are calendar time in the contact's zone, else the account's; a step that has not fired follows the account to another one.
func TestZoneMovesSteps(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{
		"Europe/Athens":    "11-24 07:00", // two hours earlier than by UTC
		"America/New_York": "11-24 14:00", // five hours later
	} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				o := apptest.New(t, db)
				p := o.Plan("plan: Nine\nsteps:\n  - {name: Note, action: add_note, when: on day 1 at 09:00, text: noted}\n" +
					"  - {name: Later, action: add_note, when: 90 minutes after previous, text: noted}\n")
				here, own := o.Lead("here@example.com"), lead(o, "own@example.com", "Europe/Berlin", "")
				held := o.Lead("held@example.com")
				o.Assign(p, here, own, held)
				o.Settle()
				o.Do(enroll.CmdPause, apptest.On(p, held))
				moves(o, zone)
				due(t, "here", o.Row(p, here).DueAt, "2026-"+want)
				due(t, "in a zone of its own", o.Row(p, own).DueAt, "2026-11-24 08:00")
				if r := o.Row(p, held); r.Status != plan.Paused || !r.DueAt.IsZero() {
					t.Errorf("paused: %s, due %s", r.Status, r.DueAt)
				}
				o.Do(enroll.CmdResume, apptest.On(p, held))
				due(t, "paused meanwhile", o.Row(p, held).DueAt, "2026-"+want)
				o.Live(apptest.Start.Add(48 * time.Hour))
				then, err := time.Parse("01-02 15:04", want)
				o.OK(err)
				for c, want := range map[int64]string{
					here: want + ", " + then.Add(90*time.Minute).Format("01-02 15:04"),
					own:  "11-24 08:00, 11-24 09:30",
				} {
					if got := fired(o, c); got != want {
						t.Errorf("contact %d: fired at %q, want %q", c, got, want)
					}
				}
			})
		})
	}
}

// PLAN-8: what is overdue by the new clock is done at once, and what is done stays done.
func TestZoneMovesAStepIntoThePast(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan("plan: Nine\nsteps:\n  - {name: First, action: add_note, when: immediately, text: noted}\n" +
			"  - {name: Note, action: add_note, when: on day 1 at 09:00, text: noted}\n")
		c := o.Lead("ann@example.com")
		o.Assign(p, c)
		o.Live(apptest.Start.Add(17 * time.Hour)) // 08:00 by UTC
		moves(o, "Europe/Athens")
		o.Settle()
		moves(o, "UTC")
		o.Live(apptest.Start.Add(48 * time.Hour))
		if got := fired(o, c); got != "11-23 15:00, 11-24 08:00" {
			t.Error(got)
		}
	})
}

// PLAN-8: a message that no carrier has yet waits for its step's moment, when that lies ahead by the new clock.
func TestZoneTakesWhatIsInHandBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan("plan: Nine\nsteps:\n  - {id: hello, name: Hello, action: send_email, when: on day 1 at 09:00, subject: Hello, body: Hello}\n")
		here, own := o.Lead("here@example.com"), lead(o, "own@example.com", "UTC", "")
		o.Assign(p, here, own)
		o.Settle()
		o.Clock.Set(apptest.Start.Add(18 * time.Hour))
		o.Move() // and no sender comes
		moves(o, "America/New_York")
		o.Settle()
		if got := strings.Join(o.Wire.Sent(), ", "); got != "own@example.com Hello" {
			t.Errorf("sent at nine by UTC: %q", got)
		}
		due(t, "here", o.Row(p, here).DueAt, "2026-11-24 14:00")
		o.Live(apptest.Start.Add(23 * time.Hour))
		if got := strings.Join(o.Wire.Sent(), ", "); got != "own@example.com Hello, here@example.com Hello" {
			t.Error(got)
		}
	})
}

// PLAN-8, CMP-4: business hours are the account's, so whoever waits for them is asked again when its clock is another one.
func TestZoneMovesBusinessHours(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		o.Change(func(a *account.Account) { a.Settings.BusinessHours.On = true })
		p := o.Plan("plan: Open\nsteps:\n  - {name: Note, action: add_note, when: 5 hours after start, business_hours: true, text: noted}\n")
		here, own := o.Lead("here@example.com"), lead(o, "own@example.com", "Europe/Berlin", "")
		o.Assign(p, here, own)
		o.Live(apptest.Start.Add(6 * time.Hour)) // 21:00 by UTC, 16:00 in New York
		due(t, "closed", o.Row(p, own).DueAt, "2026-11-24 09:00")
		moves(o, "America/New_York")
		o.Settle()
		for _, c := range []int64{here, own} {
			if got := fired(o, c); got != "11-23 21:00" {
				t.Errorf("contact %d: %s", c, got)
			}
		}
	})
}

// PLAN-13: open tasks are due by their assignee's clock, which is the account's, whatever the contact's is; what a person has set stays.
func TestZoneMovesTasks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan("plan: Call\nsteps:\n  - {name: Call, action: create_task, when: 3 days after start, title: Call}\n")
		here, own, set := o.Lead("here@example.com"), lead(o, "own@example.com", "Europe/Berlin", ""), o.Lead("set@example.com")
		o.Assign(p, here, own, set)
		o.Settle()
		open := func(c int64) task.Task {
			t.Helper()
			all, err := o.Tasks.List(t.Context(), o.ID, task.Query{ContactID: c, Status: task.Open})
			o.OK(err)
			if len(all) != 1 {
				t.Fatalf("%d tasks", len(all))
			}
			return all[0]
		}
		by := apptest.Start.Add(100 * time.Hour)
		_, err := o.Tasks.Update(t.Context(), o.ID, open(set).ID, task.Patch{DueAt: &by}, "test")
		o.OK(err)
		due(t, "before", open(own).DueAt, "2026-11-26 09:00")
		moves(o, "America/New_York")
		due(t, "here", open(here).DueAt, "2026-11-26 14:00")
		due(t, "of a contact in a zone of its own", open(own).DueAt, "2026-11-26 14:00")
		due(t, "its step", o.Row(p, own).DueAt, "2026-11-26 14:00")
		due(t, "set by a person", open(set).DueAt, by.Format("2006-01-02 15:04"))
	})
}

// PLAN-6, PLAN-11: a plan's own date is local time of the account, a birthday begins at 00:00 in the contact's zone, a yearly event comes
// again at the same time of the account's clock: each is at another moment when the account's zone is another.
func TestZoneMovesDates(t *testing.T) {
	t.Parallel()
	const steps = "\nsteps:\n  - {name: Note, action: add_note, when: at event, text: noted}\n" +
		"  - {name: After, action: add_note, when: 1 hour after event, text: noted}\n"
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		here, own := lead(o, "here@example.com", "", "1980-12-10"), lead(o, "own@example.com", "Europe/Berlin", "1980-12-10")
		moment := o.Plan("plan: Once\nkind: event\nevent: closing" + steps)
		yearly := o.Plan("plan: Again\nkind: event\nevent: founding" + steps)
		plans := map[string]int64{
			"own":      o.Plan("plan: Own\nkind: event\ndate: 2026-12-24T18:00" + steps),
			"birthday": o.Plan("plan: Birthday\nkind: event\ndate_field: birthday" + steps),
		}
		for _, id := range plans {
			o.Assign(id, here, own)
		}
		for kind, id := range map[string]int64{"closing": moment, "founding": yearly} {
			e := event.Event{Title: kind, Kind: kind, ContactID: here, At: time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)}
			if kind == "founding" { // summer time had begun in New York that year, and will not have next year
				e.At, e.Yearly = time.Date(2020, 3, 10, 12, 0, 0, 0, time.UTC), true
			}
			o.AssignFor(id, e)
		}
		o.Settle()
		o.Do(enroll.CmdPause, apptest.On(plans["own"], own))
		due(t, "the event every year", o.Row(yearly, here).DueAt, "2027-03-10 12:00")
		moves(o, "America/New_York")
		due(t, "the plan's own date", o.Row(plans["own"], here).DueAt, "2026-12-24 23:00")
		due(t, "a birthday by the account's clock", o.Row(plans["birthday"], here).DueAt, "2026-12-10 05:00")
		due(t, "a birthday by the contact's", o.Row(plans["birthday"], own).DueAt, "2026-12-09 23:00")
		due(t, "an event", o.Row(moment, here).DueAt, "2026-12-01 12:00")
		o.Do(enroll.CmdResume, apptest.On(plans["own"], own))
		due(t, "the plan's own date, paused", o.Row(plans["own"], own).DueAt, "2026-12-24 23:00")
		due(t, "the event every year", o.Row(yearly, here).DueAt, "2027-03-10 13:00")
		moves(o, "Asia/Kolkata")
		due(t, "the plan's own date", o.Row(plans["own"], here).DueAt, "2026-12-24 12:30")
		due(t, "the event every year", o.Row(yearly, here).DueAt, "2027-03-10 12:00")
		due(t, "a birthday by the account's clock", o.Row(plans["birthday"], here).DueAt, "2026-12-09 18:30")
	})
}

// PLAN-11: between two occurrences of a yearly plan the next run waits for the day after the last one's event: by the account's clock, as it is now,
// also where the event's own moment is the same. The same occurrence does not come twice because its moment is another.
func TestZoneMovesBetweenOccurrences(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ dated, when, zone, next, year string }{
		{"date_field: birthday", "10 hours after event", "Asia/Tokyo", "2026-12-10 15:00", "2027-12-10 01:00"},
		{"date_field: birthday", "10 hours after event", "America/New_York", "2026-12-11 05:00", "2027-12-10 15:00"},
		{"event: founding", "at event", "Asia/Tokyo", "2026-12-10 15:00", "2027-12-10 10:00"},
		{"event: founding", "at event", "America/New_York", "2026-12-11 05:00", "2027-12-10 10:00"},
	} {
		t.Run(x.dated+" "+x.zone, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				o := apptest.New(t, db)
				p := o.Plan("plan: Yearly\nkind: event\n" + x.dated + "\nsteps:\n  - {name: Note, action: add_note, when: " + x.when + ", text: noted}\n")
				c := lead(o, "here@example.com", "", "1980-12-10")
				e, err := o.Events.Create(t.Context(), event.Event{
					AccountID: o.ID, Title: "Founding", Kind: "founding", ContactID: c, At: time.Date(2020, 12, 10, 10, 0, 0, 0, time.UTC), Yearly: true,
				}, "test")
				o.OK(err)
				req := enroll.StartRequest{Plan: p, Contacts: []int64{c}, Cause: "hand", Author: "test"}
				if x.dated == "event: founding" {
					req.Event = e.ID
				}
				_, err = o.Runs.Start(t.Context(), o.ID, req)
				o.OK(err)
				o.Live(time.Date(2026, 12, 10, 11, 0, 0, 0, time.UTC))
				moves(o, x.zone)
				due(t, "the next run", o.Row(p, c).DueAt, x.next)
				o.Live(time.Date(2027, 12, 1, 0, 0, 0, 0, time.UTC))
				if got := fired(o, c); got != "12-10 10:00" {
					t.Error(got)
				}
				due(t, "next year", o.Row(p, c).DueAt, x.year)
			})
		})
	}
}
