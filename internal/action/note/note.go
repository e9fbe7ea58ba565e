// Package note is the action that adds a note to the contact's history.
package note

import (
	"strings"

	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
)

// Add is the kind add_note.
type Add struct{}

// Info implements action.Kind.
func (Add) Info() action.Info {
	return action.Info{Name: "add_note", Label: "Add note", Help: "Adds a note to the contact."}
}

// Fields implements action.Kind.
func (Add) Fields() []form.Field {
	return []form.Field{{Name: "text", Label: "Text", Type: form.LongText, Merge: true, Required: true, Help: "What the note says."}}
}

// New implements action.Kind.
func (Add) New() action.Action { return new(config) }

type config struct {
	Text string `json:"text"`
}

func (c *config) Validate() []fault.Field {
	var f action.Faults
	f.Text("text", c.Text, "is missing; write what the note says")
	return f.All()
}

func (c *config) Texts() map[string]string { return map[string]string{"text": c.Text} }

func (c *config) Do(in action.Input) action.Outcome {
	text, err := in.Render(c.Text)
	if err != nil {
		return action.Unrenderable("text", err)
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return action.Skipped(action.NothingToDo, "the note is empty for this contact")
	}
	return action.Doing(action.ChangeContact{Note: text})
}
