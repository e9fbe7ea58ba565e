package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/internal/clock"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

const thing = `CREATE TABLE thing (id {id}, name TEXT NOT NULL UNIQUE, flag BOOLEAN NOT NULL DEFAULT TRUE, at BIGINT)`

func withThing(t *testing.T, db *store.DB) {
	t.Helper()
	if _, err := db.Exec(t.Context(), thing); err != nil {
		t.Fatal(err)
	}
}

func add(ctx context.Context, db *store.DB, name string) error {
	_, err := db.Exec(ctx, `INSERT INTO thing (name) VALUES ($1)`, name)
	return err
}

func names(t *testing.T, db *store.DB) string {
	t.Helper()
	all, err := db.Strings(t.Context(), `SELECT name FROM thing ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func TestTransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		withThing(t, db)
		var hooks []string
		boom := errors.New("boom")
		err := db.InTx(ctx, func(ctx context.Context) error {
			db.AfterCommit(ctx, func() { hooks = append(hooks, "lost") })
			return errors.Join(add(ctx, db, "lost"), boom)
		})
		if !errors.Is(err, boom) || names(t, db) != "" || hooks != nil {
			t.Fatalf("rolled back: %v, %q, hooks %v", err, names(t, db), hooks)
		}
		err = db.InTx(ctx, func(ctx context.Context) error {
			db.AfterCommit(ctx, func() { hooks = append(hooks, "kept") })
			if err := db.InTx(ctx, func(ctx context.Context) error { return add(ctx, db, "inner") }); err != nil {
				return err
			}
			undone := db.Savepoint(ctx, func(ctx context.Context) error {
				db.AfterCommit(ctx, func() { hooks = append(hooks, "undone") })
				return errors.Join(add(ctx, db, "undone"), add(ctx, db, "inner"))
			})
			if !fault.Is(undone, fault.Conflict) {
				t.Errorf("a unique key: %v", undone)
			}
			if len(hooks) != 0 {
				t.Error("a hook ran before the commit")
			}
			return db.Savepoint(ctx, func(ctx context.Context) error { return add(ctx, db, "outer") })
		})
		if err != nil || names(t, db) != "inner outer" || !slices.Equal(hooks, []string{"kept"}) {
			t.Fatalf("committed: %v, %q, hooks %v", err, names(t, db), hooks)
		}
	})
}

func TestTransactionPanicRollsBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		withThing(t, db)
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.InTx(t.Context(), func(ctx context.Context) error {
				_ = add(ctx, db, "lost")
				panic("boom")
			})
		}()
		if err := add(t.Context(), db, "next"); err != nil || names(t, db) != "next" {
			t.Fatalf("after the panic: %v, %q", err, names(t, db))
		}
	})
}

func TestReadTx(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		withThing(t, db)
		err := db.ReadTx(t.Context(), func(ctx context.Context) error {
			return db.InTx(ctx, func(ctx context.Context) error { return add(ctx, db, "x") })
		})
		if !fault.Is(err, fault.Internal) || names(t, db) != "" {
			t.Fatalf("a write in a read transaction: %v, %q", err, names(t, db))
		}
	})
}

func TestErrorsByCode(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		withThing(t, db)
		if err := db.Get(ctx, `SELECT id FROM thing WHERE id = $1`, []any{7}, new(int64)); !fault.Is(err, fault.NotFound) {
			t.Errorf("no row: %v", err)
		}
		if _, err := db.Exec(ctx, `INSERT INTO thing (name) VALUES (NULL)`); !fault.Is(err, fault.Internal) {
			t.Errorf("not null: %v", err)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := db.Exec(ended, `DELETE FROM thing`); !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("ended context: %v", err)
		}
		if err := add(ctx, db, "after"); err != nil {
			t.Errorf("after an ended context: %v", err)
		}
	})
}

func TestSetParameter(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		withThing(t, db)
		set := `[["Zoë \"Z\"", true, 9007199254740993], ["b", false, null]]`
		n, err := db.Exec(ctx, `INSERT INTO thing (name, flag, at) SELECT j.value->>0, CAST(j.value->>1 AS BOOLEAN), CAST(j.value->>2 AS BIGINT) FROM {each $1}`, set)
		if err != nil || n != 2 {
			t.Fatal(n, err)
		}
		var name string
		var flag bool
		var at int64
		if err := db.Get(ctx, `SELECT name, flag, at FROM thing WHERE at > $1`, []any{0}, &name, &flag, &at); err != nil {
			t.Fatal(err)
		}
		if name != `Zoë "Z"` || !flag || at != 9007199254740993 {
			t.Errorf("got %q %v %d", name, flag, at)
		}
		all, err := db.Strings(ctx, `SELECT name FROM thing WHERE id IN (SELECT CAST(j.value AS BIGINT) FROM {each $1}) AND NOT flag AND at IS NULL {lock}`, "[1, 2]")
		if err != nil || !slices.Equal(all, []string{"b"}) {
			t.Error(all, err)
		}
	})
}

// TestConcurrentWriters adds to one row from many goroutines: nothing is lost, nobody is refused.
func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		withThing(t, db)
		if _, err := db.Exec(t.Context(), `INSERT INTO thing (name, at) VALUES ('n', 0)`); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 10 {
					err := db.InTx(t.Context(), func(ctx context.Context) error {
						var at int64
						if err := db.Get(ctx, `SELECT at FROM thing WHERE name = 'n' {lock}`, nil, &at); err != nil {
							return err
						}
						_, err := db.Exec(ctx, `UPDATE thing SET at = $1 WHERE name = 'n'`, at+1)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var at int64
		if err := db.Get(t.Context(), `SELECT at FROM thing`, nil, &at); err != nil || at != 80 {
			t.Fatal(at, err)
		}
	})
}

func TestDeadlockIsRetried(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		withThing(t, db)
		for _, n := range []string{"a", "b"} {
			if err := add(t.Context(), db, n); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
			wg.Go(func() {
				for range 5 {
					err := db.InTx(t.Context(), func(ctx context.Context) error {
						for _, n := range order {
							if _, err := db.Exec(ctx, `UPDATE thing SET at = COALESCE(at, 0) + 1 WHERE name = $1`, n); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		all, err := db.Strings(t.Context(), `SELECT at FROM thing`)
		if err != nil || !slices.Equal(all, []string{"10", "10"}) {
			t.Fatal(all, err)
		}
	})
}

func TestDatabaseTime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now, err := db.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c, err := db.Clock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if d := c.Now().Sub(now); d < -5*time.Second || d > time.Minute {
			t.Errorf("the clock is %v off the database's time", d)
		}
		if d := now.Sub(clock.Real{}.Now()); d.Abs() > time.Minute { // the test's server runs on this machine
			t.Errorf("the database's time is %v off", d)
		}
	})
}

func TestSignal(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		db := storetest.Open(t, address)
		there := db
		if db.Nodes() {
			there = storetest.Open(t, address)
		}
		wake, cancel := there.Subscribe("due")
		defer cancel()
		if err := db.InTx(t.Context(), func(ctx context.Context) error {
			db.Signal(ctx, "due")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		<-wake
		db.Signal(t.Context(), "due")
		if db.Nodes() { // the first may have been that it listens now
			<-wake
		}
		other, stop := db.Engine().Subscribe("here")
		defer stop()
		db.Signal(t.Context(), "here")
		<-other
	})
}
