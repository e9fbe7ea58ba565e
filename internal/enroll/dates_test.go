package enroll_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/calendar"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/history"
	"tactus/internal/plan"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

const birthday = "plan: Birthday\nkind: event\ndate_field: birthday\nsteps:\n  - {id: day, name: Day, action: add_note, when: at event, text: noted}\n"

// patch changes a contact.
func patch(o *apptest.Office, id int64, p contact.Patch) {
	o.Helper()
	_, err := o.Contacts.Update(o.Context(), o.ID, id, p, "test")
	o.OK(err)
}

func dueAt(o *apptest.Office, what string, p, c int64, want string) {
	o.Helper()
	if got := o.Row(p, c).DueAt.Format("2006-01-02 15:04"); got != want {
		o.Errorf("%s: it is due at %s, not %s", what, got, want)
	}
}

// PLAN-6, PLAN-8: a date of the contact without a time is 00:00 in the contact's zone, also when that changes.
func TestZoneMovesTheContactsDates(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, c := o.Plan(birthday), o.Lead("ann@example.com")
		patch(o, c, contact.Patch{Birthday: new("1980-12-10"), Zone: new("America/New_York")})
		o.Assign(p, c)
		o.Move()
		dueAt(o, "in New York", p, c, "2026-12-10 05:00")
		patch(o, c, contact.Patch{Zone: new("America/Los_Angeles")})
		o.Move()
		dueAt(o, "in Los Angeles", p, c, "2026-12-10 08:00")
	})
}

// PLAN-10, PLAN-11: a change that moves no date of the plan does not put what is overdue into the past.
func TestOtherDatesMoveNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, c := o.Plan(birthday), o.Lead("ann@example.com")
		patch(o, c, contact.Patch{Birthday: new("1980-11-24")})
		o.Assign(p, c)
		o.Move()
		o.Clock.Set(time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)) // the engine was not there at midnight
		patch(o, c, contact.Patch{Dates: map[string]string{"closing": "2027-02-01"}})
		o.Move()
		same(t, "steps", o.Steps(c), "1.1 day fired")
	})
}

// PLAN-22, PLAN-11: an edit of the plan's date reaches those who have been put on it and have not begun.
func TestEditedDateReachesWhoHasNotBegun(t *testing.T) {
	t.Parallel()
	const text = "plan: Fair\nkind: event\ndate: 2026-12-24T10:00\nsteps:\n  - {id: day, name: Day, action: add_note, when: at event, text: noted}\n"
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, c := o.Plan(text), o.Lead("ann@example.com")
		o.Assign(p, c)
		o.Plan(strings.Replace(text, "12-24", "12-27", 1))
		o.Move()
		dueAt(o, "as edited", p, c, "2026-12-27 10:00")
	})
}

// PLAN-22, PLAN-6: an edit by which the date comes from elsewhere is followed.
func TestEditOfWhereTheDateComesFrom(t *testing.T) {
	t.Parallel()
	closing := strings.Replace(birthday, "date_field: birthday", "date_field: closing", 1)
	for name, before := range map[string]string{
		"undated":       "plan: Birthday\nkind: event\nsteps:\n  - {id: note, name: Note, action: add_note, when: 300 days after start, text: noted}\n",
		"another field": closing,
		"own date":      strings.Replace(birthday, "date_field: birthday", "date: 2026-12-24T10:00", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				o := apptest.New(t, db)
				p, c := o.Plan(before), o.Lead("ann@example.com")
				patch(o, c, contact.Patch{Birthday: new("1980-12-10"), Dates: map[string]string{"closing": "2026-12-20"}})
				o.Assign(p, c)
				o.Move()
				o.Plan(birthday)
				o.Move()
				dueAt(o, "as edited", p, c, "2026-12-10 00:00")
			})
		})
	}
}

// PLAN-22: of two saves that reach those on the plan in parts, the older one may come last; it takes nobody back.
func TestOlderEditComesLast(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, c := o.Plan(call), o.Lead("ann@example.com")
		o.Assign(p, c)
		second := o.SaveForNewRuns(p, strings.Replace(call, "noted", "second", 1))
		third := o.SaveForNewRuns(p, strings.Replace(call, "noted", "third", 1))
		for _, version := range []int64{third, second} {
			_, err := o.Runs.Edited(t.Context(), o.ID, apptest.Of(p), version, "test")
			o.OK(err)
		}
		if got := o.Row(p, c).VersionID; got != third {
			t.Errorf("it is on version %d, not %d", got, third)
		}
	})
}

// PLAN-11, CON-10: of an event that comes every year each occurrence is a run of its own; any other has one.
func TestYearlyEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan("plan: Home\nkind: event\nevent: anniversary\nsteps:\n  - {id: day, name: Day, action: add_note, when: at event, text: noted}\n")
		people := o.Leads(2)
		for i, c := range people {
			o.AssignFor(p, event.Event{Title: "Home", Kind: "anniversary", ContactID: c, Yearly: i == 0, At: apptest.Start.Add(time.Hour)})
		}
		o.Live(apptest.Start.AddDate(2, 1, 0))
		same(t, "yearly", o.Steps(people[0]), "1.1 day fired", "2.1 day fired", "3.1 day fired")
		same(t, "once", o.Steps(people[1]), "1.1 day fired")
		if st := o.Row(p, people[1]).Status; st != plan.Completed {
			t.Errorf("once: %s", st)
		}
	})
}

// PLAN-6: a date field is the same however its name is written.
func TestDateFieldsWithoutRegardToCase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		born := o.Plan(strings.Replace(birthday, "date_field: birthday", "date_field: Birthday", 1))
		closing := o.Plan(strings.Replace(strings.Replace(birthday, "plan: Birthday", "plan: Closing", 1), "date_field: birthday", "date_field: Closing", 1))
		c := o.Lead("ann@example.com")
		patch(o, c, contact.Patch{Birthday: new("1980-12-10"), Zone: new("America/New_York"), Dates: map[string]string{"closing": "2026-12-11"}})
		o.Assign(born, c)
		o.Assign(closing, c)
		o.Move()
		dueAt(o, "the birthday", born, c, "2026-12-10 05:00")
		dueAt(o, "the closing", closing, c, "2026-12-11 05:00")
		patch(o, c, contact.Patch{Dates: map[string]string{"Closing": "2026-12-12"}})
		o.Move()
		dueAt(o, "the one of that very name", closing, c, "2026-12-12 05:00")
	})
}

// TPL-1, PLAN-6: a plan's own date without a time is the same day for everybody; one with a time is by the contact's clock, as any moment is.
func TestPlansDayIsTheSameForEverybody(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		const rest = "\nsteps:\n" +
			"  - {id: note, name: Note, action: add_note, when: immediately, text: \"note {{ event.date | date: '%d %H:%M' }}\"}\n" +
			"  - {id: mail, name: Mail, action: send_email, when: immediately, subject: \"mail {{ event.date | date: '%d %H:%M' }}\", body: Hello}\n"
		day, hour := o.Plan("plan: Day\ndate: 2026-12-25"+rest), o.Plan("plan: Hour\ndate: 2026-12-25T14:00"+rest)
		for zone, want := range map[string][2]string{
			"America/Los_Angeles": {"25 00:00", "25 06:00"},
			"Pacific/Auckland":    {"25 00:00", "26 03:00"},
		} {
			for i, p := range []int64{day, hour} {
				c := o.Lead(fmt.Sprintf("%s%d@example.com", zone[:3], i))
				patch(o, c, contact.Patch{Zone: &zone})
				o.Assign(p, c)
				o.Settle()
				rows, err := db.HistorySince(t.Context(), o.ID, c, 0)
				o.OK(err)
				noted := slices.ContainsFunc(rows, func(r history.Row) bool { return r.Kind == history.Note && r.Detail == "note "+want[i] })
				if sent := o.Wire.Sent(); !noted || !strings.Contains(sent[len(sent)-1], "mail "+want[i]) {
					t.Errorf("%s %d: noted %t, %s", zone, i, noted, sent[len(sent)-1])
				}
			}
		}
	})
}

// TPL-1, PLAN-8: a plan's day is the one that the plan says, also of a run whose date still is by the account's zone before.
func TestPlansDayWhileTheZoneChanges(t *testing.T) {
	t.Parallel()
	york, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, yearly := range []bool{false, true} {
		day := calendar.Wall{Date: calendar.Date{Year: 2026, Month: 12, Day: 25}}
		doc := &plan.Document{Date: &plan.Date{Wall: day}, Yearly: yearly}
		inBerlin := time.Date(2026, 12, 24, 23, 0, 0, 0, time.UTC)
		data, ok := enroll.EventData(enroll.DatedEvent{}, inBerlin, doc, york, york).(map[string]any)
		if at := data["date"]; !ok || at != day.In(york) {
			t.Errorf("yearly %t: %v", yearly, at)
		}
	}
}
