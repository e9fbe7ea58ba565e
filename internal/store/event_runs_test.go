package store_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"tactus/internal/store/storetest"
)

// ENG-11, 9-quality: a chunk of an event's runs is read from where the one before ended, by their index and in its order, with statistics and without.
func TestEventRunsAreReadInOrder(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		db := storetest.Open(t, address).Engine() // whose plans are for parameters that are not known
		look := func() {
			t.Helper()
			ids, err := db.EventRuns(t.Context(), 1, 7, 20_000, 3)
			if err != nil || !slices.Equal(ids, []int64{20_017, 20_027, 20_047}) { // every third has ended
				t.Error(ids, err)
			}
			if none, err := db.EventRuns(t.Context(), 2, 7, 0, 3); err != nil || len(none) != 0 {
				t.Error(none, err)
			}
			if n, err := db.CountEventRuns(t.Context(), 1, 7); err != nil || n != 2000 {
				t.Error(n, err)
			}
			steps, err := db.StepsOf(t.Context(), "ORDER BY event_id, id LIMIT")
			if err != nil {
				t.Fatal(err)
			}
			if plan := strings.Join(steps, "\n"); !regexp.MustCompile(`enrollment_event_run.*(event_id=\? AND id>\?|\n.*ROW\(event_id, id\) >)`).MatchString(plan) || strings.Contains(plan, "Sort") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("\n%s", plan)
			}
		}
		_, err := db.Exec(t.Context(), `INSERT INTO enrollment (id, account_id, contact_id, plan_id, version_id, event_id, status, wait, state, created_at, started_at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
			SELECT i, 1, i, 1, 1, i % 10, CASE i % 3 WHEN 0 THEN 'stopped' WHEN 1 THEN 'active' ELSE 'paused' END, 'date', '{}', 0, 0 FROM n`)
		if err != nil {
			t.Fatal(err)
		}
		look()
		if db.Nodes() {
			if _, err := db.Exec(t.Context(), "ANALYZE enrollment"); err != nil {
				t.Fatal(err)
			}
			look()
		}
	})
}
