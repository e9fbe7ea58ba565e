// Package flow is the pair of actions that steer the run itself: round again, or end here.
package flow

import (
	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Repeat is the kind repeat_plan.
type Repeat struct{}

// Info implements action.Kind.
func (Repeat) Info() action.Info {
	return action.Info{
		Name: "repeat_plan", Label: "Repeat plan",
		Help: "Begins the next round with the first step; it stands last and waits for all other steps.",
		Role: plan.Role{Repeats: true},
	}
}

// Fields implements action.Kind.
func (Repeat) Fields() []form.Field {
	return []form.Field{{
		Name: "times", Label: "Rounds", Type: form.Int,
		Help: "How many rounds there are in all, the first included; without it the plan repeats without end.",
	}}
}

// New implements action.Kind.
func (Repeat) New() action.Action { return new(repeat) }

type repeat struct {
	Times *int `json:"times"` // rounds in all; nil = no end
}

func (c *repeat) Validate() []fault.Field {
	var f action.Faults
	if c.Times != nil && *c.Times < 1 {
		f.Add("times", "is %d; it counts the rounds in all and is at least 1; take it out to repeat without end", *c.Times)
	}
	return f.All()
}

// Do is skipped in the last of its rounds (PLAN-12).
func (c *repeat) Do(in action.Input) action.Outcome {
	if c.Times != nil && in.Round >= *c.Times {
		return action.Skipped(action.RoundsDone, "round %d of %d", in.Round, *c.Times)
	}
	return action.Outcome{Flow: action.NextRound}
}
