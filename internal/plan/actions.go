package plan

import (
	"encoding/json"

	"tactus/internal/fault"
	"tactus/internal/form"
)

// Actions is what the plan language needs to know of the actions a program has; the action
// registry implements it, so that plan never imports a kind.
type Actions interface {
	// Names returns all action names in the order shown to people.
	Names() []string
	// Fields returns the fields of an action's step; false when there is no such action.
	Fields(action string) ([]form.Field, bool)
	// Validate decodes a step's config strictly and returns every field at fault.
	Validate(action string, config json.RawMessage) []fault.Field
	// Refs returns the objects that a valid config names.
	Refs(action string, config json.RawMessage) []Reference
	// Texts returns the merge-field templates of a valid config by field name ("subject", "texts[0]").
	Texts(action string, config json.RawMessage) map[string]string
	// Role says what the language must know of the action beyond its fields.
	Role(action string) Role
}

// Role is what an action means for the language itself.
type Role struct {
	Repeats bool // repeat_plan: at most one, as the last step
	Ends    bool // end_plan
	Assigns bool // assign_plan: an edge of circles; the plan is its form.Plan reference
	Task    bool // create_task, remind: PLAN-13's time of day
	Channel string
}

// Reference is one object that a step names.
type Reference struct {
	Field string // the step's field
	Ref   form.Ref
	Name  string
}
