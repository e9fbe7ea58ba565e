package merge

import (
	"math"
	"strings"
)

// node is a piece of a parsed template; render writes it and says how to go on.
type node interface {
	render(st *state) flow
}

type flow uint8

const (
	flowNext flow = iota
	flowBreak
	flowContinue
	flowStop // st.err is set
)

func (b *body) render(st *state) flow {
	for _, n := range b.nodes {
		if st.spend(1); st.err != nil {
			return flowStop
		}
		if f := n.render(st); f != flowNext {
			return f
		}
	}
	return flowNext
}

type (
	textNode string
	rawNode  string // {% raw %}: like text, but never removed from a blank block
	jumpNode flow
)

func (n textNode) render(st *state) flow { return st.write(string(n)) }
func (n rawNode) render(st *state) flow  { return st.write(string(n)) }
func (n jumpNode) render(*state) flow    { return flow(n) }

type outputNode struct {
	pipe       pipeline
	line       int
	origin     string // the data path to report when it comes out empty, "" for none
	headCounts bool   // an empty field is reported even when filters make something of it
	place      place
}

func (n *outputNode) render(st *state) flow {
	st.line = n.line
	head := n.pipe.expr.eval(st)
	v := n.pipe.apply(st, head)
	if st.err != nil {
		return flowStop
	}
	if n.origin != "" && (isVoid(v) || n.headCounts && isVoid(head)) {
		st.addEmpty(n.origin)
	}
	return st.emit(v, n.place)
}

type assignNode struct {
	pipe pipeline
	slot int
	line int
}

func (n *assignNode) render(st *state) flow {
	st.line = n.line
	v := n.pipe.eval(st)
	if st.err != nil {
		return flowStop
	}
	st.slots[n.slot] = slot{value: v, set: true}
	return flowNext
}

type captureNode struct {
	body body
	slot int
	line int
}

func (n *captureNode) render(st *state) flow {
	st.line = n.line
	outer := st.out
	st.out = &strings.Builder{}
	f := n.body.render(st)
	text := st.out.String()
	st.out = outer
	if st.err != nil {
		return flowStop
	}
	st.grow(len(text))
	var v any = text
	if st.sink == HTML || st.sink == Markdown {
		v = markup(text) // its fields have been escaped on the way in
	}
	st.slots[n.slot] = slot{value: v, set: true}
	return f
}

type ifNode struct {
	branches []ifBranch
	unless   bool
	line     int
}

type ifBranch struct {
	cond *condition // nil for else
	body body
}

func (n *ifNode) render(st *state) flow {
	st.line = n.line
	for i := range n.branches {
		b := &n.branches[i]
		yes := b.cond == nil || b.cond.holds(st) != (n.unless && i == 0)
		if st.err != nil {
			return flowStop
		}
		if yes {
			return b.body.render(st)
		}
	}
	return flowNext
}

type caseNode struct {
	subject  expr
	branches []caseBranch
	line     int
}

type caseBranch struct {
	values    []expr
	otherwise bool
	body      body
}

func (n *caseNode) render(st *state) flow {
	st.line = n.line
	subject := n.subject.eval(st)
	matched := false
	for i := range n.branches {
		b := &n.branches[i]
		times := 0
		if b.otherwise && !matched {
			times = 1
		}
		for _, value := range b.values {
			if equal(st, subject, value.eval(st)) {
				matched = true
				times++
			}
		}
		for ; times > 0 && st.err == nil; times-- {
			if f := b.body.render(st); f != flowNext {
				return f
			}
		}
		if st.err != nil {
			return flowStop
		}
	}
	return flowNext
}

type forNode struct {
	name           string // variable-list: the key of offset: continue, and forloop.name
	list           expr
	limit, offset  expr
	resume         bool
	reversed       bool
	slot, loopSlot int
	body           body
	otherwise      body
	line           int
}

// loopState is what forloop stands for.
type loopState struct {
	name          string
	index, length int
	parent        *loopState
}

func (l *loopState) property(key string) any {
	switch key {
	case "index":
		return int64(l.index + 1)
	case "index0":
		return int64(l.index)
	case "rindex":
		return int64(l.length - l.index)
	case "rindex0":
		return int64(l.length - l.index - 1)
	case "first":
		return l.index == 0
	case "last":
		return l.index == l.length-1
	case "length":
		return int64(l.length)
	case "name":
		return l.name
	case "parentloop":
		if l.parent != nil {
			return l.parent
		}
	}
	return nil
}

func (n *forNode) render(st *state) flow {
	st.line = n.line
	items := loopItems(st, n.list.eval(st))
	from, to := n.window(st, items.len())
	if st.err != nil {
		return flowStop
	}
	if n.resume || st.resumable {
		st.setOffset(n.name, to)
	}
	if from >= to {
		return n.otherwise.render(st)
	}
	loop := &loopState{name: n.name, length: to - from, parent: st.loop}
	st.loop = loop
	shadowed, shadowedLoop := st.slots[n.slot], st.slots[n.loopSlot]
	st.slots[n.loopSlot] = slot{value: loop, set: true}
	f := flowNext
	for ; loop.index < loop.length; loop.index++ {
		if st.iterate(); st.err != nil {
			f = flowStop
			break
		}
		at := from + loop.index
		if n.reversed {
			at = to - 1 - loop.index
		}
		st.slots[n.slot] = slot{value: items.at(at), set: true}
		f = n.body.render(st)
		if f == flowBreak || f == flowStop {
			break
		}
	}
	st.loop = loop.parent
	st.slots[n.slot], st.slots[n.loopSlot] = shadowed, shadowedLoop
	if f == flowStop {
		return flowStop
	}
	return flowNext
}

// window turns offset and limit into a stretch of a list with size items.
func (n *forNode) window(st *state, size int) (from, to int) {
	switch {
	case n.resume:
		from = st.offsets[n.name]
	case n.offset != nil:
		from = st.wholeNumber(n.offset.eval(st), 0, "offset")
	}
	to = size
	if n.limit != nil {
		if most := st.wholeNumber(n.limit.eval(st), math.MaxInt32, "limit"); most < size-from {
			to = from + most
		}
	}
	from = min(max(from, 0), size)
	return from, min(max(to, from), size)
}
