package user

import (
	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
)

// Unassign is the kind unassign_user.
type Unassign struct{}

// Info implements action.Kind.
func (Unassign) Info() action.Info {
	return action.Info{
		Name: "unassign_user", Label: "Unassign user",
		Help: "Takes the contact's assigned user away; the account owner stands in from then on.",
	}
}

// Fields implements action.Kind.
func (Unassign) Fields() []form.Field { return nil }

// New implements action.Kind.
func (Unassign) New() action.Action { return new(unassign) }

type unassign struct{}

func (*unassign) Validate() []fault.Field { return nil }

func (*unassign) Do(in action.Input) action.Outcome {
	if in.Contact.Assigned == 0 {
		return action.Skipped(action.NothingToDo, "no user is assigned")
	}
	return action.Doing(action.ChangeContact{UnassignUser: true})
}
