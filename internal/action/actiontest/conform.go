// Package actiontest is the conformance suite of actions: what every kind owes the editor, the API,
// the plan language and the engine. It runs over the real registry, and over any other.
package actiontest

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tactus/internal/action"
	"tactus/internal/form"
)

// Conform fails the test for everything in which a kind of the registry breaks the contract of package action.
func Conform(t *testing.T, r *action.Registry) {
	t.Helper()
	for _, k := range r.Kinds() {
		t.Run(k.Info().Name, func(t *testing.T) {
			t.Parallel()
			documented(t, k)
			decodable(t, k)
			demanding(t, k)
			referring(t, r, k)
			deciding(t, k)
		})
	}
}

var nameForm = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// documented: name, label and help of the kind and of every field; options and defaults that fit.
func documented(t *testing.T, k action.Kind) {
	t.Helper()
	info := k.Info()
	if !nameForm.MatchString(info.Name) {
		t.Errorf("the name %q is not of the form verb_object", info.Name)
	}
	sentence(t, "the kind", info.Label, info.Help)
	for _, f := range k.Fields() {
		if !nameForm.MatchString(f.Name) {
			t.Errorf("the field name %q is not of the form snake_case", f.Name)
		}
		sentence(t, "field "+f.Name, f.Label, f.Help)
		if (f.Type == form.Choice) != (len(f.Options) > 0) {
			t.Errorf("field %s: a choice has options, nothing else has", f.Name)
		}
		if f.Type == form.Choice && f.Default != "" && !slices.Contains(f.Options, f.Default) {
			t.Errorf("field %s: the default %q is no option", f.Name, f.Default)
		}
		if f.Required && f.Default != "" {
			t.Errorf("field %s is required and has a default", f.Name)
		}
		if f.Merge && f.Type != form.Text && f.Type != form.LongText && f.Type != form.List {
			t.Errorf("field %s of type %s cannot hold merge fields", f.Name, f.Type)
		}
	}
}

func sentence(t *testing.T, what, label, help string) {
	t.Helper()
	if label == "" || label != strings.TrimSpace(label) {
		t.Errorf("%s has no label", what)
	}
	if !strings.HasSuffix(help, ".") {
		t.Errorf("%s has no help that ends as a sentence does: %q", what, help)
	}
}

// decodable: the fields are exactly the JSON tags, take the Go type of their form type, and survive a round trip.
func decodable(t *testing.T, k action.Kind) {
	t.Helper()
	tags := jsonTags(t, k)
	fields := map[string]reflect.Type{}
	for _, f := range k.Fields() {
		if _, twice := fields[f.Name]; twice {
			t.Errorf("field %s is described twice", f.Name)
		}
		fields[f.Name] = tags[f.Name]
		if typ := tags[f.Name]; typ != nil && !fits(f.Type, typ) {
			t.Errorf("field %s of type %s is kept in a Go %s", f.Name, f.Type, typ)
		}
	}
	if !maps.Equal(fields, tags) {
		t.Fatalf("fields %v and JSON tags %v differ", keys(fields), keys(tags))
	}

	want := full(k)
	a, err := action.Decode(k, encode(t, want))
	if err != nil {
		t.Fatalf("its own fields are refused: %v", err)
	}
	var got map[string]any
	if err := json.Unmarshal(encode(t, a), &got); err != nil {
		t.Fatal(err)
	}
	if again := encode(t, got); string(again) != string(encode(t, want)) {
		t.Errorf("round trip: got %s, want %s", again, encode(t, want))
	}
	if _, err := action.Decode(k, json.RawMessage(`{"no_such_field": 1}`)); err == nil {
		t.Error("an unknown field is accepted")
	}
	if k.New() == k.New() && len(fields) > 0 {
		t.Error("New returns the same value twice")
	}
}

// jsonTags returns the Go types of a config's fields by JSON tag.
func jsonTags(t *testing.T, k action.Kind) map[string]reflect.Type {
	t.Helper()
	typ := reflect.TypeOf(k.New())
	if typ.Kind() != reflect.Pointer || typ.Elem().Kind() != reflect.Struct {
		t.Fatalf("New returns a %s, not a pointer to a struct", typ)
	}
	tags := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(typ.Elem()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			continue
		}
		if name == "" || !f.IsExported() {
			t.Errorf("the field %s has no JSON tag", f.Name)
		}
		tags[name] = f.Type
	}
	return tags
}

func fits(typ form.Type, kept reflect.Type) bool {
	if kept.Kind() == reflect.Pointer {
		kept = kept.Elem()
	}
	switch typ {
	case form.Bool:
		return kept.Kind() == reflect.Bool
	case form.Int:
		return kept.Kind() == reflect.Int
	case form.List:
		return kept == reflect.TypeFor[action.List]()
	case form.Text, form.LongText, form.Choice, form.Secret, form.URL, form.Duration:
		return kept.Kind() == reflect.String
	}
	return false
}

// full returns a value for every field of the kind.
func full(k action.Kind) map[string]any {
	config := map[string]any{}
	for _, f := range k.Fields() {
		config[f.Name] = sample(f)
	}
	return config
}

func sample(f form.Field) any {
	switch f.Type {
	case form.Bool:
		return true
	case form.Int:
		return 3
	case form.List:
		return []string{"kim@example.com", "lee@example.com"}
	case form.Choice:
		return f.Options[0]
	case form.URL:
		return "https://example.com/path"
	case form.Duration:
		return "1h"
	case form.Text, form.LongText, form.Secret:
	}
	if f.Default != "" {
		return f.Default
	}
	return "kim@example.com"
}

func encode(t *testing.T, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
