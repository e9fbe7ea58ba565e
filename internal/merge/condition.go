package merge

import "strings"

// condition is a chain of comparisons joined by and/or, which group from the right.
type condition struct {
	terms []comparison
	ors   []bool // ors[i] joins terms[i] to what follows: or, else and
}

type comparison struct {
	left  expr
	op    string // "" asks whether left is true
	right expr
}

// holds reads the chain from the left: grouping from the right makes "false and …" false and "true or …" true at once.
func (c *condition) holds(st *state) bool {
	for i := range c.terms {
		yes := c.terms[i].holds(st)
		if st.err != nil {
			return false
		}
		if i == len(c.terms)-1 || yes == c.ors[i] {
			return yes
		}
	}
	return false
}

func (c *comparison) holds(st *state) bool {
	st.spend(1)
	left := c.left.eval(st)
	if c.op == "" {
		return truthy(left)
	}
	right := c.right.eval(st)
	switch c.op {
	case "==":
		return equal(st, left, right)
	case "!=", "<>":
		return !equal(st, left, right)
	case "contains":
		return contains(st, left, right)
	}
	return ordered(st, c.op, left, right)
}

func (e *exprParser) condition() *condition {
	c := &condition{}
	for {
		c.terms = append(c.terms, e.comparison())
		switch {
		case e.isWord("and"):
			c.ors = append(c.ors, false)
		case e.isWord("or"):
			c.ors = append(c.ors, true)
		default:
			if e.is("=") {
				e.fail(e.tok.pos, "use == to compare")
			}
			if e.tok.kind == tokName {
				e.fail(e.tok.pos, "unexpected "+e.found()+": use and, or, contains, ==, !=, <, >, <= or >=")
			}
			e.done()
			return c
		}
		e.advance()
	}
}

func (e *exprParser) comparison() comparison {
	if e.isWord("not") {
		e.fail(e.tok.pos, "there is no not: use != or unless")
	}
	c := comparison{left: e.value()}
	switch {
	case e.isWord("contains"):
		c.op = "contains"
	case e.tok.kind == tokSign && strings.Contains("== != <> <= >= < >", e.tok.text) && e.tok.text != "=":
		c.op = e.tok.text
	default:
		return c
	}
	e.advance()
	c.right = e.value()
	return c
}

// Condition is a parsed condition, such as a step's only_if.
type Condition struct {
	cond condition
	refs []Ref
}

// ParseCondition parses what may stand after Liquid's if. Its errors are *SyntaxError or *LimitError.
func ParseCondition(src string) (*Condition, error) {
	p := newParser(src)
	if p.tooLong() {
		return nil, p.err()
	}
	c := &Condition{cond: *p.expression(0, len(src)).condition()}
	if err := p.err(); err != nil {
		return nil, err
	}
	c.refs = p.finish()
	return c, nil
}

// Refs lists the fields that the condition reads, in the order of the source.
func (c *Condition) Refs() []Ref { return append([]Ref(nil), c.refs...) }

// Eval decides the condition. A missing field is nil. Its errors are *RenderError or *LimitError.
func (c *Condition) Eval(data map[string]any, opt Options) (bool, error) {
	st := newState(data, opt, 0)
	st.line = 1
	yes := c.cond.holds(st)
	if st.err != nil {
		return false, st.err
	}
	return yes, nil
}
