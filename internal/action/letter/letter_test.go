package letter_test

import (
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/letter"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	actiontest.CheckFaults(t, letter.Send{}, map[string][]string{
		`{"template": "Welcome"}`:                     nil,
		`{"template": "Welcome", "form": "letter"}`:   nil,
		`{"template": "Welcome", "form": "postcard"}`: nil,
		`{}`:                 {"template"},
		`{"form": "parcel"}`: {"form", "template"},
	})
}

func TestDo(t *testing.T) {
	t.Parallel()
	if info := (letter.Send{}).Info(); !info.Planned || info.Role.Channel != "mail" {
		t.Errorf("info: %+v", info)
	}
	actiontest.CheckDeeds(t, letter.Send{}, []actiontest.Deed{
		{Name: "letter", Config: `{"template": "Welcome"}`, Want: action.Doing(action.SendMessage{Channel: "mail"})},
		{Name: "PLAN-26: archived", Config: `{"template": "old"}`, Want: action.Outcome{Skip: "target_missing"}},
	})
}
