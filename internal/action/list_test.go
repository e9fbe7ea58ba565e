package action_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"tactus/internal/action"
)

func TestList(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]action.List{
		`{"tags": "Hot"}`:             {"Hot"},
		`{"tags": ["Hot", "VIP"]}`:    {"Hot", "VIP"},
		`{"tags": "Hot, \"or\" not"}`: {`Hot, "or" not`},
		`{"tags": []}`:                nil,
		`{"tags": ""}`:                nil,
		`{"tags": null}`:              nil,
		`{}`:                          nil,
	} {
		var c struct {
			Tags action.List `json:"tags"`
		}
		if err := json.Unmarshal([]byte(raw), &c); err != nil || !slices.Equal(c.Tags, want) {
			t.Errorf("%s: got %q, %v, want %q", raw, c.Tags, err, want)
		}
	}
}

// What is no list names its field, as other wrong types do.
func TestListOfOtherThings(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{`{"tags": 7}`, `{"tags": true}`, `{"tags": {"a": "b"}}`, `{"tags": ["Hot", 7]}`, `{"tags": [["Hot"]]}`} {
		var c struct {
			Tags action.List `json:"tags"`
		}
		var wrong *json.UnmarshalTypeError
		if err := json.Unmarshal([]byte(raw), &c); !errors.As(err, &wrong) || wrong.Field != "tags" {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
