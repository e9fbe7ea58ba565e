package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"tactus/internal/form"
)

// configReader reads the fields that belong to one step's action.
type configReader struct {
	*reader
	object
	spot
	action string
	fields []form.Field
	bad    map[string]bool // fields with a problem, or meant by a misspelt key
}

// read returns the step's config: a JSON object in the order of the action's fields, without those at fault.
func (c *configReader) read() json.RawMessage {
	c.bad = map[string]bool{}
	values := make(map[string]json.RawMessage, len(c.fields))
	for _, e := range c.entries {
		if slices.Contains(stepKeys(), e.key) || c.full() {
			continue
		}
		i := slices.IndexFunc(c.fields, func(f form.Field) bool { return f.Name == e.key })
		if i < 0 {
			c.unknown(e)
			continue
		}
		if v, ok := c.value(c.fields[i], e); ok {
			values[e.key] = v
		}
	}
	c.missing(values)
	config := c.encode(values)
	c.validate(c.encode(c.withStandIns(values)))
	c.texts(config)
	return config
}

// encode writes the fields as a JSON object in the order in which the action names them.
func (c *configReader) encode(values map[string]json.RawMessage) json.RawMessage {
	w := &objectWriter{}
	for _, f := range c.fields {
		if v, ok := values[f.Name]; ok {
			w.put(f.Name, v)
		}
	}
	config, err := w.end()
	if err != nil {
		return json.RawMessage("{}")
	}
	return config
}

// withStandIns adds a value for each field at fault, so that the action doesn't miss what is there and only wrong.
func (c *configReader) withStandIns(values map[string]json.RawMessage) map[string]json.RawMessage {
	all := maps.Clone(values)
	for _, f := range c.fields {
		if !c.bad[f.Name] {
			continue
		}
		switch f.Type {
		case form.Bool:
			all[f.Name] = json.RawMessage("false")
		case form.Int:
			all[f.Name] = json.RawMessage("1")
		case form.List:
			all[f.Name] = json.RawMessage(`["x"]`)
		case form.Choice:
			all[f.Name] = quoted(f.Options[0])
		case form.Text, form.LongText, form.Secret, form.URL, form.Duration:
			all[f.Name] = json.RawMessage(`"x"`)
		}
	}
	return all
}

func (c *configReader) unknown(e entry) {
	own := make([]string, len(c.fields))
	for i, f := range c.fields {
		own[i] = f.Name
	}
	takes := "takes no fields of its own"
	if len(own) > 0 {
		takes = "takes " + strings.Join(own, ", ")
	}
	a := c.key(e.key)
	if owners := c.owners(e.key); len(owners) > 0 {
		c.add(e.line, a, ForeignKey, "%q belongs to %s; %s %s", e.key, strings.Join(owners, ", "), c.action, takes)
		return
	}
	if e.key == "at" {
		c.add(e.line, a, ForeignKey, `"at" belongs to the plan; a step names its time in "when", like "on day 1 at 09:00"`)
		return
	}
	if slices.Contains(planKeys(), e.key) {
		c.add(e.line, a, ForeignKey, "%q belongs to the plan, not to a step; %s %s", e.key, c.action, takes)
		return
	}
	known := slices.Concat(own, stepKeys())
	meant := nearest(e.key, known)
	if meant == "" {
		c.add(e.line, a, UnknownKey, "a %s step has no key %q; besides %s it %s", c.action, e.key, strings.Join(stepKeys(), ", "), takes)
		return
	}
	c.bad[meant] = true
	c.add(e.line, a, UnknownKey, "a %s step has no key %q (did you mean %q?)", c.action, e.key, meant)
}

// value reads a field by its type; false when it is absent or at fault.
func (c *configReader) value(f form.Field, e entry) (json.RawMessage, bool) {
	n, a := e.value, c.key(e.key)
	if isNull(n) {
		return nil, false
	}
	var v any
	ok := false
	switch f.Type {
	case form.Bool:
		v, ok = c.boolean(n, a)
	case form.Int:
		v, ok = c.integer(n, a)
	case form.List:
		v, ok = c.items(n, a)
	case form.Choice:
		word := ""
		ok = chosen(c.reader, n, a, f.Options, &word)
		v = word
	case form.LongText:
		v, ok = c.text(n, a)
	case form.Text, form.Secret, form.URL, form.Duration:
		var s string
		s, ok = c.text(n, a)
		v = strings.TrimSpace(s)
	}
	if !ok {
		c.bad[f.Name] = true
		return nil, false
	}
	raw, err := json.Marshal(v)
	return raw, err == nil
}

func (c *configReader) integer(n *yaml.Node, a spot) (int, bool) {
	v, err := strconv.Atoi(n.Value)
	if n.Kind == yaml.ScalarNode && err == nil && v >= -1_000_000 && v <= 1_000_000 {
		return v, true
	}
	c.add(n.Line, a, WrongType, "%s takes a whole number, not %s", last(a.path), valueOf(n))
	return 0, false
}

func (c *configReader) items(n *yaml.Node, a spot) ([]string, bool) {
	list := c.list(n)
	texts := make([]string, 0, len(list))
	ok := true
	for i, item := range list {
		c.places[a.item(i).path] = item.Line
		if item.Kind != yaml.ScalarNode || isNull(item) {
			c.add(item.Line, a, WrongType, "%s takes a list of texts; item %d is %s%s", last(a.path), i+1, kindOf(item), bracesAdvice(item))
			ok = false
			continue
		}
		texts = append(texts, item.Value)
	}
	return texts, ok
}

// missing reports the fields that must be there.
func (c *configReader) missing(values map[string]json.RawMessage) {
	for _, f := range c.fields {
		if _, ok := values[f.Name]; f.Required && !ok && !c.bad[f.Name] {
			c.bad[f.Name] = true
			c.add(c.object.line, c.key(f.Name), MissingKey, "%s needs %q", c.action, f.Name)
		}
	}
}

// validate asks the action itself, and leaves out what follows from problems reported already.
func (c *configReader) validate(config json.RawMessage) {
	for _, fault := range c.actions.Validate(c.action, config) {
		field := fault.Name
		if i := strings.IndexAny(field, "[."); i >= 0 {
			field = field[:i]
		}
		if c.bad[field] {
			continue
		}
		code, line := BadValue, c.object.line
		if n := c.node(fault.Name); n != nil {
			line = n.Line
		} else {
			code = MissingKey
		}
		c.add(line, c.key(fault.Name), code, "%s", named(fault.Name, fault.Message))
	}
}

func named(field, message string) string {
	if field == "" || strings.HasPrefix(message, field) {
		return message
	}
	return fmt.Sprintf("%s: %s", field, message)
}

// node finds a field's value by its name, "texts[1]" in a list.
func (c *configReader) node(field string) *yaml.Node {
	name, rest, inList := strings.Cut(field, "[")
	n := c.get(name)
	if n == nil || !inList || n.Kind != yaml.SequenceNode {
		return n
	}
	i, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
	if err != nil || i < 0 || i >= len(n.Content) {
		return n
	}
	return c.resolve(n.Content[i])
}

func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`)
	}
	return b
}
