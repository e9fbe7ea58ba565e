package merge

import (
	"slices"
	"strings"
)

// output parses {{ … }} or, when echo, {% echo … %}.
func (p *parser) output(c chunk, echo bool) node {
	n := &outputNode{line: p.lineOf(c.off), place: p.place}
	e := p.expression(c.from, c.to)
	if e.tok.kind == tokEnd && !e.failed {
		n.pipe.expr = literal{}
		if !echo {
			e.fail(c.off, "there is nothing between {{ and }}: name a field")
		}
		return n
	}
	n.pipe = *e.pipeline()
	e.done()
	if !n.pipe.hasDefault() {
		n.origin, n.headCounts = p.origin(n.pipe.expr), n.pipe.printsHead()
	}
	return n
}

// tag parses one tag with its block; blank says that it prints nothing by itself.
func (p *parser) tag(c chunk, ends []string) (n node, blank bool) {
	if p.depth >= maxNesting {
		p.overLimit("nesting", maxNesting, c.off)
		return nil, true
	}
	p.depth++
	defer func() { p.depth-- }()
	switch c.name {
	case "assign":
		return p.assign(c), true
	case "capture":
		return p.capture(c), true
	case "if", "unless":
		return p.ifTag(c)
	case "case":
		return p.caseTag(c)
	case "for":
		return p.forTag(c)
	case "break", "continue":
		p.expression(c.from, c.to).done()
		if len(p.loops) == 0 {
			p.errorAt(c.off, "{% "+c.name+" %} only works between {% for %} and {% endfor %}")
		}
		if c.name == "break" {
			return jumpNode(flowBreak), false
		}
		return jumpNode(flowContinue), false
	case "echo":
		return p.output(c, true), false
	case "comment":
		p.skipComment(c)
		return nil, true
	case "raw":
		text, _ := p.skipRaw(c)
		if text.from == text.to {
			return nil, true
		}
		p.place = placeAfter(p.src[text.from:text.to])
		return rawNode(p.src[text.from:text.to]), false
	}
	p.unknownTag(c, ends)
	return nil, true
}

func (p *parser) unknownTag(c chunk, ends []string) {
	open := strings.TrimPrefix(c.name, "end")
	switch {
	case c.name == "":
		p.errorAt(c.off, "there is no name after {%")
	case c.name == "else" || c.name == "elsif" || c.name == "when":
		p.errorAt(c.off, "{% "+c.name+" %} doesn't belong here")
	case open != c.name && slices.Contains(tagNames(), open):
		message := "{% " + c.name + " %} has no {% " + open + " %} before it"
		if len(ends) > 0 {
			message += "; expected {% " + ends[len(ends)-1] + " %}"
		}
		p.errorAt(c.off, message)
	default:
		message := "there is no tag " + short(c.name)
		if c.name == "elseif" || c.name == "elif" {
			message += "; did you mean elsif?"
		} else if near := nearest(c.name, tagNames()); near != "" {
			message += "; did you mean " + near + "?"
		}
		p.errorAt(c.off, message)
	}
}

func tagNames() []string {
	return []string{
		"assign", "capture", "if", "unless", "case", "for", "break", "continue", "echo", "comment", "raw",
		"else", "elsif", "when", "endif", "endunless", "endcase", "endfor", "endcapture",
	}
}

func (p *parser) unclosed(open, end chunk) bool {
	if end.kind != chunkEnd {
		return false
	}
	if p.limit == nil {
		p.errorAt(open.off, "this {% "+open.name+" %} is never closed: add {% end"+open.name+" %}")
	}
	return true
}

func (p *parser) assign(c chunk) node {
	e := p.expression(c.from, c.to)
	name := e.tok.text
	if !e.takeIf(e.tok.kind == tokName) {
		e.fail(e.tok.pos, "expected a name after assign, as in {% assign city = contact.city %}")
		return nil
	}
	e.expect("=", "after the name")
	n := &assignNode{line: p.lineOf(c.off), pipe: *e.pipeline()}
	e.done()
	origin := ""
	if !n.pipe.hasDefault() {
		origin = p.origin(n.pipe.expr)
	}
	n.slot = p.local(name)
	p.origins[name] = origin
	return n
}

func (p *parser) capture(c chunk) node {
	e := p.expression(c.from, c.to)
	name := e.tok.text
	if !e.takeIf(e.tok.kind == tokName || e.tok.kind == tokString) {
		e.fail(e.tok.pos, "expected a name after capture, as in {% capture greeting %}")
	}
	e.done()
	outside := p.place
	p.place = placeText
	inside, end := p.body("endcapture")
	p.place = outside
	p.unclosed(c, end)
	p.origins[name] = ""
	return &captureNode{line: p.lineOf(c.off), slot: p.local(name), body: inside}
}

// ifTag parses if and unless, which differ only in their first condition.
func (p *parser) ifTag(c chunk) (node, bool) {
	n := &ifNode{line: p.lineOf(c.off), unless: c.name == "unless"}
	blank, otherwise := true, false
	for part := c; ; {
		branch := ifBranch{}
		if part.name != "else" {
			branch.cond = p.expression(part.from, part.to).condition()
		}
		var end chunk
		branch.body, end = p.body("elsif", "else", "end"+c.name)
		blank = blank && branch.body.blank
		n.branches = append(n.branches, branch)
		if end.name == "end"+c.name || p.unclosed(c, end) {
			break
		}
		if otherwise {
			p.errorAt(end.off, "{% "+end.name+" %} stands after {% else %}: else must be last")
		}
		otherwise = end.name == "else"
		part = end
	}
	if blank {
		for i := range n.branches {
			n.branches[i].body.strip()
		}
	}
	return n, blank
}

// caseTag parses case. As in Liquid every when that matches is rendered, and an else only when none before it did.
func (p *parser) caseTag(c chunk) (node, bool) {
	n := &caseNode{line: p.lineOf(c.off)}
	e := p.expression(c.from, c.to)
	n.subject = e.value()
	e.done()
	_, part := p.body("when", "else", "endcase")
	blank := true
	for !p.unclosed(c, part) && part.name != "endcase" {
		branch := caseBranch{otherwise: part.name == "else"}
		if !branch.otherwise {
			branch.values = p.whenValues(part)
		}
		branch.body, part = p.body("when", "else", "endcase")
		blank = blank && branch.body.blank
		n.branches = append(n.branches, branch)
	}
	if blank {
		for i := range n.branches {
			n.branches[i].body.strip()
		}
	}
	return n, blank
}

// whenValues parses "a, b or c". What follows something else is ignored, as Liquid ignores it.
func (p *parser) whenValues(c chunk) []expr {
	e := p.expression(c.from, c.to)
	var values []expr
	for {
		values = append(values, e.value())
		if !e.take(",") && !e.takeIf(e.isWord("or")) {
			return values
		}
	}
}

func (p *parser) forTag(c chunk) (node, bool) {
	n := &forNode{line: p.lineOf(c.off)}
	e := p.expression(c.from, c.to)
	name := e.tok.text
	if !e.takeIf(e.tok.kind == tokName) || !e.takeIf(e.isWord("in")) {
		e.fail(e.tok.pos, "expected {% for item in list %}, found "+e.found())
	}
	from := e.tok.pos
	n.list = e.value()
	n.name = name + "-" + strings.TrimRight(p.src[from:max(from, e.tok.pos)], whiteSpace+",")
	p.forSettings(e, n)

	n.slot, n.loopSlot = p.slots, p.slots+1
	p.slots += 2
	scope := loopScope{name: name, slot: n.slot, forloop: n.loopSlot, origin: p.origin(n.list)}
	p.loops = append(p.loops, scope)
	var end chunk
	n.body, end = p.body("else", "endfor")
	p.loops = p.loops[:len(p.loops)-1]
	if end.name == "else" {
		n.otherwise, end = p.body("endfor")
	} else {
		n.otherwise.blank = true
	}
	p.unclosed(c, end)
	blank := n.body.blank && n.otherwise.blank
	if blank {
		n.body.strip()
		n.otherwise.strip()
	}
	return n, blank
}

// forSettings parses reversed, limit and offset in any order, with or without commas.
func (p *parser) forSettings(e *exprParser, n *forNode) {
	for e.tok.kind != tokEnd {
		switch {
		case e.take(","):
		case e.isWord("reversed"):
			n.reversed = true
			e.advance()
		case e.isWord("limit"), e.isWord("offset"):
			which := e.tok.text
			e.advance()
			e.expect(":", "after "+which)
			if which == "limit" {
				n.limit = e.value()
			} else if e.isWord("continue") {
				n.resume, e.p.resumable = true, true
				e.advance()
			} else {
				n.offset = e.value()
			}
		default:
			e.fail(e.tok.pos, "unexpected "+e.found()+": a loop takes limit: 3, offset: 1 and reversed")
		}
	}
}
