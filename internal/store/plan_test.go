package store_test

import (
	"slices"
	"strings"
	"testing"

	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// TestSetsAreFoundByKey keeps SQLite from walking the account for each row of a set: without statistics it thinks that
// an account has ten contacts, and a batch of 1000 took half a minute.
func TestSetsAreFoundByKey(t *testing.T) {
	t.Parallel()
	db := storetest.Memory(t)
	steps, err := db.Steps(t.Context(), store.UpdateContacts(), 1, "[]")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(steps, "SEARCH contact USING INTEGER PRIMARY KEY (rowid=?)") {
		t.Errorf("%q", steps)
	}
}

// TestSendersGoByKey keeps PostgreSQL from walking all messages for each one of a turn, with a plan that was made when there was none: until the
// next ANALYZE a turn of 64 took a hundred milliseconds.
func TestSendersGoByKey(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Postgres(t)).Engine()
	if _, err := db.Exec(t.Context(), "VACUUM message"); err != nil {
		t.Fatal(err)
	}
	steps, err := db.Strings(t.Context(), "EXPLAIN SELECT m.id FROM jsonb_array_elements('[1, 2]') j JOIN message m ON m.id = CAST(j.value AS BIGINT)")
	if err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(steps, "\n")
	if !strings.Contains(plan, "message_pkey") || strings.Contains(plan, "Seq Scan") {
		t.Error(plan)
	}
}
