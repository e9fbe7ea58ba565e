package engine_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/plan"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
)

// PLAN-11: who is being put on a plan by an event while that is deleted or moved, is reached by it, whichever of the two comes first.
func TestEventChangesWhileThePlanIsJoined(t *testing.T) {
	t.Parallel()
	at, later := apptest.Start.AddDate(0, 0, 30), apptest.Start.AddDate(0, 0, 40)
	changes := map[string]struct {
		do    func(ctx context.Context, o *apptest.Office, e event.Event) error
		seen  string // that it has overtaken who joins
		right func(r enroll.Row) bool
	}{
		"deleted": {
			func(ctx context.Context, o *apptest.Office, e event.Event) error {
				return o.Events.Delete(ctx, o.ID, e.ID, "test")
			},
			`deleted`,
			func(r enroll.Row) bool { return r.Status == plan.Stopped },
		},
		"moved": {
			func(ctx context.Context, o *apptest.Office, e event.Event) error {
				e.At = later
				_, err := o.Events.Update(ctx, e, "test")
				return err
			},
			`updated_at > created_at`,
			func(r enroll.Row) bool {
				st, err := enroll.DecodeState(r.Raw)
				return err == nil && r.Status == plan.Active && st.Date.Time().Equal(later)
			},
		},
	}
	for what, change := range changes {
		for _, join := range []string{"start", "restart"} {
			t.Run(what+"/"+join, func(t *testing.T) {
				t.Parallel()
				address := storetest.Postgres(t)
				o, see := apptest.New(t, storetest.Open(t, address)), pgtest.Connect(t, address)
				b, c := o.Plan("plan: B\nevent: closing\nsteps:\n  - {name: Note, action: add_note, when: 1 day before event, text: noted}\n"), o.Lead("ann@example.com")
				e, err := o.Events.Create(t.Context(), event.Event{AccountID: o.ID, Title: "Closing", Kind: "closing", ContactID: c, At: at}, "test")
				o.OK(err)
				start := enroll.StartRequest{Plan: b, Contacts: []int64{c}, Event: e.ID, Cause: "hand", Author: "test", By: o.Owner}
				if join == "restart" {
					_, err := o.Runs.Start(t.Context(), o.ID, start)
					o.OK(err)
					o.Do("stop", apptest.Of(b))
				}
				o.Clock.Advance(time.Minute)
				changed := make(chan error, 1)
				var told atomic.Bool
				runs := enroll.NewService(joining{o.DB, &told, func() {
					go func() { changed <- change.do(context.WithoutCancel(t.Context()), o, e) }()
					// It waits for who joins, or has overtaken.
					pgtest.Until(t, see, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')
						OR EXISTS (SELECT FROM event WHERE id = $1 AND `+change.seen+`)`, e.ID)
				}}, o.Clock, o.Actions)
				told.Store(true)
				if join == "restart" {
					_, err = runs.Do(o.Context(), o.ID, enroll.CmdRestart, apptest.Of(b), "test", o.Owner)
				} else {
					_, err = runs.Start(o.Context(), o.ID, start)
				}
				o.OK(err)
				if told.Load() {
					t.Fatal("nobody joined")
				}
				o.OK(<-changed)
				if r := o.Row(b, c); !change.right(r) {
					t.Errorf("the run is %s: %s", r.Status, r.Raw)
				}
			})
		}
	}
}
