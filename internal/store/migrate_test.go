package store_test

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
)

// program opens a database as a program with these migrations would; none = this program's own.
func program(t *testing.T, address string, texts ...string) *store.DB {
	t.Helper()
	db, err := begin(t, address, texts...)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func begin(t *testing.T, address string, texts ...string) (*store.DB, error) {
	var opt store.Options
	if len(texts) > 0 {
		opt.Migrations = dir(texts...)
	}
	db, err := store.Open(t.Context(), address, opt)
	if err == nil {
		t.Cleanup(func() { _ = db.Close() })
	}
	return db, err
}

// upgrade migrates as such a program and goes.
func upgrade(t *testing.T, address string, texts ...string) error {
	t.Helper()
	db, err := begin(t, address, texts...)
	if err != nil {
		return err
	}
	err = db.Migrate(t.Context())
	if closing := db.Close(); closing != nil {
		t.Error(closing)
	}
	return err
}

func dir(texts ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i, text := range texts {
		m["000"+string(rune('1'+i))+"_x.sql"] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

// lasting runs a case on databases that outlive the program that opened them.
func lasting(t *testing.T, f func(t *testing.T, address string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, filepath.Join(t.TempDir(), "tactus.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, pgtest.URL(t))
	})
}

const (
	first  = "CREATE TABLE a (id {id}, n BIGINT); CREATE INDEX a_n ON a (n);"
	second = "ALTER TABLE a ADD COLUMN s TEXT; CREATE TABLE b (k {key} PRIMARY KEY){norowid};"
	third  = "-- oldest-program: 3\nALTER TABLE a DROP COLUMN s;"
)

func TestMigrateInSteps(t *testing.T) {
	t.Parallel()
	lasting(t, func(t *testing.T, address string) {
		for _, texts := range [][]string{{first}, {first}, {first, second}} {
			if err := upgrade(t, address, texts...); err != nil {
				t.Fatal(err)
			}
		}
		db := program(t, address, first, second)
		if _, err := db.Exec(t.Context(), `INSERT INTO a (n, s) VALUES (1, 'x')`); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		// ENG-15: a program that is older than the schema goes on as long as the schema serves it.
		if err := upgrade(t, address, first); err != nil {
			t.Errorf("the previous program: %v", err)
		}
		if err := upgrade(t, address, first, second, third); err != nil {
			t.Fatal(err)
		}
		err := upgrade(t, address, first, second)
		if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "newer Tactus") {
			t.Errorf("too new: %v", err)
		}
		if err := upgrade(t, address, first+" ", second, third); !fault.Is(err, fault.Conflict) {
			t.Errorf("another text: %v", err)
		}
	})
}

func TestFailedMigrationIsUndone(t *testing.T) {
	t.Parallel()
	lasting(t, func(t *testing.T, address string) {
		err := upgrade(t, address, first, "-- oldest-program: 2\nCREATE TABLE c (n BIGINT); CREATE NONSENSE;")
		if err == nil || !strings.Contains(err.Error(), "0002_x.sql") {
			t.Fatal(err)
		}
		// What was announced to older programs is taken back: they may serve on.
		if err := upgrade(t, address, first); err != nil {
			t.Errorf("the previous program: %v", err)
		}
		if err := upgrade(t, address, first, "CREATE TABLE c (n BIGINT);"); err != nil {
			t.Errorf("after the repair: %v", err)
		}
	})
}

func TestNodesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		nodes := []*store.DB{program(t, address)}
		for nodes[0].Nodes() && len(nodes) < 4 {
			nodes = append(nodes, program(t, address))
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

func TestMigrationFilesThatAreWrong(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]string{
		"oldest above itself": {"-- oldest-program: 2\nCREATE TABLE a (n BIGINT);"},
		"no transaction":      {first, "-- no-transaction\nUPDATE a SET n = 1;"},
		"cannot be begun again": {
			first, "-- no-transaction\nCREATE INDEX {concurrently} a_m ON a (n);",
		},
	} {
		if _, err := begin(t, ":memory:", texts...); !fault.Is(err, fault.Internal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
