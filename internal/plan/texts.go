package plan

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"tactus/internal/merge"
)

// texts checks the merge fields of a step's texts.
func (c *configReader) texts(config json.RawMessage) {
	templates := c.actions.Texts(c.action, config)
	fields := make([]string, 0, len(templates))
	for field := range templates {
		fields = append(fields, field)
	}
	slices.Sort(fields)
	for _, field := range fields {
		c.mergeFields(c.node(field), templates[field], c.object.line, c.key(field))
	}
}

// mergeFields checks one text, in its node's place if there is one, else in the given line.
func (r *reader) mergeFields(n *yaml.Node, text string, line int, a spot) {
	place := located{text, func(int) int { return line }}
	if n != nil && n.Kind == yaml.ScalarNode {
		place = r.locate(n)
	}
	src := place.text
	t, err := merge.Parse(src)
	for range 20 {
		if err == nil {
			break
		}
		r.syntax(err, place, a, BadMerge)
		// What else is wrong with the text shows when the lines at fault are left out.
		masked := withoutLines(src, err)
		if masked == src {
			return
		}
		src = masked
		if t, err = merge.Parse(src); err != nil {
			return
		}
	}
	if t != nil {
		for _, p := range merge.Check(t.Refs(), Schema()) {
			if strings.HasPrefix(p.Path, "steps.") {
				p.Message += `; only "only_if" may ask for a step's outcome`
			}
			r.add(place.line(p.Line), a, UnknownField, "%s: %s", last(a.path), p.Message)
		}
	}
}

// syntax reports each mistake in a text or condition.
func (r *reader) syntax(err error, place located, a spot, code Code) {
	var many merge.SyntaxErrors
	var one *merge.SyntaxError
	var limit *merge.LimitError
	switch {
	case errors.As(err, &many):
	case errors.As(err, &one):
		many = merge.SyntaxErrors{one}
	case errors.As(err, &limit):
		limited := *limit
		limited.Line = 0
		r.add(place.line(max(limit.Line, 1)), a, code, "%s: %v", last(a.path), &limited)
		return
	}
	for _, e := range many {
		r.add(place.line(e.Line), a, code, "%s: %s", last(a.path), e.Message)
	}
}

// withoutLines empties the lines that an error names.
func withoutLines(src string, err error) string {
	lines := strings.Split(src, "\n")
	var many merge.SyntaxErrors
	var one *merge.SyntaxError
	if !errors.As(err, &many) && errors.As(err, &one) {
		many = merge.SyntaxErrors{one}
	}
	for _, e := range many {
		if e.Line >= 1 && e.Line <= len(lines) {
			lines[e.Line-1] = ""
		}
	}
	return strings.Join(lines, "\n")
}

// conditions checks each step's "only_if", which may ask only for outcomes of earlier steps.
func (r *reader) conditions(d *Document, objects []object) {
	for i, o := range objects {
		n := o.get("only_if")
		if n == nil || n.Kind != yaml.ScalarNode {
			continue
		}
		a := spot{step: i + 1, path: spot{path: "steps"}.item(i).key("only_if").path}
		place := r.locate(n)
		condition, err := merge.ParseCondition(place.text)
		if err != nil {
			r.syntax(err, place, a, BadCondition)
			continue
		}
		var others []merge.Ref
		for _, ref := range condition.Refs() {
			parts := strings.Split(ref.Path, ".")
			if parts[0] != "steps" || len(parts) < 2 {
				others = append(others, ref)
				continue
			}
			if message := outcomeProblem(d, i, parts); message != "" {
				r.add(place.line(ref.Line), a, UnknownStep, "only_if: %s: %s", ref.Path, message)
			}
		}
		for _, p := range merge.Check(others, ConditionSchema()) {
			r.add(place.line(p.Line), a, UnknownField, "only_if: %s", p.Message)
		}
	}
}

// outcomeProblem says what is wrong with steps.ID.outcome in the condition of step i; "" = nothing.
func outcomeProblem(d *Document, i int, parts []string) string {
	id := parts[1]
	at := slices.IndexFunc(d.Steps, func(s Step) bool { return s.ID == id })
	var earlier []string
	for _, s := range d.Steps[:i] {
		if s.ID != "" {
			earlier = append(earlier, s.ID)
		}
	}
	switch {
	case at < 0:
		return "no earlier step has the id " + id + didYouMean(id, earlier) + `; give the step "id: ` + id + `"`
	case at == i:
		return "a step can't ask for its own outcome, only for an earlier step's"
	case at > i:
		return "that step stands below this one; only an earlier step has an outcome"
	case len(parts) != 3 || parts[2] != "outcome":
		return "of a step there is only its outcome; write steps." + id + ".outcome"
	}
	return ""
}
