// Package email is the action that sends an email: a template's, a design's, or the step's own text.
package email

import (
	"tactus/internal/action"
	"tactus/internal/channel"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Send is the kind send_email.
type Send struct{}

// Info implements action.Kind.
func (Send) Info() action.Info {
	return action.Info{
		Name: "send_email", Label: "Send email",
		Help: "Sends the contact an email: a template, or a subject and a body of its own.",
		Role: plan.Role{Channel: channel.Email},
	}
}

// Fields implements action.Kind.
func (Send) Fields() []form.Field {
	return []form.Field{
		{Name: "template", Label: "Template", Type: form.Text, Ref: form.Template, Help: "The email template to send, by name."},
		{Name: "subject", Label: "Subject", Type: form.Text, Merge: true, Help: "The subject line; it goes with a body or a design."},
		{Name: "body", Label: "Body", Type: form.LongText, Merge: true, Help: "The text in Markdown; it needs a subject."},
		{
			Name: "design", Label: "Design", Type: form.Text, Ref: form.Template,
			Help: "The filled-in design to send, by name. Designs come with a later version; until then such a step is skipped.",
		},
		{
			Name: "thread", Label: "Same thread", Type: form.Bool, Default: "false",
			Help: "Sends it as a reply to the plan's email before, in the same thread.",
		},
	}
}

// OneOf implements action.Chooser.
func (Send) OneOf() []string { return []string{"template", "body", "design"} }

// New implements action.Kind.
func (Send) New() action.Action { return new(config) }

type config struct {
	Template string `json:"template"`
	Subject  string `json:"subject"`
	Body     string `json:"body"`
	Design   string `json:"design"`
	Thread   bool   `json:"thread"`
}

func (c *config) Validate() []fault.Field {
	var f action.Faults
	switch {
	case c.Template != "":
		f.Absent("subject", c.Subject, "the template brings its own; take it out, or write the body here too and take out the template")
		f.Absent("body", c.Body, "the template brings its own; take out the one or the other")
		f.Absent("design", c.Design, "a template is chosen already; take out the one or the other")
	case c.Design != "":
		f.Absent("body", c.Body, "the design brings its own; take out the one or the other")
		if c.Subject != "" {
			f.Line("subject", c.Subject, "is blank")
		}
	case c.Subject == "" && c.Body == "":
		f.Add("template", "say what to send: a template, or a subject and a body")
	default:
		f.Line("subject", c.Subject, "is missing; an email with a body of its own needs a subject")
		f.Text("body", c.Body, "is missing; an email with a subject of its own needs a body")
	}
	return f.All()
}

func (c *config) Refs() []plan.Reference {
	var refs []plan.Reference
	if c.Template != "" {
		refs = append(refs, plan.Reference{Field: "template", Ref: form.Template, Name: c.Template})
	}
	if c.Design != "" {
		refs = append(refs, plan.Reference{Field: "design", Ref: form.Template, Name: c.Design})
	}
	return refs
}

func (c *config) Texts() map[string]string {
	texts := make(map[string]string, 2)
	if c.Subject != "" {
		texts["subject"] = c.Subject
	}
	if c.Body != "" {
		texts["body"] = c.Body
	}
	return texts
}

// Content implements action.Content.
func (c *config) Content(int) action.Source {
	return action.Source{Template: c.Template, Subject: c.Subject, Text: c.Body}
}

func (c *config) Do(in action.Input) action.Outcome {
	if c.Design != "" {
		return action.Skipped(action.TargetMissing, "the design %q: designs come with a later version", c.Design)
	}
	if c.Template != "" {
		if _, ok := in.Target(form.Template, c.Template); !ok {
			return action.Missing(form.Template, c.Template)
		}
	}
	return action.Doing(action.SendMessage{Channel: channel.Email, Thread: c.Thread})
}
