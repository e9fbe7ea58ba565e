package flow_test

import (
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/flow"
	"tactus/internal/plan"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	actiontest.CheckFaults(t, flow.Repeat{}, map[string][]string{
		`{}`:              nil,
		`{"times": null}`: nil,
		`{"times": 1}`:    nil,
		`{"times": 12}`:   nil,
		`{"times": 0}`:    {"times"},
		`{"times": -1}`:   {"times"},
	})
}

// PLAN-12: "times: N" = N rounds in all, in the last of which the step is skipped.
func TestRepeat(t *testing.T) {
	t.Parallel()
	round := func(n int) func(*action.Input) { return func(in *action.Input) { in.Round = n } }
	next, done := action.Outcome{Flow: action.NextRound}, action.Outcome{Skip: "rounds_done"}
	actiontest.CheckDeeds(t, flow.Repeat{}, []actiontest.Deed{
		{Name: "without end", Config: `{}`, When: round(1000), Want: next},
		{Name: "one round", Config: `{"times": 1}`, When: round(1), Want: done},
		{Name: "first of three", Config: `{"times": 3}`, When: round(1), Want: next},
		{Name: "second of three", Config: `{"times": 3}`, When: round(2), Want: next},
		{Name: "last of three", Config: `{"times": 3}`, When: round(3), Want: done},
		{Name: "PLAN-22: beyond, after an edit", Config: `{"times": 3}`, When: round(7), Want: done},
	})
}

// PLAN-12: completes the run here.
func TestEnd(t *testing.T) {
	t.Parallel()
	actiontest.CheckDeeds(t, flow.End{}, []actiontest.Deed{
		{Name: "end", Config: `{}`, Want: action.Outcome{Flow: action.EndRun}},
	})
}

func TestRoles(t *testing.T) {
	t.Parallel()
	r := action.NewRegistry(flow.Repeat{}, flow.End{})
	if r.Role("repeat_plan") != (plan.Role{Repeats: true}) || r.Role("end_plan") != (plan.Role{Ends: true}) {
		t.Errorf("roles: %+v, %+v", r.Role("repeat_plan"), r.Role("end_plan"))
	}
}
