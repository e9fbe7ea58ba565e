// Package call is the action that calls the contact: it rings users first and connects the one who answers.
package call

import (
	"tactus/internal/action"
	"tactus/internal/channel"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Start is the kind call.
type Start struct{}

// Info implements action.Kind.
func (Start) Info() action.Info {
	return action.Info{
		Name: "call", Label: "Automated call",
		Help:    "Rings users by the account's call options and connects whoever answers to the contact.",
		Planned: true, Optional: true,
		Role: plan.Role{Channel: channel.Call},
	}
}

// Fields implements action.Kind.
func (Start) Fields() []form.Field { return nil }

// New implements action.Kind.
func (Start) New() action.Action { return new(config) }

type config struct{}

func (*config) Validate() []fault.Field { return nil }

func (*config) Do(action.Input) action.Outcome {
	return action.Doing(action.SendMessage{Channel: channel.Call})
}
