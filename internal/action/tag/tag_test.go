package tag_test

import (
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/tag"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, k := range []action.Kind{tag.Add{}, tag.Remove{}} {
		actiontest.CheckFaults(t, k, map[string][]string{
			`{"tags": ["Hot", "VIP"]}`: nil,
			`{"tags": "Hot"}`:          nil,
			`{}`:                       {"tags"},
			`{"tags": []}`:             {"tags"},
			`{"tags": ""}`:             {"tags"},
			`{"tags": null}`:           {"tags"},
			`{"tags": ["Hot", " "]}`:   {"tags[1]"},
		})
	}
}

// The contact of Moment has the tag Hot (1), not VIP (2) nor Cold (3).
func TestAdd(t *testing.T) {
	t.Parallel()
	actiontest.CheckDeeds(t, tag.Add{}, []actiontest.Deed{
		{Name: "new", Config: `{"tags": ["VIP", "Cold"]}`, Want: action.Doing(action.ChangeContact{AddTags: []int64{2, 3}})},
		{
			Name: "only the missing ones, once", Config: `{"tags": ["Hot", "VIP", "VIP"]}`,
			Want: action.Doing(action.ChangeContact{AddTags: []int64{2}}),
		},
		{Name: "has all", Config: `{"tags": ["Hot"]}`, Want: action.Outcome{Skip: "nothing_to_do"}},
		{
			Name: "one is gone", Config: `{"tags": ["gone", "VIP"]}`,
			Want: action.Outcome{Effects: []action.Effect{action.ChangeContact{AddTags: []int64{2}}}, Detail: `gone: "gone"`},
		},
		{Name: "one is gone, has the rest", Config: `{"tags": ["gone", "Hot"]}`, Want: action.Outcome{Skip: "nothing_to_do"}},
		{Name: "PLAN-26: all are gone", Config: `{"tags": ["gone"]}`, Want: action.Outcome{Skip: "target_missing", Detail: `gone: "gone"`}},
	})
}

func TestRemove(t *testing.T) {
	t.Parallel()
	actiontest.CheckDeeds(t, tag.Remove{}, []actiontest.Deed{
		{
			Name: "only what it has, once", Config: `{"tags": ["VIP", "Hot", "Hot"]}`,
			Want: action.Doing(action.ChangeContact{RemoveTags: []int64{1}}),
		},
		{
			Name: "has none", Config: `{"tags": ["VIP"]}`,
			Want: action.Outcome{Skip: "nothing_to_do", Detail: "the contact has none of the tags"},
		},
		{Name: "all are gone", Config: `{"tags": ["gone"]}`, Want: action.Outcome{Skip: "target_missing"}},
	})
}
