// Package letter is the action that sends a letter or postcard by post.
package letter

import (
	"tactus/internal/action"
	"tactus/internal/channel"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Send is the kind send_mail.
type Send struct{}

// Info implements action.Kind.
func (Send) Info() action.Info {
	return action.Info{
		Name: "send_mail", Label: "Send mail piece",
		Help:    "Sends the contact a letter or postcard made from a template.",
		Planned: true, Optional: true,
		Role: plan.Role{Channel: channel.Mail},
	}
}

const (
	formLetter   = "letter"
	formPostcard = "postcard"
)

// Fields implements action.Kind.
func (Send) Fields() []form.Field {
	return []form.Field{
		{
			Name: "template", Label: "Template", Type: form.Text, Ref: form.Template, Required: true,
			Help: "The letter or postcard template to send, by name.",
		},
		{
			Name: "form", Label: "Form", Type: form.Choice, Options: []string{formLetter, formPostcard}, Default: formLetter,
			Help: "What is put in the post.",
		},
	}
}

// New implements action.Kind.
func (Send) New() action.Action { return new(config) }

type config struct {
	Template string `json:"template"`
	Form     string `json:"form"`
}

func (c *config) Validate() []fault.Field {
	var f action.Faults
	f.Text("template", c.Template, "is missing; name the template of the letter or postcard")
	switch c.Form {
	case "", formLetter, formPostcard:
	default:
		f.Add("form", "%q is no mail piece; write letter or postcard", c.Form)
	}
	return f.All()
}

func (c *config) Refs() []plan.Reference {
	return []plan.Reference{{Field: "template", Ref: form.Template, Name: c.Template}}
}

// Content implements action.Content.
func (c *config) Content(int) action.Source { return action.Source{Template: c.Template} }

func (c *config) Do(in action.Input) action.Outcome {
	if _, ok := in.Target(form.Template, c.Template); !ok {
		return action.Missing(form.Template, c.Template)
	}
	return action.Doing(action.SendMessage{Channel: channel.Mail})
}
