package actiontest_test

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/app"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// HOUSE-3: every kind of the program keeps the contract.
func TestConformance(t *testing.T) {
	t.Parallel()
	actiontest.Conform(t, app.Actions())
}

// HOUSE-3: a kind that exists is registered, and every folder beside the suite holds a kind.
func TestEveryFolderIsRegistered(t *testing.T) {
	t.Parallel()
	declared, err := actiontest.Folders("..")
	if err != nil {
		t.Fatal(err)
	}
	var registered []string
	for _, k := range app.Actions().Kinds() {
		typ := reflect.TypeOf(k)
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		registered = append(registered, typ.String())
	}
	slices.Sort(registered)
	if !slices.Equal(declared, registered) {
		t.Errorf("declared under internal/action:  %v\nregistered in app/registry.go: %v", declared, registered)
	}
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		kind := slices.ContainsFunc(declared, func(typ string) bool { return strings.HasPrefix(typ, e.Name()+".") })
		if e.IsDir() && e.Name() != "actiontest" && !kind {
			t.Errorf("the folder internal/action/%s holds no kind", e.Name())
		}
	}
}

// HOUSE-7: stored names are for ever; a new kind adds a line, no line ever goes or changes.
func TestKindNames(t *testing.T) {
	t.Parallel()
	names := slices.Sorted(slices.Values(app.Actions().Names()))
	golden(t, "kinds.golden", strings.Join(names, "\n")+"\n")
}

// HOUSE-3: the reference is made from what the kinds say of themselves.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	text := action.Markdown(app.Actions())
	for _, k := range app.Actions().Kinds() {
		if !strings.Contains(text, "\n## `"+k.Info().Name+"`\n") {
			t.Errorf("%s has no chapter", k.Info().Name)
		}
		for _, f := range k.Fields() {
			if !strings.Contains(text, "\n| `"+f.Name+"` | ") {
				t.Errorf("%s: field %s has no row", k.Info().Name, f.Name)
			}
		}
	}
	if text != action.Markdown(app.Actions()) {
		t.Error("the reference differs from one time to the next")
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s\nwant\n%s", path, got, want)
	}
}
