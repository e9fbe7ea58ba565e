package engine_test

import (
	"context"
	"sync/atomic"
	"testing"

	"tactus/internal/app/apptest"
	"tactus/internal/enroll"
	"tactus/internal/planbook"
	"tactus/internal/store"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
)

// joining lets something happen once when it has been decided that somebody joins a plan, or goes on it again.
type joining struct {
	*store.DB
	told *atomic.Bool
	do   func()
}

func (j joining) Enroll(ctx context.Context, in enroll.Insert) ([]int64, error) {
	if j.told.CompareAndSwap(true, false) {
		j.do()
	}
	return j.DB.Enroll(ctx, in)
}

func (j joining) Write(ctx context.Context, w *enroll.Writes) error {
	if len(w.Rows) > 0 && w.Groups[w.Rows[0].Group].After.Run == 2 && j.told.CompareAndSwap(true, false) {
		j.do()
	}
	return j.DB.Write(ctx, w)
}

// PLAN-20: who joins a plan by another plan's step, or by a restart, while it is put away, does so before and is reached, or does not.
func TestPutAwayWhileThePlanIsJoined(t *testing.T) {
	t.Parallel()
	const note = "plan: B\nsteps:\n  - {name: Note, action: add_note, when: 1 day after start, text: noted}\n"
	for name, join := range map[string]func(o *apptest.Office, b int64, runs *enroll.Service, ready func()){
		"step": func(o *apptest.Office, _ int64, runs *enroll.Service, ready func()) {
			o.Assign(o.Plan("plan: A\nsteps:\n  - {id: b, name: B, action: assign_plan, when: immediately, plan: B}\n"), o.Lead("ann@example.com"))
			ready()
			_, err := runs.Tick(o.Context(), o.ID, 1)
			o.OK(err)
		},
		"restart": func(o *apptest.Office, b int64, runs *enroll.Service, ready func()) {
			o.Assign(b, o.Lead("ann@example.com"))
			o.Do("stop", apptest.Of(b))
			ready()
			_, err := runs.Do(o.Context(), o.ID, enroll.CmdRestart, apptest.Of(b), "test", o.Owner)
			o.OK(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := storetest.Postgres(t)
			o, see := apptest.New(t, storetest.Open(t, address)), pgtest.Connect(t, address)
			b := o.Plan(note)
			away := make(chan error, 1)
			var got planbook.Archived
			var told atomic.Bool
			runs := enroll.NewService(joining{o.DB, &told, func() {
				go func() {
					var err error
					got, err = o.Plans.Archive(context.WithoutCancel(t.Context()), o.ID, b, true, "test")
					away <- err
				}()
				// It waits for who joins, or has overtaken.
				pgtest.Until(t, see, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')
					OR EXISTS (SELECT FROM plan WHERE id = $1 AND archived)`, b)
			}}, o.Clock, o.Actions)
			join(o, b, runs, func() { told.Store(true) })
			if told.Load() {
				t.Fatal("nobody joined")
			}
			o.OK(<-away)
			if full, err := o.Plans.Get(t.Context(), o.ID, b); err != nil || full.Counts.Live() != 0 || got.Stopped != 1 {
				t.Errorf("%+v, %d stopped (%v)", full.Counts, got.Stopped, err)
			}
		})
	}
}
