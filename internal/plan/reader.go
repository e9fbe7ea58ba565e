package plan

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// reader collects what one file says and what is wrong with it.
type reader struct {
	name     string
	actions  Actions
	lines    []string       // the file's text, for the lines of folded texts
	places   map[string]int // the line of each key by its path, for the checks between files
	spent    int            // nodes and bytes read so far; aliases count each time they are used
	problems []Problem
}

// maxSpent bounds what a file unfolds to when it repeats itself by aliases.
const maxSpent = 8 * maxFile

// spot is a place in the plan: the step (from 1; 0 = none) and the path of the key.
type spot struct {
	step int
	path string
}

func (a spot) key(name string) spot {
	if a.path == "" {
		return spot{a.step, name}
	}
	return spot{a.step, a.path + "." + name}
}

func (a spot) item(i int) spot { return spot{a.step, fmt.Sprintf("%s[%d]", a.path, i)} }

// maxProblems bounds what is reported of one file.
const maxProblems = 1000

func (r *reader) add(line int, a spot, code Code, format string, args ...any) {
	if r.full() {
		return
	}
	r.problems = append(r.problems, Problem{
		File: r.name, Line: max(line, 1), Step: a.step, Code: code, Path: a.path, Message: fmt.Sprintf(format, args...),
	})
}

func (r *reader) full() bool { return len(r.problems) >= maxProblems }

// file reports what is wrong with the file as a whole.
func (r *reader) file(line int, code Code, format string, args ...any) {
	r.add(line, spot{}, code, format, args...)
}

// entry is one key of a mapping with its value.
type entry struct {
	key   string
	line  int // of the key
	value *yaml.Node
}

// object is a mapping; a key that stands twice is in it once.
type object struct {
	line    int // the first line
	entries []entry
	index   map[string]int // of each key in entries
}

// get returns the value of a key, nil when it is absent or empty.
func (o object) get(key string) *yaml.Node {
	if i, ok := o.index[key]; ok && !isNull(o.entries[i].value) {
		return o.entries[i].value
	}
	return nil
}

// has reports whether the key is there, be it empty.
func (o object) has(key string) bool {
	_, ok := o.index[key]
	return ok
}

// line is the line of a key, or of the whole when the key is absent.
func (o object) lineOf(key string) int {
	if i, ok := o.index[key]; ok {
		return o.entries[i].line
	}
	return o.line
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// object reads a mapping, merged ones ("<<: *defaults") included; false after a problem that names what is wanted.
func (r *reader) object(n *yaml.Node, a spot, wanted string) (object, bool) {
	n = r.resolve(n)
	if n.Kind != yaml.MappingNode {
		r.add(n.Line, a, WrongType, "%s, not %s", wanted, kindOf(n))
		return object{}, false
	}
	o := object{line: n.Line, index: map[string]int{}}
	r.readEntries(n, a, &o, 0)
	return o, true
}

func (r *reader) readEntries(n *yaml.Node, a spot, o *object, depth int) {
	var merged []*yaml.Node
	own := len(o.entries)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := r.resolve(n.Content[i]), r.resolve(n.Content[i+1])
		switch {
		case key.Tag == "!!merge":
			merged = append(merged, value)
			continue
		case key.Kind != yaml.ScalarNode:
			r.add(key.Line, a, WrongType, "a key must be a text, not %s%s", kindOf(key), bracesAdvice(n))
			continue
		}
		old, known := o.index[key.Value]
		switch {
		case known && old >= own:
			r.add(key.Line, a.key(key.Value), DuplicateKey, "%q stands twice; the first is in line %d", key.Value, o.entries[old].line)
		case !known:
			o.index[key.Value] = len(o.entries)
			o.entries = append(o.entries, entry{key.Value, key.Line, value})
			r.places[a.key(key.Value).path] = key.Line
			if value.Kind == yaml.ScalarNode && !isNull(value) {
				r.places[a.key(key.Value).path] = value.Line
			}
		}
	}
	for _, m := range merged {
		if m.Kind == yaml.SequenceNode {
			for _, item := range m.Content {
				if item = r.resolve(item); item.Kind == yaml.MappingNode && depth < 5 {
					r.readEntries(item, a, o, depth+1)
				}
			}
		} else if m.Kind == yaml.MappingNode && depth < 5 {
			r.readEntries(m, a, o, depth+1)
		}
	}
}

// resolve follows an alias, and counts what is read.
func (r *reader) resolve(n *yaml.Node) *yaml.Node {
	for range 10 {
		if n.Kind != yaml.AliasNode || n.Alias == nil {
			break
		}
		n = n.Alias
	}
	before := r.spent
	r.spent += 1 + len(n.Value)
	if before <= maxSpent && r.spent > maxSpent {
		r.file(n.Line, TooLarge, "the file's aliases unfold to more than a plan may hold; write fewer repetitions")
	}
	if r.spent > maxSpent || n.Kind == yaml.AliasNode {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line}
	}
	return n
}

// text reads a text; numbers, dates and words like yes are the text that they are written as. False after a problem.
func (r *reader) text(n *yaml.Node, a spot) (string, bool) {
	n = r.resolve(n)
	if n.Kind == yaml.ScalarNode {
		return n.Value, true
	}
	r.add(n.Line, a, WrongType, "%s takes a text, not %s%s", last(a.path), kindOf(n), bracesAdvice(n))
	return "", false
}

// line reads a text of one line, without blanks around it; "" when it is absent.
func (r *reader) line(o object, key string, a spot) string {
	n := o.get(key)
	if n == nil {
		return ""
	}
	s, _ := r.text(n, a.key(key))
	return strings.TrimSpace(s)
}

// boolean reads true or false.
func (r *reader) boolean(n *yaml.Node, a spot) (value, ok bool) {
	n = r.resolve(n)
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
		switch strings.ToLower(n.Value) {
		case "true", "yes", "on":
			return true, true
		case "false", "no", "off":
			return false, true
		}
	}
	r.add(n.Line, a, WrongType, "%s takes true or false, not %s", last(a.path), valueOf(n))
	return false, false
}

// list reads a list; one value alone is a list of one. False after a problem.
func (r *reader) list(n *yaml.Node) []*yaml.Node {
	n = r.resolve(n)
	if n.Kind != yaml.SequenceNode {
		return []*yaml.Node{n}
	}
	items := make([]*yaml.Node, 0, len(n.Content))
	for _, item := range n.Content {
		items = append(items, r.resolve(item))
	}
	return items
}

func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.MappingNode:
		return "keys with values"
	case isNull(n):
		return "nothing"
	case n.Tag == "!!int" || n.Tag == "!!float":
		return "a number"
	}
	return "a text"
}

func valueOf(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.Value != "" && len(n.Value) <= 40 {
		return fmt.Sprintf("%q", n.Value)
	}
	return kindOf(n)
}

// bracesAdvice tells what happened to a merge field without quotes around it, which YAML reads as keys.
func bracesAdvice(n *yaml.Node) string {
	if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 && len(n.Content) > 0 && n.Content[0].Kind == yaml.MappingNode {
		return `; a text that begins with "{{" must stand in quotes`
	}
	return ""
}

// last is the last key of a path: "when" of "steps[2].when".
func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
