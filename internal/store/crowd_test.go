package store_test

import (
	"slices"
	"testing"

	"tactus/internal/contact"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// CON-5: a list of a plan's contacts is the same, whether they are looked up first or, of a plan with very many, each contact is asked for it.
func TestContactsOfACrowdedPlan(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 5)
		r.enroll(r.people[:3]...)
		r.exec(`UPDATE enrollment SET status = 'paused', due_at = NULL WHERE contact_id = $1`, r.people[0])
		r.exec(`INSERT INTO plan_count (account_id, plan_id, active, paused) VALUES ($1, $2, -1, 1)`, r.id, r.plan)
		check := func() {
			t.Helper()
			for status, want := range map[string][]int64{"": r.people[:3], "active": r.people[1:3], "paused": r.people[:1], "completed": nil} {
				f := contact.Filter{PlanID: r.plan, PlanStatus: status}
				ids, err := db.ContactIDs(t.Context(), r.id, f, 0, 10)
				r.ok(err)
				if !slices.Equal(ids, want) {
					t.Errorf("%q: %d instead of %d", status, ids, want)
				}
				page, err := db.ListContacts(t.Context(), r.id, contact.Query{Filter: f, Limit: 10})
				r.ok(err)
				var got []int64
				for _, c := range page.Contacts {
					got = append(got, c.ID)
				}
				slices.Reverse(got) // newest first
				if !slices.Equal(got, want) {
					t.Errorf("%q: the list has %d instead of %d", status, got, want)
				}
			}
		}
		check()
		for status, want := range map[string]int64{"": 3, "active": 2, "paused": 1, "stopped": 0} {
			n, err := db.CountContacts(t.Context(), r.id, contact.Filter{PlanID: r.plan, PlanStatus: status})
			r.ok(err)
			if n != want {
				t.Errorf("%q: %d", status, n)
			}
		}
		for _, status := range []string{"active", "paused", "completed"} { // so the counts say
			r.exec(`INSERT INTO plan_count (account_id, plan_id, `+status+`) VALUES ($1, $2, 100000)`, r.id, r.plan)
		}
		check()

		// Of a plan that is dated by events a contact may be on it several times.
		r.exec(`UPDATE enrollment SET event_id = 7 WHERE contact_id = $1`, r.people[1])
		r.exec(`INSERT INTO enrollment (account_id, contact_id, plan_id, version_id, event_id, status, run, due_at, state, created_at, started_at)
			SELECT account_id, contact_id, plan_id, version_id, 8, status, run, due_at, state, created_at, started_at FROM enrollment WHERE event_id = 7`)
		if n, err := db.CountContacts(t.Context(), r.id, contact.Filter{PlanID: r.plan}); err != nil || n != 3 {
			t.Error(n, err)
		}
	})
}
