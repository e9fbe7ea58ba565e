package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"tactus/internal/bench"
	"tactus/internal/cli"
	"tactus/internal/fault"
	"tactus/internal/store/pgserver"
)

// asProgram makes this test binary the program itself.
const asProgram = "TACTUS_BENCH_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Run(ctx, os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv})
		stop()
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func program(args ...string) (*exec.Cmd, error) {
	path, err := os.Executable()
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd, err
}

// each runs a bench, small, on both databases, and looks at what must hold of any figures.
func each(t *testing.T, name string, opt bench.Options, check func(t *testing.T, r bench.Result)) {
	t.Helper()
	b, err := bench.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, db := range []string{bench.SQLite, bench.Postgres} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			opt := opt
			opt.DB, opt.Dir, opt.Command = db, t.TempDir(), program
			if db == bench.Postgres {
				opt.Postgres = server(t)
			}
			r, err := b.Run(t.Context(), opt)
			if err != nil {
				t.Fatal(err)
			}
			if strings.TrimSuffix(r.Bench, "-signed") != name || r.DB != db || r.N != opt.N {
				t.Errorf("%+v", r)
			}
			check(t, r)
			if left, err := os.ReadDir(opt.Dir); err != nil || len(left) != 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}

// server is the tests' own, or the one that the environment names.
func server(t *testing.T) string {
	t.Helper()
	if url := os.Getenv("TACTUS_POSTGRES_URL"); url != "" {
		return url
	}
	url, err := pgserver.Shared(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// measured holds of a bench with a yardstick.
func measured(t *testing.T, r bench.Result, unit string) {
	t.Helper()
	if r.Ours <= 0 || r.Yardstick <= 0 || r.Ratio <= 0 || r.Unit != unit {
		t.Errorf("%+v", r)
	}
}

// stepRows is what one enrollment's five steps leave: its own row and its contact's, 10 of history, 5 guards, 2 tags.
const stepRows = 19

func TestSteps(t *testing.T) {
	t.Parallel()
	each(t, "steps", bench.Options{N: 300, Runs: 2, Workers: 2}, func(t *testing.T, r bench.Result) {
		measured(t, r, "steps/s")
		if r.More["rows"] != stepRows*300 {
			t.Errorf("%g rows were written", r.More["rows"])
		}
	})
}

func TestAssign(t *testing.T) {
	t.Parallel()
	each(t, "assign", bench.Options{N: 300, Runs: 1}, func(t *testing.T, r bench.Result) { measured(t, r, "contacts/s") })
}

func TestEmail(t *testing.T) {
	t.Parallel()
	for _, signed := range []bool{false, true} {
		t.Run(fmt.Sprint("signed=", signed), func(t *testing.T) {
			t.Parallel()
			each(t, "email", bench.Options{N: 60, Runs: 1, Signed: signed}, func(t *testing.T, r bench.Result) { measured(t, r, "messages/s") })
		})
	}
}

func TestLead(t *testing.T) {
	t.Parallel()
	each(t, "lead", bench.Options{N: 150, Members: 200}, func(t *testing.T, r bench.Result) {
		measured(t, r, "ms")
		for _, rate := range []string{"1", "50", "200"} {
			if lost, ok := r.More["at_"+rate+"_a_second_lost"]; !ok || lost != 0 {
				t.Errorf("lost: %v", r.More)
			}
		}
		if r.P50 <= 0 || r.P99 < r.P50 || r.More["twice"] != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestDue(t *testing.T) {
	t.Parallel()
	each(t, "due", bench.Options{N: 1, Members: 20_000}, func(t *testing.T, r bench.Result) {
		if r.More["fired"] != 200 || r.P99 < r.P50 {
			t.Errorf("%+v", r)
		}
	})
}

func TestImport(t *testing.T) {
	t.Parallel()
	each(t, "import", bench.Options{N: 500, Runs: 1}, func(t *testing.T, r bench.Result) {
		measured(t, r, "rows/s")
		if r.More["rows_written"] < 1000 {
			t.Errorf("%g rows were written", r.More["rows_written"])
		}
	})
}

func TestMemory(t *testing.T) {
	t.Parallel()
	each(t, "memory", bench.Options{N: 100, Members: 300}, func(t *testing.T, r bench.Result) {
		if runtime.GOOS == "linux" && (r.RSS <= 0 || r.More["idle_rss_mb"] <= 0) {
			t.Errorf("%+v", r)
		}
	})
}

func TestPages(t *testing.T) {
	t.Parallel()
	each(t, "pages", bench.Options{N: 2, Members: 2000}, func(t *testing.T, r bench.Result) {
		if r.P99 <= 0 || r.Unit != "ms" {
			t.Errorf("%+v", r)
		}
		for name, want := range map[string]float64{"rows_of_history": 20_000, "rows_of_message": 2000, "rows_of_plan": 1000, "rows_of_task": 200} {
			if r.More[name] != want {
				t.Errorf("%s = %v", name, r.More[name])
			}
		}
		for _, list := range []string{"contacts", "contacts, further on", "contacts of a stage, further on", "contact's timeline", "plan's history, further on", "messages, further on", "tags"} {
			if r.More[list+": p99_ms"] <= 0 {
				t.Errorf("nothing was measured of %s", list)
			}
		}
	})
}

func TestStart(t *testing.T) {
	t.Parallel()
	each(t, "start", bench.Options{N: 1, Runs: 2, Members: 300}, func(t *testing.T, r bench.Result) {
		if r.Ours <= 0 || r.Unit != "s" {
			t.Errorf("%+v", r)
		}
	})
}

// TestKeep: a fixture that is kept is taken from there the next time.
func TestKeep(t *testing.T) {
	t.Parallel()
	b, err := bench.Find("assign")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for range 2 {
		if _, err := b.Run(t.Context(), bench.Options{DB: bench.SQLite, N: 10, Keep: dir}); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "fixture_people_10.db" {
		t.Errorf("%v %v", left, err)
	}
}

// TestOutput: the form of 9-quality; what does not apply is left out.
func TestOutput(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := bench.WriteJSON(&out, bench.Result{Bench: "due", DB: "sqlite", N: 3, P50: 1.23456, P99: 9}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), `{"bench":"due","db":"sqlite","n":3,"p50_ms":1.235,"p99_ms":9}`+"\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	var full map[string]any
	out.Reset()
	if err := bench.WriteJSON(&out, bench.Result{Bench: "b", DB: "d", N: 1, Ours: 1, Yardstick: 2, Unit: "u", Ratio: 0.5, P50: 1, P99: 2, RSS: 3}); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &full); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"bench", "db", "n", "ours", "yardstick", "unit", "ratio", "p50_ms", "p99_ms", "rss_mb"} {
		if _, ok := full[key]; !ok {
			t.Errorf("%s is missing", key)
		}
	}
	var table bytes.Buffer
	if err := bench.WriteTable(&table, bench.Result{Bench: "steps", DB: "sqlite", N: 5, Ours: 12345.6, Notes: []string{"mind the gap"}}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"steps", "12346", "mind the gap"} {
		if !bytes.Contains(table.Bytes(), []byte(part)) {
			t.Errorf("no %q in\n%s", part, table.String())
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	if _, err := bench.Find("nothing"); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	for _, b := range bench.All() {
		if _, err := b.Run(t.Context(), bench.Options{DB: "oracle"}); !fault.Is(err, fault.Invalid) {
			t.Error(b.Name, err)
		}
	}
	if !slices.ContainsFunc(bench.All(), func(b bench.Bench) bool { return b.Name == "steps" && b.N == 100_000 }) {
		t.Error("steps is not 100,000")
	}
}
