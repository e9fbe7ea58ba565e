package cli_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"tactus/internal/cli"
)

// tactus runs one command line in this process.
func tactus(ctx context.Context, args ...string) (code int, said string) {
	var out, errs bytes.Buffer
	code = cli.Run(ctx, args, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Env: func(string) string { return "" }})
	return code, errs.String()
}

// Who presses Ctrl-C is not told what broke off.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if code, said := tactus(ctx, "plan", "list", "--server", "http://127.0.0.1:1", "--key", "x"); code != 1 || said != "tactus: interrupted\n" {
		t.Errorf("%d %q", code, said)
	}
	if code, said := tactus(ctx, "bench", "steps", "--n", "10", "--dir", t.TempDir()); code != 1 || !strings.Contains(said, "interrupted") || strings.Contains(said, "INSERT") {
		t.Errorf("%d %q", code, said)
	}
}

// What is wrong in a bench's command line is said before anything is made (CLI-2).
func TestBenchCommandLine(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"none"}, {"steps", "--n", "-1"}, {"steps", "--runs", "-1"}, {"steps", "--workers", "0"}, {"steps", "--db", "mysql"}} {
		if code, said := tactus(t.Context(), append([]string{"bench"}, args...)...); code != 2 || !strings.Contains(said, "--help") {
			t.Errorf("%q: %d %q", args, code, said)
		}
	}
}

// A wrong command line and a file that is not there are told apart, and neither in the words of a parser (CLI-2).
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		code int
		says string
	}{
		{"plan check none.yaml", 1, "none.yaml cannot be read"},
		{"plan apply none.yaml", 1, "none.yaml cannot be read"},
		{"plan simulate none.yaml", 1, "none.yaml cannot be read"},
		{"contacts import none.csv --consent none", 1, "none.csv cannot be read"},
		{"messages --limit abc", 2, `--limit takes a whole number, not "abc"`},
		{"demo --for soon", 2, `--for takes a time like 20s, 5m or 2h, not "soon"`},
		{"demo --speed fast", 2, `--speed takes a number, not "fast"`},
		{"messages --json=perhaps", 2, `--json takes true or false, or nothing at all, not "perhaps"`},
		{"enrollments stop 12 15 --status paused", 2, "--status chooses among the contacts of a --plan"},
		{"messages --colour", 2, "unknown flag: --colour"},
	} {
		if code, said := tactus(t.Context(), strings.Fields(c.line)...); code != c.code || !strings.Contains(said, c.says) || strings.Contains(said, "strconv") {
			t.Errorf("%s: exit code %d, %q", c.line, code, said)
		}
	}
}
