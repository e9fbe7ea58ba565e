package plan

import (
	"maps"
	"slices"
	"strings"

	"tactus/internal/form"
)

// Names are the objects that plans may name besides those of the files. A nil set means that nothing is known of that kind:
// any stage, user, template and partner is accepted then, but a plan must be in a file (1a).
type Names struct {
	Plans     map[string]bool
	Templates map[string]bool
	Stages    map[string]bool
	Users     map[string]bool // by email address
	Partners  map[string]bool // by email address
	Documents []*Document     // the account's plans that no file replaces, for circles
}

// Check finds what is wrong between files that Load has read: names that nothing has, names that two files have, circles (PLAN-14). The
// problems are in the order of the files, by line.
func Check(files []*File, known Names) []Problem {
	c := &checker{
		files:     files,
		known:     known,
		plans:     withAll(known.Plans, true),
		templates: withAll(known.Templates, known.Templates != nil),
		problems:  make([][]Problem, len(files)),
	}
	firstPlan, firstTemplate := map[string]*File{}, map[string]*File{}
	for i, f := range files {
		if f.claimed != "" {
			c.plans[f.claimed] = true
		}
		if f.Document != nil && f.Document.Name != "" {
			c.double(i, "plan", f.Document.Name, firstPlan, DoublePlan)
			c.plans[f.Document.Name] = true
		}
		if f.Template != nil && f.Template.Name != "" {
			c.double(i, "template", f.Template.Name, firstTemplate, DoubleTemplate)
			if c.templates != nil {
				c.templates[f.Template.Name] = true
			}
		}
	}
	for i := range files {
		c.references(i)
	}
	c.circles()
	var all []Problem
	for _, problems := range c.problems {
		all = append(all, sorted(problems)...)
	}
	return all
}

type checker struct {
	files            []*File
	known            Names
	plans, templates map[string]bool
	problems         [][]Problem // by file
}

// withAll copies a set so that names can be added; nil when it stays unknown.
func withAll(set map[string]bool, known bool) map[string]bool {
	if !known {
		return nil
	}
	all := make(map[string]bool, len(set))
	maps.Copy(all, set)
	return all
}

func (c *checker) add(file, step int, path string, code Code, message string) {
	f := c.files[file]
	c.problems[file] = append(c.problems[file], Problem{
		File: f.Name, Line: f.Line(path), Step: step, Code: code, Message: message, Path: path,
	})
}

func (c *checker) double(i int, key, name string, first map[string]*File, code Code) {
	if f := first[name]; f != nil {
		c.add(i, 0, key, code, "the "+key+" "+quote(name)+" is in "+f.Name+" already; each has a name of its own")
		return
	}
	first[name] = c.files[i]
}

// references checks the names in one file.
func (c *checker) references(i int) {
	f := c.files[i]
	if f.Document == nil {
		return
	}
	for _, ref := range f.Document.References(f.actions) {
		var set map[string]bool
		var code Code
		what := string(ref.Ref)
		switch ref.Ref {
		case form.Plan:
			set, code = c.plans, UnknownPlan
		case form.Template:
			set, code = c.templates, UnknownTemplate
		case form.Stage:
			set, code = c.known.Stages, UnknownStage
		case form.User:
			set, code = c.known.Users, UnknownUser
		case RefPartner:
			set, code = c.known.Partners, UnknownPartner
		default: // tags, groups and sources are made when the plan is applied (DEC-9)
			continue
		}
		if set == nil || set[ref.Name] {
			continue
		}
		message := last(ref.Field) + ": there is no " + what + " " + quote(ref.Name)
		if near := nearest(ref.Name, slices.Sorted(maps.Keys(set))); near != "" {
			message += "; did you mean " + quote(near) + "?"
		} else if ref.Ref == form.Plan && c.known.Plans == nil {
			message += " among the files; name the file that holds it too"
		}
		c.add(i, stepOf(ref.Field), ref.Field, code, message)
	}
}

// stepOf is the number of the step in a path like "steps[2].plan", from 1; 0 when it is not of a step.
func stepOf(path string) int {
	rest, ok := strings.CutPrefix(path, "steps[")
	if !ok {
		return 0
	}
	n := 0
	for _, c := range rest {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n + 1
}

func quote(s string) string { return `"` + s + `"` }
