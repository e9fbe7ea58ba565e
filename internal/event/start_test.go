package event_test

import (
	"slices"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

const steps = `
steps:
  - {id: tag, name: Tag, action: add_tags, when: 40 days after start, tags: [Seen]}
`

// PLAN-4, PLAN-5: an event that starts a plan does not date it: a contact is on such a plan once, however many events there are. A plan that is
// dated by events of another kind goes by the contact's next one of that kind.
func TestEventStartsWhatItDoesNotDate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		c := o.Lead("ann@example.com")
		make := func(kind string, days int) int64 {
			e, err := o.Events.Create(t.Context(), event.Event{
				AccountID: o.ID, Title: kind, Kind: kind, ContactID: c, At: apptest.Start.AddDate(0, 0, days),
			}, "test")
			o.OK(err)
			return e.ID
		}
		closing := make("closing", 30)
		undated := o.Plan("plan: Undated\nstart_on: [{event: viewing}]" + steps)
		dated := o.Plan("plan: Dated\nevent: closing\nstart_on: [{event: viewing}]" + steps)
		viewings := []int64{make("viewing", 3), make("viewing", 5)}

		var got [][2]int64
		for _, p := range []int64{undated, dated} {
			rows, err := db.LockEnrollments(t.Context(), o.ID, enroll.Selection{Contacts: []int64{c}, Plan: p})
			o.OK(err)
			for _, r := range rows {
				got = append(got, [2]int64{p, r.EventID})
			}
		}
		if want := [][2]int64{{undated, 0}, {dated, closing}}; !slices.Equal(got, want) {
			t.Errorf("on plan by event: %v, want %v", got, want)
		}
		_, err := o.Runs.Start(t.Context(), o.ID, enroll.StartRequest{Plan: undated, Contacts: []int64{c}, Event: viewings[0], Cause: "hand", Author: "test"})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("an event for a plan that is not dated by events: %v", err)
		}
		o.OK(o.Events.Delete(t.Context(), o.ID, viewings[0], "test"))
		o.Clock.Advance(40 * 24 * time.Hour)
		o.Settle()
		if s := o.Steps(c); !slices.Equal(s, []string{"1.1 tag fired", "1.1 tag skipped nothing_to_do"}) && !slices.Equal(s, []string{"1.1 tag skipped nothing_to_do", "1.1 tag fired"}) {
			t.Errorf("steps %q", s)
		}
	})
}

// PLAN-4, PLAN-6, CON-10: kinds of events are the same however they are written; what the plan's author wrote stays.
func TestKindsHoweverWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		c := o.Lead("ann@example.com")
		const note = "\nsteps:\n  - {id: note, name: Note, action: add_note, when: 1 day before event, text: \"{{ event.kind }}\"}\n"
		undated := o.Plan("plan: Undated\nstart_on: [{event: FINAL  Walk}]" + steps)
		dated := o.Plan("plan: Dated\nevent: Final Walk\nstart_on: [{event: \"final walk\"}]" + note)
		next := o.Plan("plan: Next\nevent: Final Walk\nstart_on: [{tag: Hot}]" + note)
		other := o.Plan("plan: Other\nevent: final WALK" + note)
		first := o.Plan("plan: First\nsteps:\n  - {id: other, name: Other, action: assign_plan, when: immediately, plan: Other}\n")

		e, err := o.Events.Create(t.Context(), event.Event{
			AccountID: o.ID, Title: "Walk", Kind: " final\t walk", ContactID: c, At: apptest.Start.AddDate(0, 0, 10),
		}, "test")
		o.OK(err)
		_, err = o.Contacts.Update(t.Context(), o.ID, c, contact.Patch{AddTags: []string{"Hot"}}, "test")
		o.OK(err)
		o.Assign(first, c)
		o.Settle()

		for p, want := range map[int64]int64{undated: 0, dated: e.ID, next: e.ID, other: e.ID} {
			rows, err := db.LockEnrollments(t.Context(), o.ID, apptest.On(p, c))
			o.OK(err)
			if len(rows) != 1 || rows[0].EventID != want {
				t.Errorf("plan %d: %+v, want one for event %d", p, rows, want)
			}
		}
		full, err := o.Plans.ByName(t.Context(), o.ID, "Dated")
		o.OK(err)
		if got := full.Version.Document.Event; got != "Final Walk" || e.Kind != "final walk" {
			t.Errorf("the plan is dated by %q, the event is of the kind %q", got, e.Kind)
		}
		own := full.Version.Document
		own.Event = "final walk"
		_, err = o.Plans.SavePrivate(t.Context(), o.ID, dated, &own, "test")
		o.OK(err)
	})
}
