// Package stage is the action that moves the contact to another stage of the sales process.
package stage

import (
	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Change is the kind change_stage.
type Change struct{}

// Info implements action.Kind.
func (Change) Info() action.Info {
	return action.Info{Name: "change_stage", Label: "Change stage", Help: "Moves the contact to a stage."}
}

// Fields implements action.Kind.
func (Change) Fields() []form.Field {
	return []form.Field{{
		Name: "stage", Label: "Stage", Type: form.Text, Ref: form.Stage, Required: true,
		Help: "The stage to move to, by name.",
	}}
}

// New implements action.Kind.
func (Change) New() action.Action { return new(config) }

type config struct {
	Stage string `json:"stage"`
}

func (c *config) Validate() []fault.Field {
	var f action.Faults
	f.Text("stage", c.Stage, "is missing; name the stage to move to")
	return f.All()
}

func (c *config) Refs() []plan.Reference {
	return []plan.Reference{{Field: "stage", Ref: form.Stage, Name: c.Stage}}
}

func (c *config) Do(in action.Input) action.Outcome {
	id, ok := in.Target(form.Stage, c.Stage)
	if !ok {
		return action.Missing(form.Stage, c.Stage)
	}
	if in.Contact.Stage == id {
		return action.Skipped(action.NothingToDo, "the contact is in stage %q already", c.Stage)
	}
	return action.Doing(action.ChangeContact{Stage: id})
}
