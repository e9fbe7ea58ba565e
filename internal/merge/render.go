package merge

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Template is a parsed text. It is immutable and safe for concurrent use.
type Template struct {
	src       string
	body      body
	refs      []Ref
	locals    map[string]int
	slots     int
	resumable bool // some loop says offset: continue
	literal   bool
}

// Parse reads a template. Its errors are *SyntaxError, SyntaxErrors (several) or *LimitError.
func Parse(src string) (*Template, error) {
	p := newParser(src)
	if p.tooLong() {
		return nil, p.err()
	}
	t := &Template{src: src}
	t.body, _ = p.body()
	if err := p.err(); err != nil {
		return nil, err
	}
	t.refs = p.finish()
	t.locals, t.slots, t.literal, t.resumable = p.locals, p.slots, !p.markup, p.resumable
	return t, nil
}

// Refs lists the fields that the template reads, in the order of the source; names that it binds itself are not among them.
func (t *Template) Refs() []Ref { return append([]Ref(nil), t.refs...) }

// Literal says that the text holds no markup at all: it renders to itself for everybody.
func (t *Template) Literal() bool { return t.literal }

// Options say for which place and moment to render.
type Options struct {
	Sink   Sink
	Now    time.Time      // what "now" and "today" mean to the date filter
	Zone   *time.Location // of dates; nil is UTC
	Limits Limits
	// Markdown makes HTML of SafeMarkdown for the HTML sink, and answers for its safety; nil = it is escaped like any other text.
	Markdown func(string) string
}

// Result is a rendered text.
type Result struct {
	Text string
	// Empty lists, once each, the fields whose output came out empty and had no default (TPL-2). A field that reached
	// its output through assign or a loop is named by where it comes from.
	Empty []string
}

// Render fills the template with data; data is only read. Its errors are *RenderError or *LimitError.
func (t *Template) Render(data map[string]any, opt Options) (Result, error) {
	if t.literal && len(t.src) <= opt.Limits.withDefaults().Output {
		return Result{Text: opt.Sink.finish(t.src)}, nil
	}
	st := newState(data, opt, t.slots)
	st.locals, st.resumable = t.locals, t.resumable
	var out strings.Builder
	out.Grow(min(len(t.src)+len(t.src)/4, st.limits.Output))
	st.out = &out
	t.body.render(st)
	if st.err != nil {
		return Result{}, st.err
	}
	return Result{Text: opt.Sink.finish(out.String()), Empty: st.empty}, nil
}

type slot struct {
	value any
	set   bool
}

// state is one render. Failures are kept in err, the first one wins; whoever loops looks at it.
type state struct {
	data      map[string]any
	slots     []slot
	locals    map[string]int
	args      []any // the filters' arguments, used as a stack
	out       *strings.Builder
	loop      *loopState
	offsets   map[string]int // where loops with offset: continue go on
	resumable bool
	sink      Sink
	markdown  func(string) string
	now       time.Time
	zone      *time.Location
	limits    Limits
	empty     []string
	line      int
	err       error

	steps, iterations, grown int
}

func newState(data map[string]any, opt Options, slots int) *state {
	st := &state{data: data, sink: opt.Sink, markdown: opt.Markdown, now: opt.Now, zone: opt.Zone, limits: opt.Limits.withDefaults()}
	if st.zone == nil {
		st.zone = time.UTC
	}
	if slots > 0 {
		st.slots = make([]slot, slots)
	}
	return st
}

func (st *state) fail(message string) {
	if st.err == nil {
		st.err = &RenderError{Line: st.line, Message: message}
	}
}

func (st *state) over(what string, limit int) {
	if st.err == nil {
		st.err = &LimitError{What: what, Limit: limit, Line: st.line}
	}
}

// spend counts n steps of work.
func (st *state) spend(n int) {
	if n > st.limits.Steps-st.steps {
		st.over("steps", st.limits.Steps)
		return
	}
	st.steps += n
}

// spendText charges for reading a text from end to end.
func (st *state) spendText(v any) {
	if s, ok := textOf(v); ok && len(s) >= 256 {
		st.spend(len(s) / 256)
	}
}

func (st *state) iterate() {
	if st.iterations++; st.iterations > st.limits.Iterations {
		st.over("loop passes", st.limits.Iterations)
	}
}

// fits asks, before it is made, whether a string of n bytes is allowed.
func (st *state) fits(n int) bool {
	if n < 0 || n > st.limits.Output {
		st.over("output bytes", st.limits.Output)
		return false
	}
	return st.err == nil
}

// grow counts n bytes of strings made on the way.
func (st *state) grow(n int) {
	if !st.fits(n) {
		return
	}
	if st.grown += n; st.grown > st.limits.Growth {
		st.over("bytes made by filters", st.limits.Growth)
	}
}

func (st *state) addEmpty(path string) {
	if !slices.Contains(st.empty, path) {
		st.empty = append(st.empty, path)
	}
}

func (st *state) setOffset(name string, to int) {
	if st.offsets == nil {
		st.offsets = map[string]int{}
	}
	st.offsets[name] = to
}

// byName finds a variable whose name is known only now.
func (st *state) byName(name string) any {
	if at, ok := st.locals[name]; ok && st.slots[at].set {
		return st.slots[at].value
	}
	return st.data[name]
}

// wholeNumber reads a loop's setting.
func (st *state) wholeNumber(v any, missing int, what string) int {
	v = st.norm(v)
	if v == nil {
		return missing
	}
	n, ok := wholeNumber(v)
	if !ok {
		st.fail("the " + what + " of a loop must be a whole number")
	}
	return int(min(max(n, math.MinInt32), math.MaxInt32))
}

func (st *state) write(s string) flow {
	if st.out.Len()+len(s) > st.limits.Output {
		st.over("output bytes", st.limits.Output)
		return flowStop
	}
	st.out.WriteString(s)
	return flowNext
}

// emit writes the value of an output for the sink.
func (st *state) emit(v any, at place) flow {
	switch v := v.(type) {
	case nil:
		return flowNext
	case string:
		return st.sink.write(st, v, at)
	case int64:
		var digits [20]byte
		return st.write(string(strconv.AppendInt(digits[:0], v, 10)))
	case markup:
		switch st.sink {
		case HTML:
			return st.sink.writeMarkup(st, string(v), at)
		case Markdown:
			return st.write(string(v))
		default:
			return st.sink.write(st, string(v), at)
		}
	case SafeMarkdown:
		switch {
		case st.sink == Markdown:
			return st.write(string(v))
		case st.sink == HTML && st.markdown != nil:
			return st.sink.writeMarkup(st, st.markdown(string(v)), at)
		}
	}
	return st.sink.write(st, st.text(v), at)
}

// sortedKeys gives maps an order, so that rendering is deterministic.
func sortedKeys(m map[string]any) []string {
	return slices.Sorted(maps.Keys(m))
}

func runes(s string) int { return utf8.RuneCountInString(s) }
