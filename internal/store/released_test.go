package store_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/enroll"
	"tactus/internal/store/pgtest"
)

// The databases of every released version, with data in them, as testdata/schema-NNNN.DATABASE.sql; NNNN is the newest migration of
// the release. They are never changed: before a release `go test ./internal/store -run TestReleased -update` adds those of its schema.
var update = flag.Bool("update", false, "write testdata/schema-NNNN for this program's schema")

// was and follow are what the fixtures hold: two people have their first email and wait for the second, one of them is paused.
const (
	was    = "plan: Welcome\nsource: Zillow\nsteps:\n  - {id: s1, name: One, action: send_email, when: immediately, subject: One, body: Hello}\n  - {id: s2, name: Two, action: send_email, when: 2 days after previous, subject: Two, body: Again}\n  - {id: s3, name: Call, action: create_task, when: 1 day after previous, title: Call}\n"
	goes   = "ann@example.com"
	paused = "bob@example.com"
)

// TestReleased holds 9-quality: a database of every released version migrates, and its plans go on where they were.
func TestReleased(t *testing.T) {
	t.Parallel()
	if *update {
		writeReleased(t)
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		names, err := filepath.Glob("testdata/schema-*." + kind + ".sql")
		if err != nil || len(names) == 0 {
			t.Fatalf("there is no database of a release: %v", err)
		}
		for _, name := range names {
			t.Run(filepath.Base(name), func(t *testing.T) {
				t.Parallel()
				goesOn(t, released(t, kind, name))
			})
		}
	}
}

// released makes a database as a release left it.
func released(t *testing.T, kind, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	address, driver := filepath.Join(t.TempDir(), "tactus.db"), "sqlite"
	if kind == "postgres" {
		address, driver = pgtest.URL(t), "pgx"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), string(text)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}

func goesOn(t *testing.T, address string) {
	t.Helper()
	db := program(t, address)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := apptest.New(t, db)
	o.Clock.Advance(30 * time.Minute)
	o.Settle()
	if sent := o.Wire.Sent(); len(sent) != 0 {
		t.Errorf("sent again: %v", sent)
	}
	for range 4 {
		o.Clock.Advance(24 * time.Hour)
		o.Settle()
	}
	if sent := strings.Join(o.Wire.Sent(), ", "); sent != goes+" Two" {
		t.Errorf("sent: %s", sent)
	}
	counts, err := db.Strings(t.Context(), `SELECT status || ' ' || COUNT(*) FROM enrollment GROUP BY status ORDER BY status`)
	if got := strings.Join(counts, ", "); err != nil || got != "completed 1, paused 1" {
		t.Errorf("%s %v", got, err)
	}
	o.OK(db.InTx(t.Context(), func(ctx context.Context) error { _, err := db.FoldCounts(ctx); return err }))
}

// writeReleased makes the databases of this program's schema.
func writeReleased(t *testing.T) {
	t.Helper()
	for kind, address := range map[string]string{"sqlite": filepath.Join(t.TempDir(), "tactus.db"), "postgres": pgtest.URL(t)} {
		db := program(t, address)
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		o := apptest.New(t, db)
		p := o.Plan(was)
		ann, bob := o.Lead(goes), o.Lead(paused)
		o.Assign(p, ann, bob)
		o.Settle()
		o.Do(enroll.CmdPause, apptest.On(p, bob))
		state, err := db.SchemaState(t.Context())
		o.OK(err)
		o.OK(db.Close())
		text := dump(t, kind, address)
		o.OK(os.MkdirAll("testdata", 0o755))
		o.OK(os.WriteFile(fmt.Sprintf("testdata/schema-%04d.%s.sql", state.Version, kind), []byte(text), 0o644))
	}
}
