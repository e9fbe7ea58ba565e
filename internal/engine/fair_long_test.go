//go:build long

package engine_test

import (
	"testing"

	"tactus/internal/engine"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// TestFair is TestLeadAmongBacklog with 100,000 due enrollments in batches of the size that the server has.
func TestFair(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		workers := 1
		if db.Nodes() {
			workers = 2
		}
		gap := leadAmongBacklog(t, db, workers, engine.Batch)
		t.Logf("%d workers: the lead's step fired after %d of 100,000 due enrollments", workers, gap)
	})
}
