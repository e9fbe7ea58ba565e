package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// DEC-10: a transaction asks once for the contacts that it has locked, and anew for what was deleted or undone.
func TestTransactionKnowsItsLocks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 3)
		gone := int64(999)
		all := append(slices.Clone(r.people), gone)
		r.ok(db.InTx(t.Context(), func(ctx context.Context) error {
			lock := func(want, set []int64) {
				t.Helper()
				got, err := db.LockContacts(ctx, r.id, set)
				r.ok(err)
				if !slices.Equal(got, want) {
					t.Errorf("locked %d of %d", got, set)
				}
			}
			lock(r.people, all)
			lock(r.people, all)
			lock(r.people[1:2], []int64{r.people[1], gone})
			other, err := db.LockContacts(ctx, r.id+1, r.people) // another account's are not there, whatever is known of them here
			r.ok(err)
			if len(other) != 0 {
				t.Errorf("another account has %d", other)
			}
			undone := errors.New("undone")
			if err := db.Savepoint(ctx, func(ctx context.Context) error {
				r.ok(db.DeleteContacts(ctx, r.id, r.people[:1]))
				lock(r.people[1:], r.people)
				return undone
			}); !errors.Is(err, undone) {
				t.Error(err)
			}
			lock(r.people, r.people)
			r.ok(db.DeleteContacts(ctx, r.id, r.people[:1]))
			lock(r.people[1:], r.people)
			return nil
		}))
	})
}

// PLAN-22, ENG-4: what an account decides is read anew after each lock that may have been waited for, and after each change.
func TestTransactionReadsTheRevisionAfterLocks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 2)
		rename := func(ctx context.Context) {
			t.Helper()
			a, err := db.Account(ctx, r.id)
			r.ok(err)
			r.ok(db.UpdateAccount(ctx, a))
		}
		r.ok(db.InTx(t.Context(), func(ctx context.Context) error {
			rev := func() int64 {
				t.Helper()
				n, err := db.AccountRev(ctx, r.id)
				r.ok(err)
				return n
			}
			first := rev()
			if rename(ctx); rev() == first {
				t.Error("its own change is not seen")
			}
			return nil
		}))
		if !db.Nodes() {
			return // nobody else writes meanwhile
		}
		r.ok(db.InTx(t.Context(), func(ctx context.Context) error {
			before, err := db.AccountRev(ctx, r.id)
			r.ok(err)
			rename(t.Context()) // somebody else's transaction
			_, err = db.LockContacts(ctx, r.id, r.people)
			r.ok(err)
			after, err := db.AccountRev(ctx, r.id)
			r.ok(err)
			if after == before {
				t.Error("another's change is not seen after a lock")
			}
			return nil
		}))
	})
}
