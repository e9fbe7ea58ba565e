package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tactus/internal/enroll"
	"tactus/internal/plan"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func contactsOf(rows []enroll.Row) []int64 {
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.ContactID
	}
	return out
}

func TestClaimDueInOrder(t *testing.T) { // ENG-3, ENG-8
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 6)
		r.enroll(r.people...)
		p := r.people
		at := func(contact int64, lane int, due time.Time) {
			r.exec(`UPDATE enrollment SET lane = $1, due_at = $2 WHERE contact_id = $3`, lane, due.UnixMilli(), contact)
		}
		at(p[0], 1, start.Add(-time.Hour))
		at(p[1], 0, start)
		at(p[2], 1, start.Add(-2*time.Hour))
		at(p[3], 1, start.Add(time.Millisecond)) // not due
		at(p[4], 1, start.Add(-2*time.Hour))
		r.exec(`UPDATE enrollment SET status = 'paused', due_at = NULL WHERE contact_id = $1`, p[5])
		// A second enrollment of one contact waits for the next claim.
		r.exec(`INSERT INTO enrollment (account_id, contact_id, plan_id, version_id, status, due_at, lane, state, created_at, started_at)
			VALUES ($1, $2, 99, 7, 'active', $3, 1, '{}', 0, 0)`, r.id, p[1], start.Add(-3*time.Hour).UnixMilli())
		want := []int64{p[1], p[2], p[4], p[0]}
		rows := r.claim(start, 10)
		if got := contactsOf(rows); !slices.Equal(got, want) {
			t.Errorf("claimed %v, want %v", got, want)
		}
		if got := contactsOf(r.claim(start, 2)); !slices.Equal(got, want[:2]) {
			t.Errorf("claimed %v, want %v", got, want[:2])
		}
		if got := r.claim(start.Add(-time.Hour*3), 10); len(got) != 1 || got[0].PlanID != 99 {
			t.Errorf("claimed %v", got)
		}
		first := rows[0]
		if first.AccountID != r.id || first.PlanID != r.plan || first.VersionID != 7 || first.Run != 1 || first.Status != plan.Active || first.Raw != fresh ||
			!first.DueAt.Equal(start) || !first.StartedAt.Equal(start) || first.Lane != 0 || !first.EndedAt.IsZero() {
			t.Errorf("%+v", first)
		}
		if f := first.Facts; f.Zone != "Europe/Paris" || f.Stage != 5 || f.Assigned != 6 {
			t.Errorf("%+v", f)
		}
	})
}

// TestClaimersShare holds a claim open while others claim and lock: nobody waits and nobody gets what another has.
func TestClaimersShare(t *testing.T) { // ENG-3, DEC-10
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if !db.Nodes() {
			return // one writer: a claim that is open keeps others out
		}
		r := newRunner(t, db, 30)
		r.enroll(r.people...)
		r.exec(`INSERT INTO enrollment (account_id, contact_id, plan_id, version_id, status, due_at, lane, state, created_at, started_at)
			SELECT account_id, contact_id, 99, 7, 'active', due_at, 0, '{}', 0, 0 FROM enrollment WHERE contact_id = $1`, r.people[0])
		r.ok(db.InTx(t.Context(), func(ctx context.Context) error {
			mine, err := db.ClaimDue(ctx, r.id, start, false, 10)
			r.ok(err)
			if len(mine) != 10 || mine[0].PlanID != 99 {
				t.Errorf("claimed %v", contactsOf(mine))
			}
			theirs := r.claim(start, 10) // another connection
			if len(theirs) != 10 {
				t.Errorf("the other claimer got %d", len(theirs))
			}
			for _, row := range theirs {
				if slices.Contains(contactsOf(mine), row.ContactID) {
					t.Errorf("contact %d is claimed twice", row.ContactID)
				}
			}
			if all := r.claim(start, 100); len(all) != 20 {
				t.Errorf("the rest is %d", len(all))
			}
			return nil
		}))
		if all := r.claim(start, 100); len(all) != 30 {
			t.Errorf("after that %d", len(all))
		}
	})
}

// TestClaimersAndCommands lets claimers and commands work on the same enrollments at once: every one is moved once, and no lock is
// waited for in a circle.
func TestClaimersAndCommands(t *testing.T) { // DEC-10
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 120)
		r.enroll(r.people...)
		r.exec(`INSERT INTO enrollment (account_id, contact_id, plan_id, version_id, status, due_at, lane, state, created_at, started_at)
			SELECT account_id, contact_id, 99, 7, 'active', due_at, 1, '{"r":1}', 0, 0 FROM enrollment`)
		move := func(ctx context.Context, rows []enroll.Row) error {
			w := &enroll.Writes{Account: r.id, Now: start, Author: "test"}
			for i := range rows {
				m := enroll.Move{After: after(rows[i]), Entries: []enroll.Entry{fired("a", 1)}}
				r.group(w, rows[i:i+1], m)
			}
			return db.Write(ctx, w)
		}
		var wg sync.WaitGroup
		var calls, runs atomic.Int64 // a transaction that met a deadlock runs again
		tx := func(fn func(context.Context) error) error {
			calls.Add(1)
			return db.InTx(t.Context(), func(ctx context.Context) error {
				runs.Add(1)
				return fn(ctx)
			})
		}
		for range 3 {
			wg.Go(func() {
				for n := 1; n > 0; {
					if err := tx(func(ctx context.Context) error {
						rows, err := db.ClaimDue(ctx, r.id, start, false, 7)
						n = len(rows)
						if err != nil || n == 0 {
							return err
						}
						return move(ctx, rows)
					}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for k := range 2 {
			wg.Go(func() {
				for i := range 20 {
					if err := tx(func(ctx context.Context) error {
						sel := enroll.Selection{Contacts: []int64{r.people[(i*13+k)%120], r.people[(i*29)%120], r.people[(i*7)%120]}}
						rows, err := db.LockEnrollments(ctx, r.id, sel)
						if err != nil {
							return err
						}
						rows = slices.DeleteFunc(rows, func(row enroll.Row) bool { return row.DueAt.After(start) })
						if len(rows) == 0 {
							return nil
						}
						return move(ctx, rows)
					}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		if calls.Load() != runs.Load() {
			t.Errorf("%d transactions ran %d times", calls.Load(), runs.Load())
		}
		for rows := r.claim(start, 1000); len(rows) > 0; rows = r.claim(start, 1000) { // what a command held while a claimer looked
			r.ok(db.InTx(t.Context(), func(ctx context.Context) error { return move(ctx, rows) }))
		}
		if n := r.one(`SELECT COUNT(*) FROM guard`); n != 240 {
			t.Errorf("%d guards", n)
		}
		if n := r.one(`SELECT COUNT(*) FROM history WHERE kind = 'step'`); n != 240 {
			t.Errorf("%d firings", n)
		}
	})
}

func TestDueWork(t *testing.T) { // ENG-9
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 3)
		check := func(now time.Time, fresh, backlog []int64, next time.Time) {
			t.Helper()
			due, err := db.DueWork(t.Context(), now)
			r.ok(err)
			if !slices.Equal(due.Fresh, fresh) || !slices.Equal(due.Backlog, backlog) || !due.Next.Equal(next) {
				t.Errorf("at %v: %+v", now, due)
			}
		}
		check(start, nil, nil, time.Time{})
		r.enroll(r.people...)
		r.exec(`UPDATE enrollment SET lane = 0, due_at = $1 WHERE contact_id = $2`, start.Add(time.Hour).UnixMilli(), r.people[0])
		r.exec(`UPDATE enrollment SET due_at = $1 WHERE contact_id = $2`, start.Add(2*time.Hour).UnixMilli(), r.people[1])
		mine := []int64{r.id}
		check(start.Add(-time.Second), nil, nil, start)
		check(start, nil, mine, start.Add(time.Hour))
		check(start.Add(90*time.Minute), mine, mine, start.Add(2*time.Hour))
		check(start.Add(2*time.Hour), mine, mine, time.Time{})
	})
}

func TestLockEnrollmentsSelects(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 4)
		r.enroll(r.people[:3]...)
		r.exec(`INSERT INTO enrollment (account_id, contact_id, plan_id, version_id, event_id, status, holders, state, created_at, started_at)
			VALUES ($1, $2, 99, 7, 44, 'paused', 'person,reply', '{}', 0, 0)`, r.id, r.people[3])
		all := r.many(`SELECT id FROM enrollment ORDER BY id`)
		p := r.people
		for i, c := range []struct {
			sel  enroll.Selection
			want []int64
		}{
			{enroll.Selection{}, nil},
			{enroll.Selection{Status: []plan.Status{plan.Active}}, nil},
			{enroll.Selection{IDs: []int64{}}, nil},
			{enroll.Selection{IDs: []int64{}, Plan: r.plan}, nil},
			{enroll.Selection{Contacts: []int64{}, Plan: r.plan}, nil},
			{enroll.Selection{IDs: []int64{all[1], all[0], all[1], 12345}}, all[:2]},
			{enroll.Selection{IDs: all, Contacts: []int64{p[0], p[3]}}, []int64{all[0], all[3]}},
			{enroll.Selection{Contacts: []int64{p[3], p[2], p[2]}}, all[2:]},
			{enroll.Selection{Contacts: p, Plan: r.plan}, all[:3]},
			{enroll.Selection{Contacts: p, Event: 44}, all[3:]},
			{enroll.Selection{Contacts: p, Status: []plan.Status{plan.Paused, plan.Stopped}}, all[3:]},
			{enroll.Selection{Plan: r.plan}, all[:3]},
			{enroll.Selection{Plan: r.plan, IDs: all[1:]}, all[1:3]},
			{enroll.Selection{Plan: r.plan, Status: []plan.Status{plan.Paused}}, nil},
			{enroll.Selection{Event: 44}, all[3:]},
			{enroll.Selection{Event: 44, Plan: r.plan}, nil},
		} {
			rows, err := db.LockEnrollments(t.Context(), r.id, c.sel)
			r.ok(err)
			var got []int64
			for _, row := range rows {
				got = append(got, row.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%d: %v, want %v", i, got, c.want)
			}
		}
		rows, err := db.LockEnrollments(t.Context(), r.id+1, enroll.Selection{IDs: all})
		if err != nil || len(rows) != 0 {
			t.Errorf("another account's: %v %v", rows, err)
		}
		rows, err = db.PeekEnrollments(t.Context(), r.id, all[3:])
		if err != nil || len(rows) != 1 || fmt.Sprint(rows[0].Holders) != "[person reply]" || rows[0].EventID != 44 {
			t.Errorf("%+v %v", rows, err)
		}
	})
}
