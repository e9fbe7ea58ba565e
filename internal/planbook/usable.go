package planbook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tactus/internal/account"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Problems that only an account can have, beside the plan language's own. Codes are stable.
const (
	Unusable    plan.Code = "unusable"     // a target that exists and cannot be used
	SwitchedOff plan.Code = "switched_off" // an action or channel that the account has off
	BadName     plan.Code = "bad_name"     // a name that is too long or taken
)

// maxName bounds a plan's name, in characters.
const maxName = 200

func (c *candidate) problem(path string, code plan.Code, format string, args ...any) plan.Problem {
	return plan.Problem{
		File: c.file.Name, Line: c.file.Line(path), Step: stepOf(path), Code: code, Path: path, Message: fmt.Sprintf(format, args...),
	}
}

// stepOf is the number of the step in a path like "steps[2].plan", from 1; 0 when it is not of a step.
func stepOf(path string) int {
	rest, ok := strings.CutPrefix(path, "steps[")
	digits, _, closed := strings.Cut(rest, "]")
	n, err := strconv.Atoi(digits)
	if !ok || !closed || err != nil {
		return 0
	}
	return n + 1
}

// badNames finds names that cannot be stored.
func badNames(c *candidate, actions plan.Actions) []plan.Problem {
	var out []plan.Problem
	if utf8.RuneCountInString(c.doc.Name) > maxName {
		out = append(out, c.problem("plan", BadName, "plan: a name has at most %d characters", maxName))
	}
	for _, ref := range c.doc.References(actions) {
		kind, ok := labelKind(ref.Ref)
		if !ok || kind == account.Stage {
			continue
		}
		for _, bad := range account.CheckLabel(ref.Field, ref.Name) {
			out = append(out, c.problem(ref.Field, BadName, "%s", bad.Message))
		}
	}
	return out
}

// unusable finds what keeps the candidate from being ready besides its own text: targets that are archived, drafts or
// inactive, templates of another channel, actions and channels that are off (PLAN-2, PLAN-12).
func (cat *catalog) unusable(c *candidate, all []*candidate, files []*plan.File, actions plan.Actions) []plan.Problem {
	var out []plan.Problem
	add := func(path string, code plan.Code, format string, args ...any) {
		out = append(out, c.problem(path, code, format, args...))
	}
	for _, ref := range c.doc.References(actions) {
		switch ref.Ref {
		case form.Plan:
			if why := cat.planUnusable(ref.Name, all); why != "" {
				add(ref.Field, Unusable, "the plan %q %s", ref.Name, why)
			}
		case form.User:
			if m, ok := cat.users[account.NormalEmail(ref.Name)]; ok && !m.Active {
				add(ref.Field, Unusable, "the user %s is inactive; name another, or make the user active", ref.Name)
			}
		case form.Template:
			if message := cat.wrongChannel(c, ref, files, actions); message != "" {
				add(ref.Field, Unusable, "%s", message)
			}
		default:
		}
	}
	settings := cat.account.Settings
	for i, st := range c.doc.Steps {
		path := fmt.Sprintf("steps[%d].action", i)
		switch channel := actions.Role(st.Action).Channel; {
		case slices.Contains(settings.ActionsOff, st.Action):
			add(path, SwitchedOff, "the account has the action %s switched off", st.Action)
		case channel != "" && slices.Contains(settings.ChannelsOff, channel):
			add(path, SwitchedOff, "the account has the channel %s switched off, which %s needs", channel, st.Action)
		}
	}
	return out
}

// planUnusable says why a plan cannot be a target; "" when it can, or when it doesn't exist.
func (cat *catalog) planUnusable(name string, all []*candidate) string {
	for _, o := range all {
		if o.doc.Name == name {
			if !o.ready {
				return "is a draft; make it ready first"
			}
			return ""
		}
	}
	switch h, ok := cat.heads[name]; {
	case ok && h.Archived:
		return "is archived"
	case ok && !h.Ready:
		return "is a draft; make it ready first"
	}
	return ""
}

// wrongChannel says that a template is for another channel than the step that names it.
func (cat *catalog) wrongChannel(c *candidate, ref plan.Reference, files []*plan.File, actions plan.Actions) string {
	step := stepOf(ref.Field)
	if step == 0 {
		return ""
	}
	channel := ""
	for _, f := range files {
		if f.Template != nil && f.Template.Name == ref.Name {
			channel = f.Template.Channel
		}
	}
	if t, ok := cat.templates[ref.Name]; ok && channel == "" {
		channel = t.Channel
	}
	wanted := templateChannels(actions.Role(c.doc.Steps[step-1].Action).Channel)
	if channel == "" || slices.Contains(wanted, channel) {
		return ""
	}
	return fmt.Sprintf("the template %q is for %s, and this step needs one for %s", ref.Name, channel, strings.Join(wanted, " or "))
}

// templateChannels are the channels of templates that a step of a channel can use. A step without a channel of its own, such as a task, sends
// its template by email.
func templateChannels(channel string) []string {
	switch channel {
	case "":
		return []string{"email"}
	case "mail":
		return []string{"letter", "postcard"}
	default:
		return []string{channel}
	}
}
