package oracle_test

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"tactus/internal/store/pgtest"
)

// What make test runs; TACTUS_MODEL_N raises it.
const (
	onSQLite   = 400
	onPostgres = 20
)

// perRig is how many histories share a database, perCheck how many are one property of rapid's, whose own count is a flag for all.
const (
	perRig   = 500
	perCheck = 20
)

func TestMain(m *testing.M) {
	flag.Parse()
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(perCheck), "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func TestModelShort(t *testing.T) {
	t.Parallel()
	check(t, size(t, onSQLite), onPostgres)
}

func size(t *testing.T, usual int) int {
	text := os.Getenv("TACTUS_MODEL_N")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("TACTUS_MODEL_N=%q is not a number of histories", text)
	}
	return n
}

// check lets so many random histories run on each kind of database; any difference between engine and model fails, with the seed and the
// shortest history that shows it.
func check(t *testing.T, sqlite, postgres int) {
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		for first := 0; first < sqlite && !t.Failed(); first += perRig {
			some(t, fmt.Sprintf("from %d", first), ":memory:", min(perRig, sqlite-first))
		}
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		some(t, "all", pgtest.URL(t), postgres)
	})
}

// some runs n histories on one database.
func some(t *testing.T, name, address string, n int) {
	t.Run(name, func(t *testing.T) {
		r := newRig(t, address)
		for done := 0; done < n; done += perCheck {
			rapid.Check(t, func(rt *rapid.T) { live(rt, r, t.Context()) })
		}
	})
}
