package oracle_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"tactus/internal/store/pgtest"
)

// What make test runs (9-quality); TACTUS_MODEL_N is another number of histories, of which onPostgres of onSQLite run on PostgreSQL.
const (
	onSQLite   = 10_000
	onPostgres = 500
)

// perRig is how many histories share a database, perCheck how many are one property of rapid's, whose own count is a flag for all.
const (
	perRig   = 2500
	perCheck = 20
)

func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(800) // many histories, each soon forgotten
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(perCheck), "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func TestModelShort(t *testing.T) {
	t.Parallel()
	n := size(t, onSQLite)
	check(t, n, share(n, onPostgres, onSQLite))
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

// share is part of whole of n, and enough to mean something.
func share(n, part, whole int) int { return max(perCheck, n*part/whole) }

// check lets so many random histories run on each kind of database; any difference between engine and model fails, with the seed and the
// shortest history that shows it. A seed given (-rapid.seed) is that of one property, which is then run alone.
func check(t *testing.T, sqlite, postgres int) {
	if flag.Lookup("rapid.seed").Value.String() != "0" {
		sqlite, postgres = perCheck, perCheck
	}
	for _, on := range []struct {
		name    string
		n       int
		address func(t *testing.T) string
	}{
		{"memory", sqlite, func(*testing.T) string { return ":memory:" }},
		{"postgres", postgres, func(t *testing.T) string { return pgtest.URL(t) }},
	} {
		t.Run(on.name, func(t *testing.T) {
			t.Parallel()
			some(t, on.n, on.address)
		})
	}
}

// some runs n histories, on as many databases at a time as there are processors.
func some(t *testing.T, n int, address func(t *testing.T) string) {
	var taken, agreed atomic.Int64
	tenth := int64(max(perRig, n/10))
	t.Cleanup(func() { t.Logf("%d of %d histories agree with the model", agreed.Load(), n) })
	for lane := range min(runtime.GOMAXPROCS(0), (n+perCheck-1)/perCheck) {
		t.Run(strconv.Itoa(lane), func(t *testing.T) {
			t.Parallel()
			for first := 0; taken.Load() < int64(n); first += perRig {
				t.Run(fmt.Sprintf("from %d", first), func(t *testing.T) {
					r := newRig(t, address(t))
					for done := 0; done < perRig && taken.Add(perCheck) <= int64(n+perCheck-1); done += perCheck {
						rapid.Check(quiet{t}, func(rt *rapid.T) { live(rt, r, context.WithoutCancel(t.Context())) })
						if all := agreed.Add(perCheck); all%tenth < perCheck {
							t.Logf("%d of %d histories", all, n)
						}
					}
				})
				if t.Failed() {
					taken.Store(int64(n))
				}
			}
		})
	}
}

// quiet tells of properties that fail only, and how to see that again by themselves.
type quiet struct{ *testing.T }

// Logf implements rapid.TB.
func (q quiet) Logf(format string, args ...any) {
	if q.Failed() {
		q.T.Logf(format, args...)
	}
}

// Name implements rapid.TB: the test and the database; lanes are those of one run.
func (q quiet) Name() string { return strings.Join(strings.SplitN(q.T.Name(), "/", 3)[:2], "/") }
