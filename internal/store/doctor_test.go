package store_test

import (
	"strings"
	"testing"

	"tactus/internal/app/apptest"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

const writes = "plan: Hello\nsteps:\n  - {name: Hi, action: send_email, when: immediately, subject: Hi, body: Hi}\n"

// The doctor tells what carriers have put off, and who waits for an answer that nobody has brought: as Unanswered has it (ENG-1).
func TestVitalsOfMessages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		o.Wire.Always(apptest.Away)
		o.Assign(o.Plan(writes), o.Leads(3)...)
		o.Settle()
		want := func(waiting, forgotten int) {
			t.Helper()
			v, err := db.Vitals(t.Context(), o.ID, o.Clock.Now())
			o.OK(err)
			u, err := db.Unanswered(t.Context(), 10)
			o.OK(err)
			if v.Waiting != waiting || v.Forgotten != forgotten || len(u) != forgotten {
				t.Errorf("%d put off, %d forgotten, %d unanswered; want %d and %d", v.Waiting, v.Forgotten, len(u), waiting, forgotten)
			}
		}
		want(3, 0)
		o.Assign(o.Plan(strings.Replace(writes, "Hello", "Again", 1)), o.Leads(1)...)
		o.Move()
		want(3, 0)
		_, err := db.Exec(t.Context(), "UPDATE message SET status = 'waiting', try_at = NULL WHERE status = 'ready'") // as if the answer had not come through
		o.OK(err)
		want(4, 1)
	})
}

// Of a million messages those that are put off are found by an index of them alone, with statistics and without.
func TestPutOffAreFoundByIndex(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		db := storetest.Open(t, address).Engine() // whose plans are for parameters that are not known
		o := apptest.New(t, db)
		look := func() {
			t.Helper()
			_, err := db.Vitals(t.Context(), o.ID, o.Clock.Now())
			o.OK(err)
			_, err = db.WorkByAccount(t.Context(), o.Clock.Now(), o.Clock.Now())
			o.OK(err)
			for _, text := range []string{"'waiting' LIMIT $2", "'waiting' LIMIT $3"} {
				steps, err := db.StepsOf(t.Context(), text)
				o.OK(err)
				if plan := strings.Join(steps, "\n"); !strings.Contains(plan, "message_waiting") || strings.Contains(plan, "message_account") || strings.Contains(plan, "message_contact") {
					t.Errorf("%s:\n%s", text, plan)
				}
			}
		}
		_, err := db.Exec(t.Context(), `INSERT INTO message (account_id, contact_id, class, channel, status, due_at, created_at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT $1, i, 'manual', 'email', CASE WHEN i % 200 = 0 THEN 'waiting' ELSE 'accepted' END, 0, 0 FROM n`, o.ID)
		o.OK(err)
		if !db.Nodes() {
			look() // SQLite has none
			return
		}
		_, err = db.Exec(t.Context(), "ANALYZE message")
		o.OK(err)
		look()
	})
}
