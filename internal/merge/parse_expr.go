package merge

import (
	"strconv"
	"strings"
)

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
	default:
		return short(t.text)
	}
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
		p := &path{slot: -1, pos: e.tok.pos}
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
	return e.pathSteps(&path{root: t.text, slot: -1, pos: t.pos})
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
				p.steps = append(p.steps, pathStep{key: s})
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
