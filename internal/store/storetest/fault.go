package storetest

import (
	"context"
	"database/sql"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tactus/internal/store/pgtest"
)

// Set is an empty PostgreSQL database whose clock the test sets: set says by how much it is off from then on. Other databases of the server
// are not touched.
func Set(t testing.TB) (address string, set func(time.Duration)) {
	t.Helper()
	address = pgtest.URL(t)
	// Names are looked up in schema "set" before PostgreSQL's own; tables are made there, too.
	run(t, address, `CREATE SCHEMA set`, `CREATE TABLE set.off (ms BIGINT NOT NULL)`, `INSERT INTO set.off VALUES (0)`,
		`CREATE FUNCTION set.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
			$$ SELECT pg_catalog.clock_timestamp() + (SELECT ms FROM set.off) * INTERVAL '1 millisecond' $$`)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", "set,pg_catalog")
	u.RawQuery = q.Encode()
	return u.String(), func(by time.Duration) {
		t.Helper()
		run(t, address, `UPDATE set.off SET ms = `+strconv.FormatInt(by.Milliseconds(), 10))
	}
}

// Disk makes the disk of a migrated PostgreSQL database one that the test fills: while it is full, whoever writes to any table is refused
// as the server refuses when there is no room (53100). Reading goes on.
func Disk(t testing.TB, address string) (fill func(full bool)) {
	t.Helper()
	run(t, address, `CREATE SCHEMA disk`, `CREATE TABLE disk.state (is_full BOOLEAN NOT NULL)`, `INSERT INTO disk.state VALUES (FALSE)`,
		`CREATE FUNCTION disk.room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF (SELECT is_full FROM disk.state) THEN
				RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
			END IF;
			RETURN NULL;
		END $$`,
		`DO $$ DECLARE name TEXT; BEGIN
			FOR name IN SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
				WHERE c.relkind = 'r' AND n.nspname = 'public' LOOP
				EXECUTE 'CREATE TRIGGER disk BEFORE INSERT OR UPDATE OR DELETE ON ' || name || ' FOR EACH STATEMENT EXECUTE FUNCTION disk.room()';
			END LOOP;
		END $$`)
	return func(full bool) {
		t.Helper()
		run(t, address, `UPDATE disk.state SET is_full = `+strconv.FormatBool(full))
	}
}

// Hold keeps everybody from writing to a table of a PostgreSQL database until release is called. What has begun to write waits.
func Hold(t testing.TB, address, table string) (release func()) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{`BEGIN`, `LOCK TABLE ` + table + ` IN SHARE MODE`} {
		if _, err := conn.Exec(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	end := sync.OnceFunc(func() { _ = conn.Close(ctx) }) // the lock goes with the connection
	t.Cleanup(end)
	return end
}

// Waiting returns how many sessions of a PostgreSQL database wait for a lock, and how many stand still inside a transaction.
func Waiting(t testing.TB, address string) (waiting, idle int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }() // the answer is there, or the test has failed
	if err := conn.QueryRow(ctx, `SELECT COUNT(*) FILTER (WHERE wait_event_type = 'Lock'), COUNT(*) FILTER (WHERE state = 'idle in transaction')
		FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tactus'`).Scan(&waiting, &idle); err != nil {
		t.Fatal(err)
	}
	return waiting, idle
}

// Sound holds that the database in a SQLite file is one: no page is damaged, every index agrees with its table.
func Sound(t testing.TB, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(context.Background(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("%s: %s, %v", path, verdict, err)
	}
}

// run carries out statements on a connection of its own.
func run(t testing.TB, address string, statements ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }() // the statements are done, or the test has failed
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
