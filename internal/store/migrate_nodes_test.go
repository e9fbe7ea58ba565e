package store_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/pgtest"
)

func do(t *testing.T, conn *pgx.Conn, text string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), text, args...); err != nil {
		t.Fatal(err)
	}
}

// inBackground starts a migration; the channel gets its error.
func inBackground(t *testing.T, db *store.DB) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- db.Migrate(t.Context()) }()
	return done
}

// ENG-15: a migration that waits for a long transaction does not make everybody else wait with it.
func TestMigrationLetsOthersPass(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	if err := upgrade(t, address, first); err != nil {
		t.Fatal(err)
	}
	long, other := pgtest.Connect(t, address), pgtest.Connect(t, address)
	do(t, long, `BEGIN; SELECT COUNT(*) FROM a`)
	done := inBackground(t, program(t, address, first, second))
	waits := `SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'a'::regclass AND NOT granted AND mode = 'AccessExclusiveLock')`
	for range 2 { // it asks again
		pgtest.Until(t, other, waits)
		do(t, other, `INSERT INTO a (n) VALUES (1)`) // stands behind it in the queue, and gets its turn
	}
	do(t, long, `COMMIT`)
	if err := <-done; err != nil {
		t.Error(err)
	}
	do(t, other, `UPDATE a SET s = 'x'`)
}

const index = "-- no-transaction\n-- Made while others write.\nCREATE UNIQUE INDEX {concurrently} IF NOT EXISTS a_n_id ON a (n, id);"

// An index of a big table is made while others write; one that was left half is made again.
func TestIndexIsMadeBesideWriters(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	if err := upgrade(t, address, first); err != nil {
		t.Fatal(err)
	}
	long, other := pgtest.Connect(t, address), pgtest.Connect(t, address)
	hold := func() { do(t, long, `BEGIN; INSERT INTO a (n) VALUES (1)`) }
	building := `SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('a_n_id') AND NOT indisvalid)`

	hold()
	done := inBackground(t, program(t, address, first, index))
	pgtest.Until(t, other, building)
	do(t, other, `INSERT INTO a (n) VALUES (2)`)
	do(t, other, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE UNIQUE%' AND datname = current_database()`) // the node dies
	if err := <-done; err == nil {
		t.Fatal("it was interrupted")
	}
	pgtest.Until(t, other, building) // left half
	do(t, long, `COMMIT`)

	hold()
	done = inBackground(t, program(t, address, first, index))
	waiting := inBackground(t, program(t, address, first, index)) // another node: it must not hold the first one up by waiting
	pgtest.Until(t, other, `SELECT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%')
		OR EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'DROP INDEX%' AND wait_event_type = 'Lock')`)
	do(t, long, `COMMIT`)
	for _, d := range []<-chan error{done, waiting} {
		if err := <-d; err != nil {
			t.Error(err)
		}
	}
	pgtest.Until(t, other, `SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('a_n_id')`)
}

// A unique index that the rows do not allow is not left behind: half made, it would refuse rows of the program that runs.
func TestIndexThatCannotBeIsDropped(t *testing.T) {
	t.Parallel()
	lasting(t, func(t *testing.T, address string) {
		if err := upgrade(t, address, first, "INSERT INTO a (n) VALUES (1), (1);"); err != nil {
			t.Fatal(err)
		}
		err := upgrade(t, address, first, "INSERT INTO a (n) VALUES (1), (1);", "-- no-transaction\nCREATE UNIQUE INDEX {concurrently} IF NOT EXISTS a_u ON a (n);")
		if err == nil {
			t.Fatal("the rows are not unique")
		}
		if _, err := program(t, address, first).Exec(t.Context(), `INSERT INTO a (n) VALUES (1)`); err != nil {
			t.Error(err)
		}
	})
}

// ENG-15: a migration that older programs cannot live with waits until none is connected, and from then on refuses them.
func TestOlderProgramsLeaveFirst(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	old := program(t, address, first)
	if err := old.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	told, cancel := old.Subscribe(store.TopicSchema)
	defer cancel()
	next := program(t, address, first, "-- oldest-program: 2\nALTER TABLE a DROP COLUMN n;")
	var done atomic.Bool
	finished := make(chan error, 1)
	go func() {
		err := next.Migrate(t.Context())
		done.Store(true)
		finished <- err
	}()
	for {
		<-told
		if _, err := old.SchemaState(t.Context()); fault.Is(err, fault.Conflict) {
			break
		}
	}
	// It can finish what it is at: the table is still as it knows it.
	if _, err := old.Exec(t.Context(), `INSERT INTO a (n) VALUES (1)`); err != nil || done.Load() {
		t.Errorf("while it is still connected: %v, migrated: %v", err, done.Load())
	}
	if _, err := begin(t, address, first); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "newer Tactus") {
		t.Errorf("a new start of the old program: %v", err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-finished; err != nil {
		t.Error(err)
	}
}

// A statement that was prepared before a migration goes on after it.
func TestPreparedStatementsSurvive(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	old := program(t, address, first)
	if err := old.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	use := func() error {
		return old.InTx(t.Context(), func(ctx context.Context) error {
			var n int64
			_, err := old.Exec(ctx, `INSERT INTO a (n) VALUES ($1)`, 1)
			return errors.Join(err, old.Get(ctx, `SELECT n FROM a WHERE n = $1 LIMIT 1`, []any{1}, &n))
		})
	}
	texts := []string{first}
	for _, text := range []string{second, "ALTER TABLE a ADD COLUMN z BIGINT NOT NULL DEFAULT 7;", index, "ALTER TABLE a ALTER COLUMN n TYPE INTEGER;"} {
		for range 3 {
			if err := use(); err != nil {
				t.Fatal(err)
			}
		}
		if text == index {
			text = strings.ReplaceAll(index, "a_n_id", "a_other")
		}
		texts = append(texts, text)
		if err := upgrade(t, address, texts...); err != nil {
			t.Fatal(err)
		}
		if err := use(); err != nil {
			t.Errorf("after %q: %v", text, err)
		}
	}
}
