package store

import (
	"strconv"
	"strings"
)

// where builds a condition from parts, each with "?" where its argument goes.
type where struct {
	parts []string
	args  []any
}

func newWhere(part string, args ...any) *where {
	w := &where{}
	w.add(part, args...)
	return w
}

// add joins a part with AND.
func (w *where) add(part string, args ...any) {
	w.parts = append(w.parts, w.fill(part, args...))
}

// addIf adds a part when ok.
func (w *where) addIf(ok bool, part string, args ...any) {
	if ok {
		w.add(part, args...)
	}
}

// fill numbers the arguments of a part that is used elsewhere in the statement.
func (w *where) fill(part string, args ...any) string {
	for _, a := range args {
		part = strings.Replace(part, "?", w.arg(a), 1)
	}
	return part
}

// arg adds an argument and returns its placeholder.
func (w *where) arg(a any) string {
	w.args = append(w.args, a)
	return "$" + strconv.Itoa(len(w.args))
}

func (w *where) text() string { return strings.Join(w.parts, " AND ") }

// names is a set of texts as a JSON parameter for {each $n} and j.value->>0.
func names(set []string) string {
	rows := make([][1]string, len(set))
	for i, s := range set {
		rows[i] = [1]string{s}
	}
	return toJSON(rows)
}
