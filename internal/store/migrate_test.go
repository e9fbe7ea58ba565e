package store_test

import (
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func open(t *testing.T, address string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), address, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func dir(texts ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i, text := range texts {
		m["000"+string(rune('1'+i))+"_x.sql"] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

const (
	first  = "CREATE TABLE a (id {id}, n BIGINT); CREATE INDEX a_n ON a (n);"
	second = "ALTER TABLE a ADD COLUMN s TEXT; CREATE TABLE b (k {key} PRIMARY KEY){norowid};"
	third  = "-- oldest-program: 3\nALTER TABLE a DROP COLUMN s;"
)

func TestMigrateInSteps(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		db := open(t, address)
		ctx := t.Context()
		for _, d := range []fstest.MapFS{dir(first), dir(first), dir(first, second)} {
			if err := db.MigrateFrom(ctx, d); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Exec(ctx, `INSERT INTO a (n, s) VALUES (1, 'x')`); err != nil {
			t.Error(err)
		}
		// ENG-15: a program that is older than the schema goes on as long as the schema serves it.
		if err := db.MigrateFrom(ctx, dir(first)); err != nil {
			t.Errorf("the previous program: %v", err)
		}
		if err := db.MigrateFrom(ctx, dir(first, second, third)); err != nil {
			t.Fatal(err)
		}
		err := db.MigrateFrom(ctx, dir(first, second))
		if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "newer Tactus") {
			t.Errorf("too new: %v", err)
		}
		if err := db.MigrateFrom(ctx, dir(first+" ", second, third)); !fault.Is(err, fault.Conflict) {
			t.Errorf("another text: %v", err)
		}
	})
}

func TestFailedMigrationIsUndone(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		db := open(t, address)
		err := db.MigrateFrom(t.Context(), dir(first, "CREATE TABLE c (n BIGINT); CREATE NONSENSE;"))
		if err == nil || !strings.Contains(err.Error(), "0002_x.sql") {
			t.Fatal(err)
		}
		if err := db.MigrateFrom(t.Context(), dir(first, "CREATE TABLE c (n BIGINT);")); err != nil {
			t.Errorf("after the repair: %v", err)
		}
	})
}

func TestNodesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		nodes := []*store.DB{open(t, address)}
		for nodes[0].Nodes() && len(nodes) < 4 {
			nodes = append(nodes, open(t, address))
		}
		var wg sync.WaitGroup
		for _, db := range nodes {
			wg.Go(func() {
				if err := db.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		state, err := nodes[0].SchemaState(t.Context())
		if err != nil || state.Version != state.Program || len(state.Pending) != 0 || state.Oldest < 1 {
			t.Errorf("%+v %v", state, err)
		}
	})
}
