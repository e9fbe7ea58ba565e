package flow

import (
	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// End is the kind end_plan.
type End struct{}

// Info implements action.Kind.
func (End) Info() action.Info {
	return action.Info{
		Name: "end_plan", Label: "End plan",
		Help: "Completes the plan here; with a condition it is the plan's exit.",
		Role: plan.Role{Ends: true},
	}
}

// Fields implements action.Kind.
func (End) Fields() []form.Field { return nil }

// New implements action.Kind.
func (End) New() action.Action { return new(end) }

type end struct{}

func (*end) Validate() []fault.Field { return nil }

func (*end) Do(action.Input) action.Outcome { return action.Outcome{Flow: action.EndRun} }
