package plan_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"tactus/internal/action"
	"tactus/internal/action/call"
	"tactus/internal/action/email"
	"tactus/internal/action/flow"
	"tactus/internal/action/letter"
	"tactus/internal/action/note"
	"tactus/internal/action/otherplan"
	"tactus/internal/action/remind"
	"tactus/internal/action/stage"
	"tactus/internal/action/tag"
	"tactus/internal/action/task"
	"tactus/internal/action/text"
	"tactus/internal/action/user"
	"tactus/internal/action/webhook"
	"tactus/internal/plan"
)

var update = flag.Bool("update", false, "rewrite the expected problems in testdata")

func actions() plan.Actions {
	return action.NewRegistry(email.Send{}, text.Send{}, call.Start{}, letter.Send{}, remind.Create{}, task.Create{}, user.Assign{}, user.Unassign{},
		tag.Add{}, tag.Remove{}, stage.Change{}, note.Add{}, otherplan.Assign{}, otherplan.Pause{}, otherplan.PauseAll{}, flow.Repeat{}, flow.End{}, webhook.Call{})
}

// 1a: each archive of testdata/check holds plan files and "want", the problems as FILE:LINE: code: message. A line of a plan
// file that is the place of a problem ends in "# !" where the text allows a comment; the test holds want to it. "names"
// is what the account has, as JSON of plan.Names.
func TestCheckFiles(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/check/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			checkArchive(t, path, archive)
		})
	}
}

func checkArchive(t *testing.T, path string, archive *txtar.Archive) {
	t.Helper()
	var names plan.Names
	var files []*plan.File
	var problems []plan.Problem
	var want *txtar.File
	for i := range archive.Files {
		f := &archive.Files[i]
		switch f.Name {
		case "want":
			want = f
			continue
		case "names":
			if err := json.Unmarshal(f.Data, &names); err != nil {
				t.Fatal(err)
			}
			continue
		}
		file, found := plan.Load(f.Name, f.Data, actions())
		files, problems = append(files, file), append(problems, found...)
	}
	problems = append(problems, plan.Check(files, names)...)
	marked := map[plan.Problem]bool{}
	var got strings.Builder
	for _, p := range problems {
		got.WriteString(strings.Replace(p.String(), p.Message, string(p.Code)+": "+p.Message, 1) + "\n")
		marked[plan.Problem{File: p.File, Line: p.Line}] = true
	}
	for _, f := range archive.Files {
		for i, line := range strings.Split(string(f.Data), "\n") {
			if place := (plan.Problem{File: f.Name, Line: i + 1}); strings.HasSuffix(line, "# !") && !marked[place] {
				t.Errorf("no problem at the mark in %s:%d: %s", f.Name, i+1, line)
			}
		}
	}
	if want == nil {
		archive.Files = append(archive.Files, txtar.File{Name: "want"})
		want = &archive.Files[len(archive.Files)-1]
	}
	if *update {
		want.Data = []byte(got.String())
		if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got.String() != string(want.Data) {
		t.Errorf("got\n%swant\n%s", got.String(), want.Data)
	}
}
