package plan_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"tactus/internal/plan"
)

// Files that nobody writes by hand are refused with a code, in bounded time.
func TestLoadHostile(t *testing.T) {
	t.Parallel()
	const head = "tactus: 1\nplan: P\nsteps:\n"
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'j'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 9), ", "))
	}
	big := "x: &x {name: " + strings.Repeat("n", 100_000) + ", action: call, when: immediately}\n" + head + strings.Repeat("  - *x\n", 900)
	tests := map[string]struct {
		data string
		line int
		code plan.Code
	}{
		"empty":           {"", 1, plan.EmptyFile},
		"blank":           {" \n\n", 1, plan.EmptyFile},
		"comment":         {"# x\n", 1, plan.EmptyFile},
		"only a BOM":      {"\ufeff", 1, plan.EmptyFile},
		"latin-1":         {"tactus: 1\nplan: caf\xe9\n", 2, plan.NotUTF8},
		"UTF-16":          {"\xff\xfet\x00a\x00", 1, plan.NotUTF8},
		"NUL":             {"tactus: 1\nplan: \x00\n", 2, plan.BadSyntax},
		"too large":       {"plan: " + strings.Repeat("x", 1<<20), 1, plan.TooLarge},
		"a text":          {"hello", 1, plan.WrongType},
		"null":            {"null", 1, plan.WrongType},
		"alias bomb":      {bomb + head + "  - *j\n", 10, plan.WrongType},
		"alias texts":     {big, 1, plan.TooLarge},
		"own alias":       {head + "  - &s {name: x, action: call, when: immediately, notify: *s}\n", 4, plan.WrongType},
		"unknown alias":   {head + "  - *s\n", 4, plan.BadSyntax},
		"steps":           {head + strings.Repeat("  - {action: call, when: immediately}\n", 1001), 1004, plan.TooLarge},
		"many keys":       {"plan: P\n" + manyKeys(70_000), 2, plan.UnknownKey},
		"deep":            {"plan: " + strings.Repeat("[", 20_000), 1, plan.BadSyntax},
		"deep JSON":       {strings.Repeat(`{"a":`, 20_000), 1, plan.BadSyntax},
		"second document": {"tactus: 1\nplan: P\nsteps:\n  - {action: call, when: immediately}\n---\nx: 1\n", 5, plan.SeveralDocuments},
		"second broken":   {"tactus: 1\nplan: P\nsteps:\n  - {action: call, when: immediately}\n---\nx: 1: 2\n", 6, plan.BadSyntax},
	}
	for name, tt := range tests {
		_, problems := plan.Load("f", []byte(tt.data), actions())
		found := false
		for _, p := range problems {
			found = found || p.Code == tt.code && p.Line == tt.line
		}
		if !found {
			t.Errorf("%s: want %s in line %d, got %.300v", name, tt.code, tt.line, problems)
		}
	}
}

// Characters that YAML 1.1 takes for line breaks are parts of a text, and lines are counted as editors count them.
func TestLoadOddBreaks(t *testing.T) {
	t.Parallel()
	data := "tactus: 1\nplan: \"P\u2028Q\" # \u0085\nsteps:\n  - name: A\n    action: add_note\n    when: immediately\n    text: |\n      x\u2028y\u2029\n      {{ contact.nme }}\n"
	f, problems := plan.Load("f", []byte(data), actions())
	if len(problems) != 1 || problems[0].Line != 9 || f.Document.Name != "P\u2028Q" || string(f.Document.Steps[0].Config) != `{"text":"x\u2028y\u2029\n{{ contact.nme }}\n"}` {
		t.Errorf("%v %+v", problems, f.Document)
	}
}

// Windows line ends, a BOM and merged keys change nothing.
func TestLoadVariants(t *testing.T) {
	t.Parallel()
	const good = "tactus: 1\nplan: P\nsteps:\n  - name: A\n    action: add_note\n    when: immediately\n    text: |\n      Hi\n      {{ contact.nme }}\n"
	for name, data := range map[string]string{
		"plain": good, "BOM": "\ufeff" + good, "CRLF": strings.ReplaceAll(good, "\n", "\r\n"),
	} {
		f, problems := plan.Load("f", []byte(data), actions())
		if len(problems) != 1 || problems[0].Line != 9 || f.Document == nil || string(f.Document.Steps[0].Config) != `{"text":"Hi\n{{ contact.nme }}\n"}` {
			t.Errorf("%s: %v", name, problems)
		}
	}
	merged := "tactus: 1\nplan: P\nsteps:\n  - &a\n    name: A\n    action: call\n    when: immediately\n  - <<: *a\n    name: B\n"
	f, problems := plan.Load("f", []byte(merged), actions())
	if len(problems) > 0 || f.Document.Steps[1].Action != "call" || f.Document.Steps[1].Name != "B" {
		t.Errorf("merged keys: %v %+v", problems, f.Document)
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	return b.String()
}

// A problem is JSON with the keys that 1a fixes.
func TestProblemJSON(t *testing.T) {
	t.Parallel()
	_, problems := plan.Load("f.yaml", []byte("tactus: 1\nplan: P\nsteps:\n  - {name: A, action: cal, when: immediately}\n"), actions())
	got, err := json.Marshal(problems)
	want := `[{"file":"f.yaml","line":4,"step":1,"code":"unknown_action","message":"there is no action \"cal\" (did you mean \"call\"?)"}]`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}

func FuzzLoad(f *testing.F) {
	archives, err := filepath.Glob("testdata/check/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range archives {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(data).Files {
			if file.Name != "want" && file.Name != "names" {
				f.Add(file.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, problems := plan.Load("f", data, actions())
		lines := strings.Count(strings.ReplaceAll(string(data), "\r", "\n"), "\n") + 1
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Message == "" || p.Code == "" {
				t.Errorf("of %d lines: %+v", lines, p)
			}
		}
		plan.Check([]*plan.File{file}, plan.Names{})
		if len(problems) > 0 || file.Document == nil {
			return
		}
		out, err := file.Document.YAML(true)
		if err != nil {
			t.Fatal(err)
		}
		if _, problems := plan.Load("f", out, actions()); len(problems) > 0 {
			t.Errorf("the export has problems: %v\n%s", problems, out)
		}
	})
}
