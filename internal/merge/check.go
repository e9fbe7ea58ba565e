package merge

import (
	"slices"
	"strings"
)

// Schema names the fields that a text may use, by their first name: contact, user, account, plan, event, steps.
type Schema map[string]Node

// Kind is what stands at a node of a schema.
type Kind uint8

// The kinds. Text and List know .size, .first and .last, Group knows its fields (and .size where any key is allowed).
const (
	Text   Kind = iota
	Number      // also money
	Date
	Bool
	List  // Item describes its items
	Group // Fields, and Any for keys that aren't among them
)

// Node is a field or a group of fields.
type Node struct {
	Kind   Kind
	Fields map[string]Node
	Any    *Node // what stands under any other key; nil: there are no others
	Item   *Node // a list's items; nil: nothing is known of them
	// Preferred groups win when several fields are equally near to a misspelt one; of "name" the contact's is usually meant.
	Preferred bool
}

// Problem is a field that doesn't exist.
type Problem struct {
	Line       int    // 1-based
	Path       string // as it was written
	Message    string // for people; holds the suggestion
	Suggestion string // a path that exists, "" when nothing is near
}

// Check compares the fields that a text reads with those that there are (TPL-2). Each path is reported once per line,
// and after maxProblems it is enough.
func Check(refs []Ref, s Schema) []Problem {
	var problems []Problem
	root := Node{Kind: Group, Fields: s}
	var known []string
	for _, ref := range refs {
		names := ref.names
		if names == nil {
			names = strings.Split(ref.Path, ".")
		}
		at, reason := find(root, names)
		if at < 0 || slices.ContainsFunc(problems, func(p Problem) bool { return p.Line == ref.Line && p.Path == ref.Path }) {
			continue
		}
		if len(problems) == maxProblems {
			break
		}
		if known == nil {
			known = s.paths()
		}
		p := Problem{Line: ref.Line, Path: ref.Path, Message: "unknown field " + ref.Path}
		if reason != "" {
			p.Message += ": " + reason
		} else if p.Suggestion = s.suggest(names, at, known); p.Suggestion != "" {
			p.Message += "; did you mean " + p.Suggestion + "?"
		}
		problems = append(problems, p)
	}
	return problems
}

// find walks a path; it returns -1 when the path exists, else the index of the first name that doesn't, and the
// reason where it isn't simply an unknown name.
func find(n Node, names []string) (int, string) {
	for i, name := range names {
		next, ok := n.Fields[name]
		switch {
		case n.Kind == Group && ok:
			n = next
		case n.Kind == Group && n.Any != nil:
			n = *n.Any
		case n.Kind == Group && i > 0 && name == "size" && len(n.Fields) == 0:
			n = Node{Kind: Number}
		case n.Kind == Text && (name == "first" || name == "last"):
			n = Node{Kind: Text}
		case n.Kind == List && (name == "first" || name == "last"):
			if n.Item == nil {
				return -1, ""
			}
			n = *n.Item
		case (n.Kind == Text || n.Kind == List) && name == "size":
			n = Node{Kind: Number}
		case n.Kind == Group:
			return i, ""
		default:
			return i, strings.Join(names[:i], ".") + " is " + n.Kind.name() + " and has no " + name
		}
	}
	return -1, ""
}

func (k Kind) name() string {
	switch k {
	case Number:
		return "a number"
	case Date:
		return "a date"
	case Bool:
		return "true or false"
	case List:
		return "a list"
	case Group:
		return "a group of fields"
	default:
		return "a text"
	}
}

// paths lists every field of the schema, those of preferred groups first, else in alphabetical order.
func (s Schema) paths() []string {
	var preferred, other []string
	for name, n := range s {
		if n.Preferred {
			preferred = n.paths(preferred, name, 0)
		} else {
			other = n.paths(other, name, 0)
		}
	}
	slices.Sort(preferred)
	slices.Sort(other)
	return append(preferred, other...)
}

func (n Node) paths(to []string, name string, depth int) []string {
	to = append(to, name)
	if depth < maxNesting {
		for key, inner := range n.Fields {
			to = inner.paths(to, name+"."+key, depth+1)
		}
	}
	return to
}
