package otherplan_test

import (
	"reflect"
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/otherplan"
	"tactus/internal/form"
	"tactus/internal/plan"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, k := range []action.Kind{otherplan.Assign{}, otherplan.Pause{}} {
		actiontest.CheckFaults(t, k, map[string][]string{
			`{"plan": "Nurture"}`: nil,
			`{"plan": ""}`:        {"plan"},
		})
	}
}

// PLAN-5: a live enrollment stays as it is; a finished one follows the other plan's "again".
func TestAssign(t *testing.T) {
	t.Parallel()
	assign := func(id int64) action.Outcome { return action.Doing(action.CommandPlans{Op: "assign", Plan: id}) }
	actiontest.CheckDeeds(t, otherplan.Assign{}, []actiontest.Deed{
		{Name: "not on it", Config: `{"plan": "Nurture"}`, Want: assign(31)},
		{Name: "active on it", Config: `{"plan": "Live"}`, Want: action.Outcome{Skip: "nothing_to_do"}},
		{Name: "paused on it", Config: `{"plan": "Resting"}`, Want: action.Outcome{Skip: "nothing_to_do"}},
		{Name: "finished", Config: `{"plan": "Over"}`, Want: assign(35)},
		{Name: "PLAN-26: draft or archived", Config: `{"plan": "old"}`, Want: action.Outcome{Skip: "target_missing"}},
		{Name: "PLAN-26: unknown", Config: `{"plan": "never"}`, Want: action.Outcome{Skip: "target_missing"}},
	})
}

// PLAN-15: only what is active can be paused.
func TestPause(t *testing.T) {
	t.Parallel()
	actiontest.CheckDeeds(t, otherplan.Pause{}, []actiontest.Deed{
		{Name: "active on it", Config: `{"plan": "Live"}`, Want: action.Doing(action.CommandPlans{Op: "pause", Plan: 33})},
		{Name: "not on it", Config: `{"plan": "Nurture"}`, Want: action.Outcome{Skip: "nothing_to_do"}},
		{Name: "paused on it", Config: `{"plan": "Resting"}`, Want: action.Outcome{Skip: "nothing_to_do"}},
		{Name: "finished", Config: `{"plan": "Over"}`, Want: action.Outcome{Skip: "nothing_to_do"}},
		{Name: "PLAN-26: draft or archived", Config: `{"plan": "old"}`, Want: action.Outcome{Skip: "target_missing"}},
	})
}

// PLAN-12: "all" includes the running one, which pauses after this step.
func TestPauseAll(t *testing.T) {
	t.Parallel()
	actiontest.CheckDeeds(t, otherplan.PauseAll{}, []actiontest.Deed{
		{Name: "all", Config: `{}`, Want: action.Outcome{
			Effects: []action.Effect{action.CommandPlans{Op: "pause_all"}}, Flow: action.PauseSelf,
		}},
	})
}

// PLAN-14: only assign_plan is an edge of circles.
func TestRoles(t *testing.T) {
	t.Parallel()
	r := action.NewRegistry(otherplan.Assign{}, otherplan.Pause{}, otherplan.PauseAll{})
	if !r.Role("assign_plan").Assigns || r.Role("pause_plan").Assigns || r.Role("pause_all_plans").Assigns {
		t.Error("assign_plan and nothing else assigns")
	}
	got := r.Refs("assign_plan", []byte(`{"plan": "Nurture"}`))
	if want := []plan.Reference{{Field: "plan", Ref: form.Plan, Name: "Nurture"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
