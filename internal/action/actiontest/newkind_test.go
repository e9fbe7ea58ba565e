package actiontest_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/app"
	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// wave is an action that the program does not have: everything that a new kind needs is in this
// declaration and in the one line that registers it.
type wave struct{}

func (wave) Info() action.Info {
	return action.Info{Name: "wave_hand", Label: "Wave", Help: "Notes that the user waved."}
}

func (wave) Fields() []form.Field {
	return []form.Field{
		{Name: "words", Label: "Words", Type: form.Text, Merge: true, Required: true, Help: "What is called across the street."},
		{Name: "user", Label: "User", Type: form.Text, Ref: form.User, Help: "Who waves."},
	}
}

func (wave) New() action.Action { return new(waving) }

type waving struct {
	Words string `json:"words"`
	User  string `json:"user"`
}

func (c *waving) Validate() []fault.Field {
	var f action.Faults
	f.Line("words", c.Words, "is missing; say something")
	return f.All()
}

func (c *waving) Refs() []plan.Reference {
	return []plan.Reference{{Field: "user", Ref: form.User, Name: c.User}}
}

func (c *waving) Texts() map[string]string { return map[string]string{"words": c.Words} }

func (c *waving) Do(in action.Input) action.Outcome {
	words, err := in.Line(c.Words)
	if err != nil {
		return action.Unrenderable("words", err)
	}
	return action.Doing(action.ChangeContact{Note: words})
}

// HOUSE-3: a new action is one folder and one line. This is the proof: with the line below, it is
// in the list, in the language, in the reference, and it runs.
func TestNewKindIsOneLine(t *testing.T) {
	t.Parallel()
	r := action.NewRegistry(append(slices.Clone(app.Actions().Kinds()),
		wave{},
	)...)
	actiontest.Conform(t, r)

	if !slices.Contains(r.Names(), "wave_hand") {
		t.Error("it is not in the list")
	}
	if fields, ok := r.Fields("wave_hand"); !ok || len(fields) != 2 {
		t.Errorf("fields: %v, %v", fields, ok)
	}
	config := json.RawMessage(`{"words": "Hello\n{{ contact.first_name }}", "user": "kim@example.com"}`)
	if faults := r.Validate("wave_hand", config); len(faults) != 1 || faults[0].Name != "words" {
		t.Errorf("faults: %v", faults)
	}
	config = json.RawMessage(`{"words": "Hello {{ contact.first_name }}", "user": "kim@example.com"}`)
	if faults := r.Validate("wave_hand", config); len(faults) > 0 {
		t.Errorf("faults: %v", faults)
	}
	if refs := r.Refs("wave_hand", config); !reflect.DeepEqual(refs, []plan.Reference{{Field: "user", Ref: form.User, Name: "kim@example.com"}}) {
		t.Errorf("refs: %v", refs)
	}
	if texts := r.Texts("wave_hand", config); texts["words"] != "Hello {{ contact.first_name }}" {
		t.Errorf("texts: %v", texts)
	}
	if !strings.Contains(action.Markdown(r), "## `wave_hand`") {
		t.Error("it is not in the reference")
	}
	a, err := action.Decode(r.Kind("wave_hand"), config)
	if err != nil {
		t.Fatal(err)
	}
	out := a.Do(action.Input{
		Contact: &contact.Facts{},
		Render: func(text string) (string, error) {
			return strings.ReplaceAll(text, "{{ contact.first_name }}", "Ann"), nil
		},
	})
	if want := action.Doing(action.ChangeContact{Note: "Hello Ann"}); !reflect.DeepEqual(out, want) {
		t.Errorf("got %+v, want %+v", out, want)
	}
}
