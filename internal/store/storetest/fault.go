package storetest

import (
	"context"
	"net/url"
	"strconv"
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
