// Package remind is the action that reminds the assigned user of a contact, or to call it.
package remind

import (
	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Create is the kind remind.
type Create struct{}

// Info implements action.Kind.
func (Create) Info() action.Info {
	return action.Info{
		Name: "remind", Label: "Remind",
		Help: "Reminds the contact's assigned user, or else the account owner, of the contact when the step is due.",
		Role: plan.Role{Task: true},
	}
}

// Fields implements action.Kind.
func (Create) Fields() []form.Field {
	return []form.Field{
		{Name: "title", Label: "Title", Type: form.Text, Merge: true, Required: true, Help: "What to remind of, in one line."},
		{Name: "call", Label: "Call reminder", Type: form.Bool, Default: "false", Help: "The reminder is to call the contact."},
	}
}

// New implements action.Kind.
func (Create) New() action.Action { return new(config) }

type config struct {
	Title string `json:"title"`
	Call  bool   `json:"call"`
}

func (c *config) Validate() []fault.Field {
	var f action.Faults
	f.Line("title", c.Title, "is missing; say what to remind of")
	return f.All()
}

func (c *config) Texts() map[string]string { return map[string]string{"title": c.Title} }

func (c *config) Do(in action.Input) action.Outcome {
	title, err := in.Line(c.Title)
	if err != nil {
		return action.Unrenderable("title", err)
	}
	who, _ := action.AssigneeRule{Role: action.AssignedUser}.Resolve(in)
	reminder := action.CreateTask{Kind: "contact_reminder", Title: title, Assignee: who}
	if c.Call {
		reminder.Kind = "call_reminder"
	}
	if title == "" {
		reminder.Title = "Reminder"
	}
	return action.Doing(reminder)
}
