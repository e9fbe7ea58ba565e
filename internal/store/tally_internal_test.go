package store

import (
	"context"
	"errors"
	"sync"
	"testing"

	"tactus/internal/fault"
)

// 9-quality: a count of many is not made again for each who asks; a small one, one in a transaction and one that failed always is.
func TestTallied(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), ":memory:", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // there is nothing to keep
	counted := 0
	ask := func(ctx context.Context, key string, n int64, failure error) int64 {
		t.Helper()
		got, err := tallied(ctx, db, key, func() (int64, int64, error) {
			counted++
			return n, n, failure
		})
		if !errors.Is(err, failure) {
			t.Error(err)
		}
		return got
	}
	ctx := t.Context()
	for _, n := range []int64{manyCounted - 1, 5} {
		if got := ask(ctx, "few", n, nil); got != n {
			t.Errorf("a small count is old: %d", got)
		}
	}
	ask(ctx, "many", manyCounted, fault.New(fault.Unavailable, "away"))
	db.tallies.of("many").until = db.tallies.of("many").until.Add(tallyMost)
	if got := ask(ctx, "many", manyCounted+1, nil); got != manyCounted+1 {
		t.Errorf("a failure was kept: %d", got)
	}
	kept := db.tallies.of("many")
	kept.until = kept.until.Add(tallyMost)
	before := counted
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if got := ask(ctx, "many", 1, nil); got != manyCounted+1 {
				t.Errorf("it was counted again: %d", got)
			}
		})
	}
	group.Wait()
	if counted != before {
		t.Errorf("counted %d times more", counted-before)
	}
	if err := db.InTx(ctx, func(ctx context.Context) error {
		if got := ask(ctx, "many", 7, nil); got != 7 {
			t.Errorf("a transaction sees an old count: %d", got)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	kept.until = kept.until.Add(-2 * tallyMost)
	if got := ask(ctx, "many", 9, nil); got != 9 {
		t.Errorf("it was not counted again in the end: %d", got)
	}
}
