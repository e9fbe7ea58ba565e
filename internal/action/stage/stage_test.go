package stage_test

import (
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/stage"
)

// PLAN-12: exactly one stage.
func TestChange(t *testing.T) {
	t.Parallel()
	actiontest.CheckFaults(t, stage.Change{}, map[string][]string{
		`{"stage": "Offer"}`: nil,
		`{"stage": " "}`:     {"stage"},
	})
	actiontest.CheckDeeds(t, stage.Change{}, []actiontest.Deed{
		{Name: "another stage", Config: `{"stage": "Offer"}`, Want: action.Doing(action.ChangeContact{Stage: 2})},
		{
			Name: "no stage yet", Config: `{"stage": "New"}`, When: func(in *action.Input) { in.Contact.Stage = 0 },
			Want: action.Doing(action.ChangeContact{Stage: 1}),
		},
		{Name: "already there", Config: `{"stage": "New"}`, Want: action.Outcome{Skip: "nothing_to_do"}},
		{Name: "gone", Config: `{"stage": "gone"}`, Want: action.Outcome{Skip: "target_missing", Detail: `the stage "gone" is gone`}},
	})
}
