package delivery_test

import (
	"slices"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// The plans have a step of every kind of timing that falls due while the server stands still, and one after that.
const (
	stopped = `plan: Stopped
steps:
  - {id: hi, name: Hi, action: send_email, when: immediately, subject: Hi, body: Hi}
  - {id: hours, name: Hours, action: add_note, when: 2 hours after start, text: noted}
  - {id: day, name: Day, action: send_email, when: 1 day after start, subject: Day, body: Day}
  - {id: then, name: Then, action: add_note, when: 30 minutes after previous, text: noted}
  - {id: task, name: Task, action: create_task, when: on day 2, title: Call}
  - {id: days, name: Days, action: send_email, when: 2 days after start, subject: Days, body: Days}
  - {id: later, name: Later, action: send_email, when: 5 days after start, subject: Later, body: Later}
`
	dated = `plan: Dated
kind: event
event: closing
steps:
  - {id: before, name: Before, action: send_email, when: 1 hour before event, subject: Before, body: Before}
  - {id: at, name: At, action: add_note, when: at event, text: noted}
  - {id: after, name: After, action: add_note, when: 4 days after event, text: noted}
`
	rounds = `plan: Rounds
steps:
  - {id: note, name: Note, action: add_note, when: immediately, text: noted}
  - {id: again, name: Again, action: repeat_plan, when: 12 hours after start, times: 9}
`
)

// ENG-10, PLAN-10, ENG-1: after a stop of three days what is overdue fires in due order, once, and what is too late is skipped; what waits for
// the step before keeps its gap, rounds do not burst, and the watchdog has said how much was late.
func TestBackAfterThreeDays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		people := o.Leads(3)
		o.Assign(o.Plan(stopped), people[0])
		closing, err := o.Events.Create(t.Context(), event.Event{
			AccountID: o.ID, Title: "Closing", Kind: "closing", ContactID: people[1], At: apptest.Start.Add(36 * time.Hour),
		}, "test")
		o.OK(err)
		_, err = o.Runs.Start(t.Context(), o.ID, enroll.StartRequest{Plan: o.Plan(dated), Contacts: people[1:2], Event: closing.ID, Cause: "hand", Author: "test"})
		o.OK(err)
		o.Assign(o.Plan(rounds), people[2])
		o.Settle()

		o.Clock.Advance(72 * time.Hour)
		if n, oldest, err := db.Overdue(t.Context(), o.Clock.Now().Add(-5*time.Minute)); n != 3 || !oldest.Equal(apptest.Start.Add(2*time.Hour)) || err != nil {
			t.Errorf("the watchdog sees %d, the oldest of %s: %v", n, oldest, err)
		}
		o.Settle()
		if n, _, err := db.Overdue(t.Context(), o.Clock.Now().Add(-5*time.Minute)); n != 0 || err != nil {
			t.Errorf("%d are late still: %v", n, err)
		}
		same := func(who int, want ...string) {
			t.Helper()
			if got := o.Steps(people[who]); !slices.Equal(got, want) {
				t.Errorf("contact %d: %q, want %q", who, got, want)
			}
		}
		overdue := []string{"1.1 hi fired", "1.1 hours fired", "1.1 day fired", "1.1 task fired", "1.1 days fired"}
		same(0, overdue...)
		same(1, "1.1 before skipped too_late", "1.1 at skipped too_late")
		same(2, "1.1 note fired", "1.1 again fired", "1.2 note fired")
		if got, want := o.Wire.Sent(), []string{"p1@example.com Hi", "p1@example.com Day", "p1@example.com Days"}; !slices.Equal(got, want) {
			t.Errorf("sent %q, want %q", got, want)
		}

		o.Live(o.Clock.Now().Add(time.Hour))
		same(0, append(overdue, "1.1 then fired")...)
		o.Live(apptest.Start.Add(6 * 24 * time.Hour))
		same(0, append(overdue, "1.1 then fired", "1.1 later fired")...)
		same(1, "1.1 before skipped too_late", "1.1 at skipped too_late", "1.1 after fired")
	})
}
