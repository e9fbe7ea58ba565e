package simulate_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"tactus/internal/cli"
)

var update = flag.Bool("update", false, "rewrite the expected timelines")

// TestTimelines runs every rule of 1-plans as a timeline: plan files and one or more command lines of `tactus plan simulate`, against the
// dated log that they must give. In an archive, each file "args…" holds flags (without file names), and the file "want…" of the same
// suffix what must come out; "exit N" and the error text stand there when the simulator refuses.
func TestTimelines(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no timelines found: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			timeline(t, path)
		})
	}
}

func timeline(t *testing.T, path string) {
	ar, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var plans []string
	for _, f := range ar.Files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name, ".yaml") {
			plans = append(plans, filepath.Join(dir, f.Name))
		}
	}
	changed := false
	for _, f := range ar.Files {
		suffix, ok := strings.CutPrefix(f.Name, "args")
		if !ok {
			continue
		}
		got := simulateLog(plans, dir, string(f.Data))
		i := want(ar, "want"+suffix)
		switch {
		case i >= 0 && string(ar.Files[i].Data) == got:
		case *update:
			changed = true
			if i < 0 {
				ar.Files = append(ar.Files, txtar.File{Name: "want" + suffix, Data: []byte(got)})
			} else {
				ar.Files[i].Data = []byte(got)
			}
		case i < 0:
			t.Errorf("%s has no want%s; got:\n%s", path, suffix, got)
		default:
			t.Errorf("%s, args%s:\n--- want\n%s--- got\n%s", path, suffix, ar.Files[i].Data, got)
		}
	}
	if changed {
		if err := os.WriteFile(path, txtar.Format(ar), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func want(ar *txtar.Archive, name string) int {
	for i, f := range ar.Files {
		if f.Name == name {
			return i
		}
	}
	return -1
}

// simulateLog runs the command line itself; one flag with its value a line of args. The result is a compact log, one line a JSON line:
//
//	2026-03-07T10:00:00-05:00 New buyer lead#1 active assigned
//	2026-03-07T10:00:00-05:00 New buyer lead#1.1 step 1 Hello fired [due …] [reason] | subject | text
func simulateLog(plans []string, dir, args string) string {
	line := append([]string{"plan", "simulate", "--json"}, plans...)
	for _, l := range strings.Split(strings.TrimSpace(args), "\n") {
		if l = strings.TrimSpace(l); l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		flagName, value, ok := strings.Cut(l, " ")
		line = append(line, flagName)
		if ok {
			line = append(line, strings.ReplaceAll(strings.Trim(strings.TrimSpace(value), "'"), "$DIR", dir))
		}
	}
	var out, errs bytes.Buffer
	code := cli.Run(context.Background(), line, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Env: func(string) string { return "" }})
	log := compact(out.String())
	if code != 0 {
		text, _, _ := strings.Cut(strings.ReplaceAll(errs.String(), dir+"/", ""), "\nRun the command")
		log += "exit " + string(rune('0'+code)) + ": " + strings.TrimSpace(text) + "\n"
	}
	return log
}
