// Package user is the pair of actions that assign the contact to a user and take the assigned user away.
package user

import (
	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Assign is the kind assign_user.
type Assign struct{}

// Info implements action.Kind.
func (Assign) Info() action.Info {
	return action.Info{
		Name: "assign_user", Label: "Assign user",
		Help: "Makes a user the contact's assigned user.",
	}
}

// Fields implements action.Kind.
func (Assign) Fields() []form.Field {
	return []form.Field{
		{Name: "user", Label: "User", Type: form.Text, Ref: form.User, Help: "The user's email address."},
		{
			Name: "users", Label: "Round robin", Type: form.List, Ref: form.User,
			Help: "Email addresses of users who take turns. Taking turns comes with a later version; until then such a step is skipped.",
		},
	}
}

// OneOf implements action.Chooser.
func (Assign) OneOf() []string { return []string{"user", "users"} }

// New implements action.Kind.
func (Assign) New() action.Action { return new(assign) }

type assign struct {
	User  string      `json:"user"`
	Users action.List `json:"users"`
}

func (c *assign) Validate() []fault.Field {
	var f action.Faults
	switch {
	case c.User != "" && len(c.Users) > 0:
		f.Add("users", "one user is named already; take out the one or the other")
	case len(c.Users) > 0:
		f.List("users", c.Users, "")
		for i, user := range c.Users {
			f.Email(action.Item("users", i), user)
		}
	default:
		f.Text("user", c.User, "is missing; name the user by email address, or several as users")
		f.Email("user", c.User)
	}
	return f.All()
}

func (c *assign) Refs() []plan.Reference {
	if c.User != "" {
		return []plan.Reference{{Field: "user", Ref: form.User, Name: c.User}}
	}
	return action.References("users", form.User, c.Users)
}

func (c *assign) Do(in action.Input) action.Outcome {
	if len(c.Users) > 0 {
		return action.Skipped(action.ActionOff, "users who take turns come with a later version")
	}
	id, ok := in.Target(form.User, c.User)
	if !ok {
		return action.Missing(form.User, c.User)
	}
	if in.Contact.Assigned == id {
		return action.Skipped(action.NothingToDo, "%s is the assigned user already", c.User)
	}
	return action.Doing(action.ChangeContact{AssignUser: id})
}
