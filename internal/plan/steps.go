package plan

import (
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxSteps bounds a plan; with more, split it by assign_plan.
const maxSteps = 1000

func (r *reader) steps(o object, d *Document, f *File, dated bool) {
	n := o.get("steps")
	switch {
	case n == nil:
		if !o.has("template") {
			r.add(o.lineOf("steps"), spot{path: "steps"}, MissingKey, `the plan has no "steps:"`)
		}
		return
	case n.Kind != yaml.SequenceNode:
		r.add(n.Line, spot{path: "steps"}, WrongType, `"steps" takes a list of steps, each beginning with "- name: …", not %s`, kindOf(n))
		return
	case len(n.Content) == 0:
		r.add(n.Line, spot{path: "steps"}, NoSteps, "the plan has no step; add at least one")
		return
	case len(n.Content) > maxSteps:
		r.add(n.Content[maxSteps].Line, spot{path: "steps"}, TooLarge, `a plan has at most %d steps; split it, and join the parts by "next_plan"`, maxSteps)
		return
	}
	d.Steps = make([]Step, len(n.Content))
	objects := make([]object, len(n.Content))
	for i, item := range n.Content {
		a := spot{step: i + 1, path: spot{path: "steps"}.item(i).path}
		so, ok := r.object(item, a, `a step holds keys like "name: …", "action: …", "when: …"`)
		if !ok {
			f.doubtful[i] = true
			continue
		}
		objects[i] = so
		r.places[a.path] = so.line
		d.Steps[i] = r.step(so, a, dated)
		f.doubtful[i] = d.Steps[i].Action == "" || d.Steps[i].When.Anchor == ""
	}
	r.ids(d, objects)
	r.repeats(d, objects)
	r.conditions(d, objects)
}

// step reads one step; what can't be read stays empty.
func (r *reader) step(o object, a spot, dated bool) Step {
	s := Step{
		ID:        r.line(o, "id", a),
		Name:      r.line(o, "name", a),
		Milestone: r.line(o, "milestone", a),
		Config:    json.RawMessage("{}"),
	}
	if n := o.get("when"); n == nil {
		r.add(o.lineOf("when"), a.key("when"), MissingKey, `the step says not when; add "when: immediately" or "when: on day 1"`)
	} else if when, ok := parse(r, n, a.key("when"), BadTiming, ParseTiming, nil); ok {
		s.When = when
		r.timing(when, n, a, dated)
	}
	if n := o.get("notify"); n != nil {
		s.Notify, _ = r.boolean(n, a.key("notify"))
	}
	if n := o.get("business_hours"); n != nil {
		s.BusinessHours, _ = r.boolean(n, a.key("business_hours"))
	}
	if n := o.get("only_if"); n != nil {
		text, _ := r.text(n, a.key("only_if"))
		s.OnlyIf = strings.TrimSpace(text)
	}
	r.action(o, a, &s)
	if s.Name == "" {
		s.Name = readable(s.Action)
	}
	return s
}

// timing checks what a timing needs of its surroundings.
func (r *reader) timing(t Timing, n *yaml.Node, a spot, dated bool) {
	if t.Anchor == Previous && a.step == 1 {
		r.add(n.Line, a.key("when"), NoPrevious, `when: the first step has no step before it; write "after start" instead of "after previous"`)
	}
	if t.Dated() && !dated {
		r.add(n.Line, a.key("when"), NoDate, `when: %q needs a plan with a date, and this plan has none; add "date", "event" or "date_field" to the plan, or count from start`, t.String())
	}
}

// action reads the action and its own fields.
func (r *reader) action(o object, a spot, s *Step) {
	n := o.get("action")
	known := r.actions.Names()
	if n == nil {
		r.add(o.lineOf("action"), a.key("action"), MissingKey, "the step has no action; write one of %s", strings.Join(known, ", "))
		r.strangeKeys(o, a)
		return
	}
	name, ok := r.text(n, a.key("action"))
	if !ok {
		r.strangeKeys(o, a)
		return
	}
	name = strings.TrimSpace(name)
	fields, ok := r.actions.Fields(name)
	if !ok {
		advice := didYouMean(name, known)
		if advice == "" {
			advice = "; there are " + strings.Join(known, ", ")
		}
		r.add(n.Line, a.key("action"), UnknownAction, "there is no action %q%s", name, advice)
		r.strangeKeys(o, a)
		return
	}
	s.Action = name
	c := &configReader{reader: r, action: name, fields: fields, object: o, spot: a}
	s.Config = c.read()
}

// strangeKeys reports the keys that no action knows, when the step's action is unknown.
func (r *reader) strangeKeys(o object, a spot) {
	for _, e := range o.entries {
		if !r.full() && !slices.Contains(stepKeys(), e.key) && len(r.owners(e.key)) == 0 {
			r.add(e.line, a.key(e.key), UnknownKey, "a step has no key %q%s", e.key, didYouMean(e.key, append(stepKeys(), r.allFields()...)))
		}
	}
}

// owners are the actions with a field of that name.
func (r *reader) owners(key string) []string {
	var names []string
	for _, name := range r.actions.Names() {
		fields, _ := r.actions.Fields(name)
		for _, f := range fields {
			if f.Name == key {
				names = append(names, name)
			}
		}
	}
	return names
}

func (r *reader) allFields() []string {
	var names []string
	for _, name := range r.actions.Names() {
		fields, _ := r.actions.Fields(name)
		for _, f := range fields {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// readable is an action's name for people: "send_sms" is "Send SMS".
func readable(action string) string {
	if action == "" {
		return "Step"
	}
	s := strings.ReplaceAll(strings.ReplaceAll(action, "_", " "), "sms", "SMS")
	return strings.ToUpper(s[:1]) + s[1:]
}
