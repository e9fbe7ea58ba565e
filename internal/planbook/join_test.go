package planbook_test

import (
	"context"
	"sync"
	"testing"

	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/planbook"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
)

// PLAN-2, PLAN-20: who is about to join a plan while it is put away, or made a draft, joins before and is reached, or is refused.
func TestPutAwayWhileSomebodyJoins(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"archive", "draft"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			address := storetest.Postgres(t)
			o, see := newOffice(t, storetest.Open(t, address)), pgtest.Connect(t, address)
			head := o.ready(short)
			o.assign(head.ID, 1, 0) // makes a contact, who then leaves the plan
			_, err := o.runs.Do(t.Context(), o.id, enroll.CmdStop, enroll.Selection{Plan: head.ID}, author, 0)
			o.ok(err)
			other := o.ready("plan: Other\nsteps:\n  - {name: Warm, action: add_tags, when: 3 days after start, tags: [Warm]}\n")

			locked, released := make(chan struct{}), make(chan struct{})
			release := sync.OnceFunc(func() { close(released) })
			t.Cleanup(release)
			held := background(func() error {
				return o.db.InTx(context.Background(), func(ctx context.Context) error {
					_, err := o.db.LockContacts(ctx, o.id, []int64{1})
					close(locked)
					<-released
					return err
				})
			})
			<-locked
			joins := background(func() error {
				_, err := o.runs.Start(context.Background(), o.id, enroll.StartRequest{Plan: other.ID, Contacts: []int64{1}, Author: author})
				return err
			})
			const waits = `(SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`
			pgtest.Until(t, see, `SELECT 1 <= `+waits)
			var got planbook.Archived
			var counts planbook.Counts
			away := background(func() (err error) {
				if what == "archive" {
					got, err = o.plans.Archive(context.Background(), o.id, other.ID, true, author)
				} else {
					counts, err = o.plans.Draft(context.Background(), o.id, other.ID, author)
				}
				return err
			})
			// It waits for who joins, or has overtaken.
			pgtest.Until(t, see, `SELECT 2 <= `+waits+` OR EXISTS (SELECT FROM plan WHERE id = $1 AND (archived OR NOT ready))`, other.ID)
			release()
			o.ok(<-held)
			o.ok(<-away)
			switch err := <-joins; {
			case fault.Is(err, fault.Conflict):
			case err != nil:
				t.Fatal(err)
			case what == "archive" && got.Stopped != 1:
				t.Errorf("it joined, and %+v", got)
			case what == "draft" && counts.Live() != 1:
				t.Errorf("it joined, and the plan counted %+v", counts)
			}
		})
	}
}

func background(f func() error) chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}
