// Package task is the action that makes a task for a user or partner.
package task

import (
	"strings"

	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Create is the kind create_task.
type Create struct{}

// Info implements action.Kind.
func (Create) Info() action.Info {
	return action.Info{
		Name: "create_task", Label: "Create task",
		Help: "Makes an open task that falls due when the step does.",
		Role: plan.Role{Task: true},
	}
}

// Fields implements action.Kind.
func (Create) Fields() []form.Field {
	return []form.Field{
		{Name: "title", Label: "Title", Type: form.Text, Merge: true, Required: true, Help: "What is to be done, in one line."},
		{Name: "notes", Label: "Notes", Type: form.LongText, Merge: true, Help: "What helps to do it."},
		{
			Name: "assignee", Label: "Assignee", Type: form.Text, Default: string(action.AssignedUser),
			Help: "Who gets it: self (who put the contact on the plan), owner, assigned_user, user:EMAIL or partner:EMAIL.",
		},
		{
			Name: "completion_email", Label: "Completion email", Type: form.Text, Ref: form.Template,
			Help: "The template that goes to the contact when the task is completed, by name.",
		},
	}
}

// New implements action.Kind.
func (Create) New() action.Action { return new(config) }

type config struct {
	Title           string `json:"title"`
	Notes           string `json:"notes"`
	Assignee        string `json:"assignee"`
	CompletionEmail string `json:"completion_email"`
}

func (c *config) Validate() []fault.Field {
	var f action.Faults
	f.Line("title", c.Title, "is missing; say what is to be done")
	if _, err := action.ParseAssignee(c.Assignee); err != nil {
		f.Add("assignee", "%v", err)
	}
	return f.All()
}

func (c *config) Refs() []plan.Reference {
	var refs []plan.Reference
	if rule, err := action.ParseAssignee(c.Assignee); err == nil {
		if ref, ok := rule.Reference("assignee"); ok {
			refs = append(refs, ref)
		}
	}
	if c.CompletionEmail != "" {
		refs = append(refs, plan.Reference{Field: "completion_email", Ref: form.Template, Name: c.CompletionEmail})
	}
	return refs
}

func (c *config) Texts() map[string]string {
	texts := map[string]string{"title": c.Title}
	if c.Notes != "" {
		texts["notes"] = c.Notes
	}
	return texts
}

// Do is asked twice: when the round starts, for the open task, and when it falls due (PLAN-13).
func (c *config) Do(in action.Input) action.Outcome {
	rule, err := action.ParseAssignee(c.Assignee)
	if err != nil {
		return action.Skipped(action.TargetMissing, "%v", err)
	}
	who, ok := rule.Resolve(in)
	if !ok {
		ref, _ := rule.Reference("assignee")
		return action.Missing(ref.Ref, ref.Name)
	}
	title, err := in.Line(c.Title)
	if err != nil {
		return action.Unrenderable("title", err)
	}
	notes, err := in.Render(c.Notes)
	if err != nil {
		return action.Unrenderable("notes", err)
	}
	if title == "" {
		title = "Task"
	}
	task := action.CreateTask{Kind: "task", Title: title, Notes: strings.TrimSpace(notes), Assignee: who}
	out := action.Outcome{}
	if c.CompletionEmail != "" {
		// The template is needed only when somebody completes the task; whether it is usable is asked
		// then. A task is worth doing without it.
		if in.Refs != nil {
			task.CompletionEmail = in.Refs.Templates[c.CompletionEmail]
		}
		if _, usable := in.Target(form.Template, c.CompletionEmail); !usable {
			out.Detail = action.Missing(form.Template, c.CompletionEmail).Detail
		}
	}
	out.Effects = []action.Effect{task}
	return out
}
