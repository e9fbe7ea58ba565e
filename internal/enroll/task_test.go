package enroll_test

import (
	"slices"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/enroll"
	"tactus/internal/plan"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/task"
)

// tasks are a contact's open tasks, oldest first.
func tasks(o *apptest.Office, contact int64) []task.Task {
	o.Helper()
	list, err := o.Tasks.List(o.Context(), o.ID, task.Query{ContactID: contact, Status: task.Open})
	o.OK(err)
	return list
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

const call = `plan: Call
steps:
  - {id: call, name: Call, action: create_task, when: 1 day after start, title: Call}
  - {id: note, name: Note, action: add_note, when: 3 days after start, text: noted}
`

// PLAN-13, DEC-6: a task that an earlier run left behind is deleted or moved without touching the step of the new run.
func TestTaskOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"deleted", "moved"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				o := apptest.New(t, db)
				p, c := o.Plan(call), o.Lead("ann@example.com")
				o.Assign(p, c)
				o.Settle()
				// It is overdue when the run is stopped while it is paused: it stays.
				o.Do(enroll.CmdPause, apptest.On(p, c))
				o.Clock.Advance(48 * time.Hour)
				o.Do(enroll.CmdStop, apptest.On(p, c))
				left := tasks(o, c)
				if len(left) != 1 || left[0].Fired {
					t.Fatalf("%+v", left)
				}
				o.Do(enroll.CmdRestart, apptest.On(p, c))
				o.Settle()
				if what == "deleted" {
					_, err := o.Tasks.Delete(t.Context(), o.ID, []int64{left[0].ID}, "test")
					o.OK(err)
				} else {
					at := o.Clock.Now().Add(30 * 24 * time.Hour)
					_, err := o.Tasks.Update(t.Context(), o.ID, left[0].ID, task.Patch{DueAt: &at}, "test")
					o.OK(err)
				}
				o.Clock.Advance(96 * time.Hour)
				o.Settle()
				same(t, "steps", o.Steps(c)[2:], "2.1 call fired", "2.1 note fired")
			})
		})
	}
}

// DEC-6: a date that a person set is of that round; the next round has its own.
func TestTaskMovedInOneRound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan("plan: Round\nsteps:\n  - {id: call, name: Call, action: create_task, when: 1 day after start, title: Call}\n" +
			"  - {id: again, name: Again, action: repeat_plan, when: 1 day after previous, times: 2}\n")
		c := o.Lead("ann@example.com")
		o.Assign(p, c)
		o.Settle()
		at := apptest.Start.Add(72 * time.Hour)
		_, err := o.Tasks.Update(t.Context(), o.ID, tasks(o, c)[0].ID, task.Patch{DueAt: &at}, "test")
		o.OK(err)
		o.Clock.Set(at)
		o.Settle()
		o.Clock.Advance(24 * time.Hour)
		o.Settle()
		same(t, "in the second round", o.Steps(c), "1.1 call fired", "1.1 again fired")
		begun := o.Clock.Now()
		if r := o.Row(p, c); r.Status != plan.Active || r.DueAt.Before(begun.Add(12*time.Hour)) {
			t.Errorf("the second call is due at %s; its round began at %s", r.DueAt, begun)
		}
	})
}
