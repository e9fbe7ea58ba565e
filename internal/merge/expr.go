package merge

import "math"

// expr is a value to be found at render time. A failing expression reports to the state and gives nil.
type expr interface {
	eval(st *state) any
}

type literal struct{ value any }

func (l literal) eval(*state) any { return l.value }

type rangeExpr struct{ from, to expr }

func (r rangeExpr) eval(st *state) any {
	return span{rangeEnd(r.from.eval(st)), rangeEnd(r.to.eval(st))}
}

// rangeEnd reads an end of a range as Liquid does: whole numbers, anything else counts as 0.
func rangeEnd(v any) int64 {
	switch n := toNumber(v).(type) {
	case int64:
		return n
	case float64:
		if math.Abs(n) < 1<<53 {
			return int64(n)
		}
	}
	return 0
}

// path is a variable with its properties: contact.tags[0].size.
type path struct {
	root     string
	rootExpr expr // {{ [name] }}: the root's name is itself looked up; root is then ""
	slot     int  // of a local variable, -1 for data
	steps    []pathStep
	pos      int  // in the source
	forloop  bool // the root is a name bound by a surrounding for
}

type pathStep struct {
	key string
	at  expr // set for [dynamic] and [1]; key is then unused
	dot bool // .key, which also knows size, first and last; ["key"] doesn't
}

func (p *path) eval(st *state) any {
	st.spend(1)
	var v any
	switch {
	case p.rootExpr != nil:
		if name, ok := textOf(p.rootExpr.eval(st)); ok {
			v = st.byName(name)
		}
	case p.slot >= 0 && st.slots[p.slot].set:
		v = st.slots[p.slot].value
	default:
		v = st.data[p.root]
	}
	v = st.norm(v)
	for i := range p.steps {
		step := &p.steps[i]
		if v == nil {
			return nil
		}
		st.spendText(v)
		if step.at == nil {
			v = st.norm(property(v, step.key, step.dot))
		} else {
			v = st.norm(indexed(v, st.norm(step.at.eval(st))))
		}
	}
	return v
}

// names lists the static part of the path, nil when nothing of it is static.
func (p *path) names() []string {
	if p.rootExpr != nil {
		return nil
	}
	names := []string{p.root}
	for _, step := range p.steps {
		if step.at != nil {
			break
		}
		names = append(names, step.key)
	}
	return names
}

// filterCall is one "| name: args".
type filterCall struct {
	name string
	fn   filterFunc
	args []expr
}

// pipeline is an expression and the filters behind it.
type pipeline struct {
	expr    expr
	filters []filterCall
}

func (p *pipeline) eval(st *state) any { return p.apply(st, p.expr.eval(st)) }

// apply runs the filters over v.
func (p *pipeline) apply(st *state, v any) any {
	for i := range p.filters {
		if st.err != nil {
			return nil
		}
		f := &p.filters[i]
		st.spend(1)
		st.spendText(v)
		base := len(st.args)
		for _, arg := range f.args {
			st.args = append(st.args, arg.eval(st))
		}
		if st.err == nil {
			v = f.fn(st, v, st.args[base:])
		}
		st.args = st.args[:base]
	}
	return v
}

// hasDefault says that the author decided what stands here when the value is empty: a default with a fixed text.
func (p *pipeline) hasDefault() bool {
	for _, f := range p.filters {
		if f.name == "default" {
			if _, fixed := f.args[0].(literal); fixed {
				return true
			}
		}
	}
	return false
}

// printsHead says that a hole in the data is a hole in the text, whatever the filters put around it: "Hi !" for
// {{ contact.first_name | append: "!" }}. A count of nothing is no hole.
func (p *pipeline) printsHead() bool {
	for _, f := range p.filters {
		switch f.name {
		case "default", "size", "sum", "concat":
			return false
		}
	}
	return true
}
