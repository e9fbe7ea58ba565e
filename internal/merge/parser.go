package merge

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Ref is a field that a template reads: its static path, and the 1-based line in the source.
type Ref struct {
	Path  string // "contact.first_name"; an index ends it
	Line  int
	names []string // the path's parts; keys may contain dots
}

// parser turns a source into nodes. It collects mistakes and goes on, so that authors see them all at once.
type parser struct {
	src      string
	pos      int
	trimNext bool
	depth    int
	errs     SyntaxErrors
	limit    *LimitError

	lineAt, lineNo int // the line of an offset, remembered because sources are read forwards

	loops     []loopScope
	locals    map[string]int    // slots of the names bound by assign and capture
	origins   map[string]string // where a local's value comes from: a data path, "" when nowhere
	slots     int
	free      []*path // paths whose root isn't bound by a loop
	markup    bool
	place     place // where an output would stand now
	resumable bool
}

// loopScope is the names that a surrounding for binds.
type loopScope struct {
	name          string
	slot, forloop int
	origin        string
}

func newParser(src string) *parser {
	return &parser{src: src, lineNo: 1, locals: map[string]int{}, origins: map[string]string{}}
}

func (p *parser) tooLong() bool {
	if len(p.src) > maxSource {
		p.limit = &LimitError{What: "source bytes", Limit: maxSource}
		return true
	}
	if !utf8.ValidString(p.src) {
		p.errorAt(0, "the text is not valid UTF-8")
		return true
	}
	return false
}

func (p *parser) err() error {
	switch {
	case p.limit != nil:
		return p.limit
	case len(p.errs) == 0:
		return nil
	case len(p.errs) == 1:
		return p.errs[0]
	}
	slices.SortStableFunc(p.errs, func(a, b *SyntaxError) int { return a.Line - b.Line })
	return p.errs
}

func (p *parser) lineOf(off int) int {
	if off >= p.lineAt {
		p.lineNo += strings.Count(p.src[p.lineAt:off], "\n")
	} else {
		p.lineNo -= strings.Count(p.src[off:p.lineAt], "\n")
	}
	p.lineAt = off
	return p.lineNo
}

func (p *parser) errorAt(off int, message string) {
	if len(p.errs) >= maxErrors {
		return
	}
	start := strings.LastIndexByte(p.src[:off], '\n') + 1
	p.errs = append(p.errs, &SyntaxError{
		Line: p.lineOf(off), Col: utf8.RuneCountInString(p.src[start:off]) + 1, Message: message,
	})
}

// overLimit ends the parse.
func (p *parser) overLimit(what string, limit, off int) {
	if p.limit == nil {
		p.limit = &LimitError{What: what, Limit: limit, Line: p.lineOf(off)}
	}
	p.pos = len(p.src)
}

// bind finds the slot of a path's root among the loops around it; other names are settled by finish.
func (p *parser) bind(q *path) {
	for i := len(p.loops) - 1; i >= 0; i-- {
		l := &p.loops[i]
		if q.root == l.name {
			q.slot, q.forloop = l.slot, true
			return
		}
		if q.root == "forloop" {
			q.slot, q.forloop = l.forloop, true
			return
		}
	}
	p.free = append(p.free, q)
}

// unbind forgets a path that turned out to be the name of a setting.
func (p *parser) unbind(q *path) {
	if n := len(p.free); n > 0 && p.free[n-1] == q {
		p.free = p.free[:n-1]
	}
}

// local gives the slot of a name bound by assign or capture.
func (p *parser) local(name string) int {
	slot, ok := p.locals[name]
	if !ok {
		slot = p.slots
		p.slots++
		p.locals[name] = slot
	}
	return slot
}

// origin is the data path that an expression's value comes from, "" when it comes from nowhere in the data.
func (p *parser) origin(x expr) string {
	q, ok := x.(*path)
	if !ok || q.rootExpr != nil {
		return ""
	}
	names := q.names()
	root, known := q.root, true
	if q.forloop {
		root = ""
		for i := len(p.loops) - 1; i >= 0; i-- {
			if p.loops[i].slot == q.slot {
				root = p.loops[i].origin
				break
			}
		}
	} else if from, ok := p.origins[q.root]; ok {
		root, known = from, from != ""
	}
	if root == "" || !known {
		return ""
	}
	names[0] = root
	return strings.Join(names, ".")
}

// finish gives assigned names their slots and lists the fields that are read from the data.
func (p *parser) finish() []Ref {
	var refs []Ref
	slices.SortStableFunc(p.free, func(a, b *path) int { return a.pos - b.pos })
	for _, q := range p.free {
		if slot, ok := p.locals[q.root]; ok {
			q.slot = slot
			continue
		}
		names := q.names()
		refs = append(refs, Ref{Path: strings.Join(names, "."), Line: p.lineOf(q.pos), names: names})
	}
	return refs
}

// body is the inside of a block. A blank one holds nothing that could print but white space.
type body struct {
	nodes []node
	blank bool
}

// strip removes the text of a blank body, as Liquid does, so that control blocks leave no holes.
func (b *body) strip() {
	b.nodes = slices.DeleteFunc(b.nodes, func(n node) bool { _, text := n.(textNode); return text })
}

// body parses up to a tag named in ends, which it returns, or to the end of the source.
func (p *parser) body(ends ...string) (body, chunk) {
	b := body{blank: true}
	for {
		c := p.next()
		switch c.kind {
		case chunkEnd:
			return b, c
		case chunkText:
			text := p.src[c.from:c.to]
			if text != "" {
				b.blank = b.blank && strings.Trim(text, whiteSpace) == ""
				b.nodes = append(b.nodes, textNode(text))
				p.place = placeAfter(text)
			}
		case chunkOutput:
			p.markup = true
			b.blank = false
			b.nodes = append(b.nodes, p.output(c, false))
		case chunkTag:
			p.markup = true
			if slices.Contains(ends, c.name) {
				return b, c
			}
			n, blank := p.tag(c, ends)
			if n != nil {
				b.nodes = append(b.nodes, n)
			}
			b.blank = b.blank && blank
		}
	}
}
