package store_test

import (
	"slices"
	"strings"
	"testing"

	"tactus/internal/contact"
	"tactus/internal/plan"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// contactsOf checks what the lists of a plan's contacts and their counts tell, in each order and with another filter beside.
func (r *runner) contactsOf(when string, want map[string][]int64) {
	r.Helper()
	for status, want := range want {
		f := contact.Filter{PlanID: r.plan, PlanStatus: status}
		for _, f.StageID = range []int64{0, 5} {
			ids, err := r.db.ContactIDs(r.Context(), r.id, f, 0, 10)
			r.ok(err)
			if !slices.Equal(ids, want) {
				r.Errorf("%s, %q in %d: %d instead of %d", when, status, f.StageID, ids, want)
			}
			for _, order := range []contact.Order{contact.Newest, contact.ByName} {
				if got := r.pages(contact.Query{Filter: f, Order: order, Limit: 2}); !slices.Equal(got, want) {
					r.Errorf("%s, %q in %d: the list by %s has %d instead of %d", when, status, f.StageID, order, got, want)
				}
			}
		}
	}
}

// pages are all contacts of a list, in ascending order.
func (r *runner) pages(q contact.Query) (all []int64) {
	r.Helper()
	for more := true; more; more = q.After != "" {
		page, err := r.db.ListContacts(r.Context(), r.id, q)
		r.ok(err)
		for _, c := range page.Contacts {
			all = append(all, c.ID)
		}
		q.After = page.Next
	}
	if q.Order != contact.ByName { // they are nameless: by name is by id
		slices.Reverse(all)
	}
	return all
}

func (r *runner) count(status string, want int64) {
	r.Helper()
	n, err := r.db.CountContacts(r.Context(), r.id, contact.Filter{PlanID: r.plan, PlanStatus: status})
	r.ok(err)
	if n != want {
		r.Errorf("%q: counted %d instead of %d", status, n, want)
	}
}

// swell makes the plan's counts say that there are so many more.
func (r *runner) swell(active, paused int64) {
	r.Helper()
	r.exec(`INSERT INTO plan_count (account_id, plan_id, active, paused) VALUES ($1, $2, $3, $4)`, r.id, r.plan, active, paused)
}

// saved adds a version of the plan.
func (r *runner) saved(d plan.Document) {
	r.Helper()
	r.exec(`INSERT INTO plan_version (account_id, plan_id, number, document, refs, created_at) VALUES ($1, $2, 1, $3, '{}', 0)`, r.id, r.plan, toJSON(r.T, d))
}

// CON-5: a list of a plan's contacts is the same, however they are found.
func TestContactsOfACrowdedPlan(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 5)
		p := r.people
		r.saved(plan.Document{Name: "Follow", Description: `Write "event": with quotes`})
		r.enroll(p[:3]...)
		r.exec(`UPDATE enrollment SET status = 'paused', due_at = NULL WHERE contact_id = $1`, p[0])
		r.swell(-1, 1)
		want := map[string][]int64{"": p[:3], "active": p[1:3], "paused": p[:1], "completed": nil}
		r.contactsOf("few", want)
		for status, n := range map[string]int64{"": 3, "active": 2, "paused": 1, "stopped": 0} {
			r.count(status, n)
		}
		if found := db.Ran("event_id > 0 AND (CASE WHEN plan_id"); len(found) > 0 {
			t.Errorf("a plan without events costs what the account's events cost: %s", found)
		}
		r.swell(30_000, 0)
		r.contactsOf("few are paused", want)
		r.swell(0, 30_000)
		r.contactsOf("a crowd", want)
		db.Suppose(r.id, 10_000_000)
		r.contactsOf("a crowd among many more", want)
	})
}

// PLAN-5: a contact may be on a plan several times, once for each event; it is one contact all the same.
func TestContactsOfAPlanByEvents(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]plan.Document{
		"dated":   {Name: "Follow", Event: "closing"},
		"started": {Name: "Follow", StartOn: []plan.StartRule{{Event: "closing"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				r := newRunner(t, db, 4)
				p := r.people
				r.saved(d)
				r.saved(plan.Document{Name: "Follow"}) // no longer
				r.enroll(p[:3]...)
				r.count("", 3)
				r.exec(`UPDATE enrollment SET event_id = 7 WHERE contact_id = $1`, p[1])
				r.exec(`INSERT INTO enrollment (account_id, contact_id, plan_id, version_id, event_id, status, run, state, created_at, started_at)
					SELECT account_id, contact_id, plan_id, version_id, j.value, 'paused', run, state, created_at, started_at
					FROM enrollment, (SELECT 8 AS value UNION ALL SELECT 9) j WHERE contact_id = $1`, p[1])
				r.swell(0, 2)
				for _, when := range []string{"few", "a crowd"} {
					r.contactsOf(when, map[string][]int64{"": p[:3], "active": p[:3], "paused": p[1:2]})
					r.count("", 3)
					r.count("active", 3)
					r.count("paused", 1)
					r.swell(30_000, 30_000)
				}
			})
		})
	}
}

// 9-quality: SQLite, which knows nothing of what the tables hold, finds a plan's contacts by keys.
func TestPlanContactsAreFoundByKey(t *testing.T) {
	t.Parallel()
	const (
		asked    = "SEARCH e EXISTS USING %INDEX sqlite_autoindex_enrollment_1 (account_id=? AND plan_id=? AND contact_id=?)"
		lookedUp = "SEARCH c USING INDEX contact_stage (account_id=? AND stage_id=? AND id=?)"
		walked   = "SEARCH d USING %INDEX sqlite_autoindex_enrollment_1 (account_id=? AND plan_id=?)"
	)
	for name, tc := range map[string]struct {
		active, contacts int64
		query            contact.Query
		step             string
	}{
		"by name":                         {30_000, 100_000, contact.Query{Order: contact.ByName}, asked},
		"newest of a stage":               {30_000, 100_000, contact.Query{Filter: contact.Filter{StageID: 5}}, asked},
		"newest of a stage, among others": {30_000, 1_000_000, contact.Query{Filter: contact.Filter{StageID: 5}}, lookedUp},
		"newest, among others":            {30_000, 1_000_000, contact.Query{}, walked},
		"newest of a small plan":          {3, 1_000_000, contact.Query{}, walked},
	} {
		for _, status := range []string{"", "active"} {
			t.Run(name+" "+status, func(t *testing.T) {
				t.Parallel()
				r := newRunner(t, storetest.Memory(t), 1)
				r.swell(tc.active, 0)
				r.db.Suppose(r.id, tc.contacts)
				q, step := tc.query, strings.Replace(tc.step, "%", map[string]string{"": "COVERING "}[status], 1)
				q.PlanID, q.PlanStatus = r.plan, status
				r.pages(q)
				steps, err := r.db.StepsOf(t.Context(), " FROM enrollment ", "c.sort_key")
				r.ok(err)
				if !slices.Contains(steps, step) || slices.Contains(steps, "USE TEMP B-TREE FOR ORDER BY") {
					t.Errorf("%s is not in\n%s", step, strings.Join(steps, "\n"))
				}
			})
		}
	}
}
