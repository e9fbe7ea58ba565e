package enroll_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/app/apptest"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/plan"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/task"
)

// tour is an event of a contact.
func tour(c int64, at time.Time) event.Event {
	return event.Event{Title: "Tour", Kind: "tour", ContactID: c, At: at}
}

// PLAN-12: "pause all plans" pauses also what another event has the contact on the same plan for.
func TestPauseAllReachesOtherEvents(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan("plan: Tour\nkind: event\nevent: tour\nsteps:\n  - {id: all, name: All, action: pause_all_plans, when: 1 hour after event}\n  - {id: note, name: Note, action: add_note, when: 2 hours after event, text: noted}\n")
		c := o.Lead("ann@example.com")
		first, second := o.AssignFor(p, tour(c, apptest.Start.Add(time.Hour))), o.AssignFor(p, tour(c, apptest.Start.Add(48*time.Hour)))
		o.Live(apptest.Start.Add(3 * time.Hour))
		for _, ev := range []event.Event{first, second} {
			if r := onEvent(o, p, c, ev.ID); r.Status != plan.Paused {
				t.Errorf("for the event at %s it is %s", ev.At, r.Status)
			}
		}
	})
}

func onEvent(o *apptest.Office, p, c, ev int64) enroll.Row {
	o.Helper()
	var rows []enroll.Row
	o.OK(o.DB.InTx(o.Context(), func(ctx context.Context) (err error) {
		rows, err = o.DB.LockEnrollments(ctx, o.ID, enroll.Selection{Plan: p, Contacts: []int64{c}, Event: ev})
		return err
	}))
	if len(rows) != 1 {
		o.Fatalf("%d enrollments", len(rows))
	}
	return rows[0]
}

// PLAN-5: a step that assigns a plan dated by events starts it for the contact's next event, although the contact is on it, or was, for another.
func TestAssignPlanForTheNextEvent(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]string{"live": "", "finished": "again: never\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				o := apptest.New(t, db)
				p := o.Plan("plan: Tour\nkind: event\nevent: tour\n" + again + "steps:\n  - {id: note, name: Note, action: add_note, when: 10 days after event, text: noted}\n")
				a := o.Plan("plan: A\nsteps:\n  - {id: on, name: On, action: assign_plan, when: 20 days after start, plan: Tour}\n  - {id: twice, name: Twice, action: assign_plan, when: 20 days after start, plan: Tour}\n")
				c := o.Lead("ann@example.com")
				days := 15 // its note is still to come when the other plan assigns
				if name == "finished" {
					days = 5
				}
				o.AssignFor(p, tour(c, apptest.Start.AddDate(0, 0, days)))
				later := tour(c, apptest.Start.AddDate(0, 0, 40))
				later.AccountID = o.ID
				next, err := o.Events.Create(t.Context(), later, "test")
				o.OK(err)
				o.Assign(a, c)
				o.Live(apptest.Start.AddDate(0, 0, 21))
				if r := onEvent(o, p, c, next.ID); r.Status != plan.Active {
					t.Errorf("%+v", r)
				}
				steps := o.Steps(c)
				same(t, "steps", steps[len(steps)-2:], "1.1 on fired", "1.1 twice skipped nothing_to_do")
			})
		})
	}
}

// refuses is a database that cannot write moves.
type refuses struct{ *store.DB }

func (refuses) Write(context.Context, *enroll.Writes) error { return errors.New("no") }

// PLAN-16, ENG-8: who was paused because the engine could not go on is resumed without a burst.
func TestResumeAfterAnError(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan("plan: Days\nsteps:\n  - {id: hour, name: Hour, action: add_note, when: 1 hour after start, text: noted}\n" +
			"  - {id: two, name: Two, action: add_note, when: 2 days after start, text: noted}\n  - {id: four, name: Four, action: add_note, when: 4 days after start, text: noted}\n")
		c := o.Lead("ann@example.com")
		o.Assign(p, c)
		o.Move()
		sick := enroll.NewService(refuses{db}, o.Clock, o.Actions)
		o.Clock.Advance(time.Hour)
		for range 5 {
			_, err := sick.Tick(t.Context(), o.ID, 10)
			o.OK(err)
			o.Clock.Advance(5 * time.Hour)
		}
		if r := o.Row(p, c); r.Status != plan.Paused {
			t.Fatalf("%+v", r)
		}
		o.Clock.Advance(7 * 24 * time.Hour)
		o.Do(enroll.CmdResume, apptest.On(p, c))
		o.Move()
		same(t, "at once", o.Steps(c), "1.1 hour fired")
		o.Live(o.Clock.Now().AddDate(0, 0, 2))
		same(t, "two days later", o.Steps(c), "1.1 hour fired", "1.1 two fired")
	})
}

// PLAN-13: stop takes an open task along that a person has taken the date from: it is not due yet.
func TestStopTakesTasksWithoutADate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, c := o.Plan(call), o.Lead("ann@example.com")
		o.Assign(p, c)
		o.Move()
		_, err := o.Tasks.Update(t.Context(), o.ID, tasks(o, c)[0].ID, task.Patch{DueAt: &time.Time{}}, "test")
		o.OK(err)
		o.Do(enroll.CmdStop, apptest.On(p, c))
		if left := tasks(o, c); len(left) != 0 {
			t.Errorf("%+v", left)
		}
	})
}

// ENG-2, PLAN-9: two plans' messages to one contact are answered together; what follows in one of them sees what the other has done by then.
func TestAnswersOfTwoPlans(t *testing.T) {
	t.Parallel()
	const letter = "plan: %s\nsteps:\n  - {id: hi, name: Hi, action: send_email, when: immediately, subject: Hi, body: Hi}\n"
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		o.Change(func(a *account.Account) { a.Settings.MessageGapMinutes, a.Settings.Caps = 0, nil })
		a := o.Plan(strings.Replace(letter, "%s", "A", 1) + "  - {id: tag, name: Tag, action: add_tags, when: immediately, tags: [Warm]}\n")
		b := o.Plan(strings.Replace(letter, "%s", "B", 1) + "  - {id: note, name: Note, action: add_note, when: immediately, text: noted, only_if: 'contact.tags contains \"Warm\"'}\n")
		c := o.Lead("ann@example.com")
		o.Assign(a, c)
		o.Assign(b, c)
		o.Move()
		both := []enroll.Answered{}
		for i, p := range []int64{a, b} {
			both = append(both, enroll.Answered{Enrollment: o.Row(p, c).ID, Contact: c, Message: int64(i + 1), Answer: enroll.Answer{
				Step: "hi", Run: 1, Round: 1, Outcome: enroll.Fired, At: o.Clock.Now(),
			}})
		}
		o.OK(db.InTx(t.Context(), func(ctx context.Context) error {
			return o.Moves.Answers(ctx, o.ID, both, func(context.Context, map[int64]bool) (map[int64]bool, error) {
				return map[int64]bool{1: true, 2: true}, nil
			})
		}))
		o.Move()
		same(t, "steps", o.Steps(c), "1.1 hi fired", "1.1 tag fired", "1.1 hi fired", "1.1 note fired")
	})
}
