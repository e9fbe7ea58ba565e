package store_test

import (
	"testing"

	"tactus/internal/fault"
	"tactus/internal/store/storetest"
)

// A node that lost its connection takes its place again; when the database was restored meanwhile, it ends (DEC-18).
func TestPresence(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Postgres(t))
	holder := func() (pid int) {
		t.Helper()
		if err := db.Get(t.Context(), `SELECT COALESCE(MIN(l.pid), 0) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
			WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND d.datname = current_database()`, nil, &pid); err != nil {
			t.Fatal(err)
		}
		return pid
	}
	cut := func() (pid int) {
		t.Helper()
		pid = holder()
		ended := false
		if err := db.Get(t.Context(), `SELECT pg_terminate_backend($1)`, []any{pid}, &ended); err != nil || !ended {
			t.Fatal(pid, ended, err)
		}
		return pid
	}
	node, err := db.Attend(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Alone(t.Context()); !fault.Is(err, fault.Conflict) {
		t.Fatalf("a restore beside a node: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- node.Watch(t.Context()) }()
	for first, now := cut(), 0; now == 0 || now == first; now = holder() { // it comes back by itself; the one that was cut takes a moment to go
		select {
		case err := <-ended:
			t.Fatal(err)
		default:
		}
	}
	if _, err := db.Mark(t.Context(), "restore", `{"from":1,"until":2}`); err != nil {
		t.Fatal(err)
	}
	cut()
	if err := <-ended; !fault.Is(err, fault.Conflict) {
		t.Errorf("a node of another life goes on: %v", err)
	}
	alone, err := db.Alone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Attend(t.Context()); !fault.Is(err, fault.Conflict) {
		t.Errorf("a node beside a restore: %v", err)
	}
	if err := alone.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, err := db.Attend(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	file := storetest.Open(t, t.TempDir()+"/a.db")
	if p, err := file.Attend(t.Context()); err != nil || p.Close(t.Context()) != nil {
		t.Error(err)
	}
}
