package store_test

import (
	"slices"
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
