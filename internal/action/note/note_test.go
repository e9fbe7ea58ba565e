package note_test

import (
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/note"
)

// PLAN-12: a note with merge fields.
func TestAdd(t *testing.T) {
	t.Parallel()
	actiontest.CheckFaults(t, note.Add{}, map[string][]string{
		`{"text": "Hello"}`: nil,
		`{"text": "\n"}`:    {"text"},
	})
	actiontest.CheckDeeds(t, note.Add{}, []actiontest.Deed{
		{
			Name: "merge fields", Config: `{"text": "{{ name }} asked\nfor a tour\n"}`,
			Want: action.Doing(action.ChangeContact{Note: "Ann asked\nfor a tour"}),
		},
		{Name: "renders as nothing", Config: `{"text": " {{ none }} "}`, Want: action.Outcome{Skip: "nothing_to_do"}},
		{
			Name: "cannot be rendered", Config: `{"text": "{{ bad }}"}`,
			Want: action.Outcome{Fail: "bad_content", Detail: "text: the text takes too long"},
		},
	})
}
