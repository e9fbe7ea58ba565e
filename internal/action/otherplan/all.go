package otherplan

import (
	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
)

// PauseAll is the kind pause_all_plans.
type PauseAll struct{}

// Info implements action.Kind.
func (PauseAll) Info() action.Info {
	return action.Info{
		Name: "pause_all_plans", Label: "Pause all plans",
		Help: "Pauses all of the contact's plans; this one too, after this step.",
	}
}

// Fields implements action.Kind.
func (PauseAll) Fields() []form.Field { return nil }

// New implements action.Kind.
func (PauseAll) New() action.Action { return new(pauseAll) }

type pauseAll struct{}

func (*pauseAll) Validate() []fault.Field { return nil }

// Do never finds nothing to do: the running plan itself is active.
func (*pauseAll) Do(action.Input) action.Outcome {
	return action.Outcome{
		Effects: []action.Effect{action.CommandPlans{Op: "pause_all"}},
		Flow:    action.PauseSelf,
	}
}
