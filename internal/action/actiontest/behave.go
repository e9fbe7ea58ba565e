package actiontest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/action"
	"tactus/internal/contact"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// demanding: an empty config is refused for exactly its required fields, and for the first of those of which one is needed.
func demanding(t *testing.T, k action.Kind) {
	t.Helper()
	known, want := map[string]form.Field{}, map[string]bool{}
	for _, f := range k.Fields() {
		known[f.Name] = f
		if f.Required {
			want[f.Name] = true
		}
	}
	if c, ok := k.(action.Chooser); ok {
		for i, name := range c.OneOf() {
			if f, ok := known[name]; !ok || f.Required || f.Default != "" {
				t.Errorf("one of %v: %q is no field, required or has a default", c.OneOf(), name)
			}
			if i == 0 {
				want[name] = true
			}
		}
	}
	got := map[string]bool{}
	for _, fault := range k.New().Validate() {
		if fault.Message == "" || got[fault.Name] {
			t.Errorf("the fault of %q has no message, or is reported twice", fault.Name)
		}
		got[fault.Name] = true
	}
	if !maps.Equal(got, want) {
		t.Errorf("an empty config is refused for %v, want %v", keys(got), keys(want))
	}
}

// referring: whatever the fields say of references and merge fields, Refs and Texts do for a config that sets them all.
func referring(t *testing.T, r *action.Registry, k action.Kind) {
	t.Helper()
	config := map[string]json.RawMessage{}
	for _, f := range k.Fields() {
		// One field alone, because fields that exclude each other may hide one another.
		config[f.Name] = encode(t, map[string]any{f.Name: sample(f)})
	}
	name := k.Info().Name
	for _, f := range k.Fields() {
		texts := slices.ContainsFunc(keys(r.Texts(name, config[f.Name])), func(text string) bool { return fieldName(text) == f.Name })
		if texts != f.Merge {
			t.Errorf("field %s: merge fields %v, but among Texts %v", f.Name, f.Merge, texts)
		}
		named := form.NoRef
		for _, ref := range r.Refs(name, config[f.Name]) {
			if fieldName(ref.Field) == f.Name {
				named = ref.Ref
			}
		}
		if named != f.Ref {
			t.Errorf("field %s refers to %q, but Refs say %q", f.Name, f.Ref, named)
		}
	}
}

func fieldName(path string) string {
	name, _, _ := strings.Cut(path, "[")
	return name
}

// deciding: Do never panics, always says the same of the same, changes nothing that it was shown, and its outcome is one thing.
func deciding(t *testing.T, k action.Kind) {
	t.Helper()
	configs := []map[string]any{{}, full(k)}
	for _, f := range k.Fields() {
		configs = append(configs, map[string]any{f.Name: sample(f)})
	}
	for _, config := range configs {
		for _, in := range inputs() {
			a, err := action.Decode(k, encode(t, config))
			if err != nil {
				t.Fatal(err)
			}
			before := encode(t, []any{a, in.Contact, in.Refs})
			out := a.Do(in)
			if again := a.Do(in); !reflect.DeepEqual(again, out) {
				t.Errorf("Do is not pure: %+v, then %+v", out, again)
			}
			if after := encode(t, []any{a, in.Contact, in.Refs}); string(after) != string(before) {
				t.Errorf("Do changed what it was shown: %s became %s", before, after)
			}
			if nothing := len(out.Effects) == 0 && out.Flow == action.Continue; (out.Skip != "" || out.Fail != "") != nothing {
				t.Errorf("an outcome is either a skip or failure or has effects: %+v", out)
			}
			if out.Skip != "" && out.Fail != "" || nameless(out.Skip) || nameless(out.Fail) {
				t.Errorf("the reason is not one snake_case code: %+v", out)
			}
		}
	}
	if c, ok := k.New().(action.Content); ok {
		c.Content(0)
		c.Content(1 << 30)
	}
}

func nameless(reason string) bool { return reason != "" && !nameForm.MatchString(reason) }

// inputs are the barest moment there can be, and one in which every name means something.
func inputs() []action.Input {
	ids := map[string]int64{"kim@example.com": 1, "lee@example.com": 2}
	moment := time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC)
	bare := action.Input{
		Contact: &contact.Facts{}, Refs: &plan.Refs{}, Now: moment, Due: moment, Round: 1, Owner: 9,
		Render: func(text string) (string, error) { return text, nil },
		Alive:  func(form.Ref, int64) bool { return false },
		OnPlan: func(int64) plan.Status { return "" },
		OnNext: func(int64) plan.Status { return "" },
	}
	rich := bare
	rich.Contact = &contact.Facts{Zone: "America/New_York", Stage: 3, Assigned: 1, Tags: contact.TagSet{2: {}}}
	rich.Refs = &plan.Refs{Stages: ids, Tags: ids, Users: ids, Templates: ids, Plans: ids, Partners: ids}
	rich.AssignedBy = 2
	rich.Alive = func(form.Ref, int64) bool { return true }
	rich.OnPlan = func(int64) plan.Status { return plan.Active }
	rich.OnNext = rich.OnPlan
	unknown := bare
	unknown.Refs = nil
	return []action.Input{bare, rich, unknown}
}
