// Package otherplan holds the actions on the contact's other plans: put it on one, pause one, pause all.
package otherplan

import (
	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Assign is the kind assign_plan.
type Assign struct{}

// Info implements action.Kind.
func (Assign) Info() action.Info {
	return action.Info{
		Name: "assign_plan", Label: "Assign plan", Help: "Puts the contact on another plan.",
		Role: plan.Role{Assigns: true},
	}
}

// Fields implements action.Kind.
func (Assign) Fields() []form.Field { return fields("The plan to put the contact on, by name.") }

// New implements action.Kind.
func (Assign) New() action.Action { return new(assign) }

// Pause is the kind pause_plan.
type Pause struct{}

// Info implements action.Kind.
func (Pause) Info() action.Info {
	return action.Info{Name: "pause_plan", Label: "Pause plan", Help: "Pauses one of the contact's plans."}
}

// Fields implements action.Kind.
func (Pause) Fields() []form.Field { return fields("The plan to pause for this contact, by name.") }

// New implements action.Kind.
func (Pause) New() action.Action { return new(pause) }

func fields(help string) []form.Field {
	return []form.Field{{Name: "plan", Label: "Plan", Type: form.Text, Ref: form.Plan, Required: true, Help: help}}
}

type config struct {
	Plan string `json:"plan"`
}

func (c *config) validate() []fault.Field {
	var f action.Faults
	f.Text("plan", c.Plan, "is missing; name the plan")
	return f.All()
}

func (c *config) refs() []plan.Reference {
	return []plan.Reference{{Field: "plan", Ref: form.Plan, Name: c.Plan}}
}

type (
	assign config
	pause  config
)

func (c *assign) Validate() []fault.Field { return (*config)(c).validate() }
func (c *pause) Validate() []fault.Field  { return (*config)(c).validate() }

func (c *assign) Refs() []plan.Reference { return (*config)(c).refs() }
func (c *pause) Refs() []plan.Reference  { return (*config)(c).refs() }

// Do leaves a live enrollment alone, and a finished one where the other plan's own "again" says so (PLAN-5).
func (c *assign) Do(in action.Input) action.Outcome {
	id, ok := in.Target(form.Plan, c.Plan)
	if !ok {
		return action.Missing(form.Plan, c.Plan)
	}
	switch in.OnNext(id) {
	case plan.Active, plan.Paused:
		return action.Skipped(action.NothingToDo, "the contact is already on %q", c.Plan)
	case plan.Stopped, plan.Completed:
	}
	if in.MayAssign != nil && !in.MayAssign(id) {
		return action.Skipped(action.NothingToDo, "%q does not start for this contact now: it has finished it, or has no event for it", c.Plan)
	}
	return action.Doing(action.CommandPlans{Op: "assign", Plan: id})
}

func (c *pause) Do(in action.Input) action.Outcome {
	id, ok := in.Target(form.Plan, c.Plan)
	if !ok {
		return action.Missing(form.Plan, c.Plan)
	}
	if in.OnPlan(id) != plan.Active {
		return action.Skipped(action.NothingToDo, "the contact is not active on %q", c.Plan)
	}
	return action.Doing(action.CommandPlans{Op: "pause", Plan: id})
}
