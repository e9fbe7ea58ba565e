package merge

import (
	"math"
	"strconv"
	"strings"
)

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
	line     int
	forloop  bool // the root is a name bound by a surrounding for
}

type pathStep struct {
	key  string
	at   expr // set for [dynamic] and [1]; key is then unused
	dot  bool // .key, which also knows size, first and last
	text bool // ["key"]
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

func (p *pipeline) eval(st *state) any {
	v := p.expr.eval(st)
	for i := range p.filters {
		if st.err != nil {
			return nil
		}
		f := &p.filters[i]
		st.spend(1)
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

// exprParser reads the inside of one pair of braces, or a condition.
type exprParser struct {
	p        *parser
	src      string
	pos, end int
	tok      token
	depth    int
	failed   bool
}

func (p *parser) expression(from, to int) *exprParser {
	e := &exprParser{p: p, src: p.src, pos: from, end: to}
	e.advance()
	return e
}

// fail records the first mistake of this expression and ends it.
func (e *exprParser) fail(at int, message string) {
	if !e.failed {
		e.p.errorAt(at, message)
	}
	e.failed = true
	e.pos = e.end
	e.tok = token{pos: e.end}
}

func (e *exprParser) is(sign string) bool   { return e.tok.kind == tokSign && e.tok.text == sign }
func (e *exprParser) isWord(w string) bool  { return e.tok.kind == tokName && e.tok.text == w }
func (e *exprParser) found() string         { return describe(e.tok) }
func (e *exprParser) line() int             { return e.p.lineOf(e.tok.pos) }
func (e *exprParser) take(sign string) bool { return e.takeIf(e.is(sign)) }

func (e *exprParser) takeIf(yes bool) bool {
	if yes {
		e.advance()
	}
	return yes
}

func (e *exprParser) expect(sign, why string) {
	if !e.take(sign) {
		e.fail(e.tok.pos, "expected "+sign+" "+why+", found "+e.found())
	}
}

func (e *exprParser) done() {
	if e.tok.kind != tokEnd {
		e.fail(e.tok.pos, "unexpected "+e.found()+": nothing more is allowed here")
	}
}

func describe(t token) string {
	switch t.kind {
	case tokEnd:
		return "the end"
	case tokString:
		return strconv.Quote(short(t.text))
	}
	return short(t.text)
}

// value parses a literal, a range or a path.
func (e *exprParser) value() expr {
	e.depth++
	defer func() { e.depth-- }()
	if e.depth > maxNesting {
		e.p.overLimit("nesting", maxNesting, e.tok.pos)
		e.fail(e.tok.pos, "too many brackets inside each other")
		return literal{}
	}
	t := e.tok
	switch {
	case t.kind == tokString:
		e.advance()
		return literal{t.text}
	case t.kind == tokNumber:
		e.advance()
		return literal{t.value}
	case t.kind == tokName:
		return e.name()
	case e.is("("):
		return e.rangeValue()
	case e.is("["):
		p := &path{slot: -1, line: e.line()}
		e.advance()
		inner := e.value()
		e.expect("]", "after the name")
		if fixed, ok := inner.(literal); ok {
			if s, ok := fixed.value.(string); ok {
				p.root = s
				return e.pathSteps(p)
			}
		}
		p.rootExpr = inner
		return e.pathSteps(p)
	}
	e.fail(t.pos, "expected a field, a text in quotes or a number, found "+describe(t))
	return literal{}
}

func (e *exprParser) rangeValue() expr {
	e.advance()
	from := e.value()
	if e.tok.kind != tokEnd && !e.is("..") {
		e.fail(e.tok.pos, "parentheses are for ranges such as (1..5); conditions can't be grouped")
	}
	e.expect("..", "in a range such as (1..5)")
	to := e.value()
	e.expect(")", "after the range")
	return rangeExpr{from, to}
}

func (e *exprParser) name() expr {
	t := e.tok
	line := e.line()
	e.advance()
	if !e.is(".") && !e.is("[") {
		switch t.text {
		case "nil", "null":
			return literal{}
		case "true":
			return literal{true}
		case "false":
			return literal{false}
		case "blank":
			return literal{blank}
		case "empty":
			return literal{empty}
		}
	}
	return e.pathSteps(&path{root: t.text, slot: -1, line: line})
}

func (e *exprParser) pathSteps(p *path) expr {
	for {
		if e.take(".") {
			if e.tok.kind != tokName {
				e.fail(e.tok.pos, "expected a name after the dot, found "+e.found())
				return p
			}
			p.steps = append(p.steps, pathStep{key: e.tok.text, dot: true})
			e.advance()
			continue
		}
		if !e.take("[") {
			break
		}
		at := e.value()
		e.expect("]", "after the index")
		if fixed, ok := at.(literal); ok {
			if s, ok := fixed.value.(string); ok {
				p.steps = append(p.steps, pathStep{key: s, text: true})
				continue
			}
		}
		p.steps = append(p.steps, pathStep{at: at})
	}
	if p.rootExpr == nil {
		e.p.bind(p)
	}
	return p
}

// pipeline parses a value and its filters.
func (e *exprParser) pipeline() *pipeline {
	p := &pipeline{expr: e.value()}
	for e.take("|") {
		e.filter(p)
	}
	return p
}

func (e *exprParser) filter(p *pipeline) {
	if e.tok.kind != tokName {
		e.fail(e.tok.pos, "expected the name of a filter after |, found "+e.found())
		return
	}
	at, name := e.tok.pos, e.tok.text
	e.advance()
	var args []expr
	var allowFalse expr = literal{false}
	if e.take(":") {
		for {
			arg := e.value()
			if key, ok := arg.(*path); ok && e.take(":") {
				if name != "default" || key.root != "allow_false" {
					e.fail(at, "the filter "+name+" has no setting "+strings.Join(key.names(), "."))
					return
				}
				e.p.unbind(key)
				allowFalse = e.value()
			} else {
				args = append(args, arg)
			}
			if !e.take(",") {
				break
			}
		}
	}
	if e.failed {
		return
	}
	spec, ok := filterNamed(name)
	if !ok {
		message := "there is no filter " + short(name)
		if near := nearest(name, filterNames()); near != "" {
			message += "; did you mean " + near + "?"
		}
		e.fail(at, message)
		return
	}
	if len(args) < spec.min || len(args) > spec.max {
		e.fail(at, "the filter "+name+" takes "+arity(spec)+", found "+strconv.Itoa(len(args)))
		return
	}
	if name == "default" {
		if len(args) == 0 {
			args = append(args, literal{})
		}
		args = append(args, allowFalse)
	}
	p.filters = append(p.filters, filterCall{name: name, fn: spec.fn, args: args})
}

func arity(spec filterSpec) string {
	low, high := strconv.Itoa(spec.min), strconv.Itoa(spec.max)
	switch {
	case spec.max == 0:
		return "no values"
	case spec.min == spec.max && spec.min == 1:
		return "1 value after a colon"
	case spec.min == spec.max:
		return low + " values after a colon"
	}
	return low + " to " + high + " values after a colon"
}
