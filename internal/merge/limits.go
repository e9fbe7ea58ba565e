package merge

import "fmt"

// Limits bound one parse or render; a zero field takes its default.
type Limits struct {
	Steps      int // expressions, nodes, filter calls and list items touched; default 100,000
	Iterations int // passes of all loops together, and the length of a range; default 10,000
	Output     int // bytes of the result, and of any one string on the way; default 512 KiB
	Growth     int // bytes of all strings that filters and captures make together; default 4 MiB
}

// Bounds of a template's source; they hold for everybody.
const (
	maxSource   = 64 << 10
	maxNesting  = 50
	maxErrors   = 20
	maxProblems = 50
)

func (l Limits) withDefaults() Limits {
	if l.Steps <= 0 {
		l.Steps = 100_000
	}
	if l.Iterations <= 0 {
		l.Iterations = 10_000
	}
	if l.Output <= 0 {
		l.Output = 512 << 10
	}
	if l.Growth <= 0 {
		l.Growth = 4 << 20
	}
	return l
}

// LimitError says which bound a template passed.
type LimitError struct {
	What  string // "source bytes", "nesting", "steps", "loop passes", "output bytes", "bytes made by filters", "number"
	Limit int    // 0 where the bound is that of the number type
	Line  int    // 1-based; 0 when the whole template is meant
}

func (e *LimitError) Error() string {
	at := ""
	if e.Line > 0 {
		at = fmt.Sprintf("line %d: ", e.Line)
	}
	if e.Limit == 0 {
		return at + "a number is too large"
	}
	return fmt.Sprintf("%sthe template asks for too much: more than %d %s", at, e.Limit, e.What)
}

// SyntaxError is one mistake in a template's or condition's text.
type SyntaxError struct {
	Line, Col int // 1-based; Col counts characters
	Message   string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

// SyntaxErrors is what Parse returns when it found several mistakes; errors.As finds the first *SyntaxError in it.
type SyntaxErrors []*SyntaxError

func (e SyntaxErrors) Error() string {
	text := ""
	for i, one := range e {
		if i > 0 {
			text += "\n"
		}
		text += one.Error()
	}
	return text
}

// Unwrap lists the single mistakes.
func (e SyntaxErrors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// RenderError is a mistake that shows only with data, such as a division by zero.
type RenderError struct {
	Line    int // 1-based
	Message string
}

func (e *RenderError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }
