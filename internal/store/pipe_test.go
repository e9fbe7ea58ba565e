package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func tag(name string) []any { return []any{"t" + name, name} }

const insertTag = `INSERT INTO label (account_id, kind, name, name_key, position, created_at) VALUES (1, 'tag', $1, $2, 0, 0)`

func tags(t *testing.T, ctx context.Context, db *store.DB) string {
	t.Helper()
	got, err := db.Strings(ctx, `SELECT name_key FROM label WHERE kind = 'tag' ORDER BY id`)
	if err != nil {
		t.Error(err)
	}
	return strings.Join(got, " ")
}

// What is left for later is there for what the transaction asks next, and at its end.
func TestLater(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		err := db.InTx(ctx, func(ctx context.Context) error {
			if err := db.Later(ctx, nil, insertTag, tag("a")...); err != nil {
				return err
			}
			if got := tags(t, ctx, db); got != "a" {
				t.Errorf("within: %q", got)
			}
			for _, name := range []string{"b", "c"} {
				if err := db.Later(ctx, nil, insertTag, tag(name)...); err != nil {
					return err
				}
			}
			return nil
		})
		if got := tags(t, ctx, db); err != nil || got != "a b c" {
			t.Errorf("after: %q, %v", got, err)
		}
		if err := db.Later(ctx, nil, insertTag, tag("d")...); err != nil || tags(t, ctx, db) != "a b c d" {
			t.Error("outside of a transaction:", err)
		}
		gone := errors.New("gone")
		if err := db.InTx(ctx, func(ctx context.Context) error { return errors.Join(db.Later(ctx, nil, insertTag, tag("e")...), gone) }); !errors.Is(err, gone) {
			t.Error(err)
		}
		if err := db.InTx(ctx, func(context.Context) error { return nil }); err != nil {
			t.Error(err)
		}
		if got := tags(t, ctx, db); got != "a b c d" {
			t.Errorf("what was undone is there: %q", got)
		}
	})
}

// A statement that fails later fails the transaction as a whole, by its code, whatever comes next; the connection is as good as before.
func TestLaterFails(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(ctx context.Context, db *store.DB) error{
		"a query": func(ctx context.Context, db *store.DB) error { _, err := db.Strings(ctx, `SELECT 'x'`); return err },
		"a write": func(ctx context.Context, db *store.DB) error {
			_, err := db.Exec(ctx, insertTag, tag("b")...)
			return err
		},
		"queries": func(ctx context.Context, db *store.DB) error {
			return db.Both(ctx, `SELECT 'x'`, `SELECT 'y'`, new([]string))
		},
		"a write later": func(ctx context.Context, db *store.DB) error { return db.Later(ctx, nil, insertTag, tag("b")...) },
		"a savepoint": func(ctx context.Context, db *store.DB) error {
			return db.Savepoint(ctx, func(context.Context) error { return nil })
		},
		"its end": func(context.Context, *store.DB) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				ctx := t.Context()
				if _, err := db.Exec(ctx, insertTag, tag("a")...); err != nil {
					t.Fatal(err)
				}
				for range 3 {
					err := db.InTx(ctx, func(ctx context.Context) error {
						if err := db.Later(ctx, nil, insertTag, tag("z")...); err != nil {
							return err
						}
						if err := db.Later(ctx, nil, insertTag, tag("a")...); err != nil {
							return err
						}
						return next(ctx, db)
					})
					if !fault.Is(err, fault.Conflict) {
						t.Error(err)
					}
				}
				if got := tags(t, ctx, db); got != "a" {
					t.Errorf("something stayed: %q", got)
				}
			})
		})
	}
}

// Who is asked how a statement went may fail the transaction, also when nothing comes after it: nothing is committed before.
func TestLaterIsChecked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, no, seen := t.Context(), errors.New("not so many"), int64(0)
		err := db.InTx(ctx, func(ctx context.Context) error {
			return db.Later(ctx, func(n int64, err error) error { seen = n; return errors.Join(err, no) }, insertTag, tag("a")...)
		})
		if !errors.Is(err, no) || seen != 1 || tags(t, ctx, db) != "" {
			t.Errorf("%v, told of %d, and there is %q", err, seen, tags(t, ctx, db))
		}
		if _, err := db.Exec(ctx, insertTag, tag("a")...); err != nil {
			t.Fatal(err)
		}
		err = db.InTx(ctx, func(ctx context.Context) error {
			return db.Later(ctx, func(_ int64, err error) error {
				if !fault.Is(err, fault.Conflict) {
					t.Error(err)
				}
				return fault.Wrap(fault.Internal, err, "of a kind of its own")
			}, insertTag, tag("a")...)
		})
		if !fault.Is(err, fault.Internal) {
			t.Error(err)
		}
	})
}

// A transaction of which something failed cannot go on, also when who met the failure takes it for nothing: the rest would stay without it.
func TestLaterFailsForGood(t *testing.T) {
	t.Parallel()
	no := errors.New("not so many")
	for name, spoil := range map[string]func(ctx context.Context, db *store.DB){
		"at its beginning": func(ctx context.Context, db *store.DB) { _, _ = db.Strings(ctx, `SELECT nothing`) },
		"by who was asked": func(ctx context.Context, db *store.DB) {
			_ = db.Later(ctx, func(int64, error) error { return no }, insertTag, tag("a")...)
			_, _ = db.Strings(ctx, `SELECT 'x'`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t, storetest.Postgres(t))
			for _, end := range []error{nil, errors.New("away")} {
				err := db.InTx(t.Context(), func(ctx context.Context) error {
					spoil(ctx, db)
					_, _ = db.Exec(ctx, insertTag, tag("b")...)
					_ = db.Later(ctx, nil, insertTag, tag("c")...)
					return end
				})
				if got := tags(t, t.Context(), db); err == nil || got != "" {
					t.Errorf("%q stayed, %v", got, err)
				}
			}
		})
	}
}

// What fails within a savepoint is undone with it, and the transaction goes on.
func TestLaterInSavepoint(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		err := db.InTx(ctx, func(ctx context.Context) error {
			if err := db.Later(ctx, nil, insertTag, tag("a")...); err != nil {
				return err
			}
			err := db.Savepoint(ctx, func(ctx context.Context) error { return db.Later(ctx, nil, insertTag, tag("a")...) })
			if !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			return db.Later(ctx, nil, insertTag, tag("b")...)
		})
		if got := tags(t, ctx, db); err != nil || got != "a b" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// Several queries give their rows to their own takers, in and outside of a transaction, after what was left for later; one that fails is told.
func TestEachOf(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT 'n' || i FROM n`
		both := func(ctx context.Context) error {
			var got []string
			err := db.Both(ctx, numbers, `SELECT name_key FROM label WHERE kind = 'tag'`, &got)
			if err == nil && !slices.Equal(got, []string{"n1", "n2", "n3", "a"}) {
				t.Errorf("%q", got)
			}
			return err
		}
		err := db.InTx(ctx, func(ctx context.Context) error {
			return errors.Join(db.Later(ctx, nil, insertTag, tag("a")...), both(ctx), both(ctx))
		})
		if err := errors.Join(err, both(ctx), db.ReadTx(ctx, both)); err != nil {
			t.Error(err)
		}
		for _, q := range [][2]string{{`SELECT nothing`, numbers}, {numbers, `SELECT nothing`}} {
			if err := db.Both(ctx, q[0], q[1], new([]string)); err == nil {
				t.Error("a query that cannot be, was")
			}
			if err := db.InTx(ctx, func(ctx context.Context) error { return db.Both(ctx, q[0], q[1], new([]string)) }); err == nil {
				t.Error("a query that cannot be, was, in a transaction")
			}
		}
		var empty []string
		if err := db.Both(ctx, `SELECT 'x' WHERE FALSE`, `SELECT 'y'`, &empty); err != nil || !slices.Equal(empty, []string{"y"}) {
			t.Error(empty, err)
		}
		if err := both(ctx); err != nil {
			t.Error(err)
		}
	})
}

// All kinds of columns come through a pipeline as they do without one.
func TestPipedColumns(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Postgres(t))
	const columns = `SELECT CAST(7 AS BIGINT), TRUE, 'text', CAST('\x00ff' AS BYTEA), CAST(1.5 AS DOUBLE PRECISION), NULL, CAST(3 AS INTEGER), CAST('{"a": 1}' AS JSONB)`
	look := func(ctx context.Context) string {
		got, err := db.Row(ctx, columns)
		if err != nil {
			t.Error(err)
		}
		return got
	}
	alone, piped := look(t.Context()), ""
	if err := db.InTx(t.Context(), func(ctx context.Context) error { piped = look(ctx); return nil }); err != nil {
		t.Error(err)
	}
	if alone != piped || !strings.Contains(alone, "true text [0 255] 1.5 <nil> 3") {
		t.Errorf("%s and %s", alone, piped)
	}
}
