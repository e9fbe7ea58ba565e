package merge

import (
	"strings"
	"time"
)

// equal is Liquid's ==. Numbers compare by value, empty and blank by what they mean; different kinds are never equal.
func equal(st *state, a, b any) bool { return equalAt(st, a, b, 0) }

func equalAt(st *state, a, b any, depth int) bool {
	if st.spend(1); st.err != nil {
		return false
	}
	if depth > maxNesting {
		st.over("nesting", maxNesting)
		return false
	}
	a, b = st.norm(a), st.norm(b)
	if word, ok := a.(special); ok {
		return word.matches(b)
	}
	if word, ok := b.(special); ok {
		return word.matches(a)
	}
	if s, ok := textOf(a); ok {
		if t, ok := textOf(b); ok {
			st.spendText(a)
			return s == t
		}
	}
	switch x := a.(type) {
	case nil:
		return b == nil
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	case int64, float64:
		order, ok := compareNumbers(a, b)
		return ok && order == 0
	case *loopState:
		y, ok := b.(*loopState)
		return ok && x == y
	}
	if order, ok := compareTimes(st, a, b); ok {
		return order == 0
	}
	if la, ok := listOf(a); ok {
		lb, ok := listOf(b)
		return ok && equalLists(st, la, lb, depth)
	}
	return equalMaps(st, a, b, depth)
}

func (s special) matches(v any) bool {
	if other, ok := v.(special); ok {
		return other == s
	}
	if s == empty {
		return isEmpty(v)
	}
	return isBlank(v)
}

func equalLists(st *state, a, b list, depth int) bool {
	if a.kind == listSpan && b.kind == listSpan {
		return a.span == b.span
	}
	if a.kind == listSpan || b.kind == listSpan || a.len() != b.len() {
		return false
	}
	for i := range a.len() {
		if !equalAt(st, a.at(i), b.at(i), depth+1) {
			return false
		}
	}
	return true
}

func equalMaps(st *state, a, b any, depth int) bool {
	n, ok := mapSize(a)
	m, ok2 := mapSize(b)
	if !ok || !ok2 || n != m {
		return false
	}
	pairs := loopItems(st, a)
	for i := range pairs.len() {
		pair, ok := pairs.at(i).([]any)
		if !ok {
			return false
		}
		key, _ := textOf(pair[0])
		other, found := lookup(b, key)
		if !found || !equalAt(st, pair[1], other, depth+1) {
			return false
		}
	}
	return true
}

func mapSize(v any) (int, bool) {
	switch m := v.(type) {
	case map[string]any:
		return len(m), true
	case Ordered:
		return len(m), true
	}
	return 0, false
}

// lookup finds a key of a map without the pseudo-properties.
func lookup(v any, key string) (any, bool) {
	switch m := v.(type) {
	case map[string]any:
		found, ok := m[key]
		return found, ok
	case Ordered:
		return m.get(key)
	}
	return nil, false
}

// compareTimes orders two moments; one of them may be a text that reads as a date.
func compareTimes(st *state, a, b any) (int, bool) {
	x, isTime := a.(time.Time)
	y, isTime2 := b.(time.Time)
	if !isTime && !isTime2 {
		return 0, false
	}
	ok := true
	if !isTime {
		x, ok = st.moment(a)
	} else if !isTime2 {
		y, ok = st.moment(b)
	}
	return x.Compare(y), ok
}

// ordered decides < <= > >=. A missing value is neither less nor more; a text and a number can't be compared.
func ordered(st *state, op string, a, b any) bool {
	a, b = st.norm(a), st.norm(b)
	order, ok := compareNumbers(a, b)
	if !ok {
		order, ok = compareTimes(st, a, b)
	}
	if !ok {
		s, isText := textOf(a)
		t, isText2 := textOf(b)
		if isText && isText2 {
			st.spendText(a)
			order, ok = strings.Compare(s, t), true
		}
	}
	if !ok {
		if hasOrder(a) && hasOrder(b) {
			st.fail("can't compare " + kindOf(a) + " with " + kindOf(b))
		}
		return false
	}
	switch op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// hasOrder says that a value has an order among its own kind.
func hasOrder(v any) bool {
	switch v.(type) {
	case string, markup, SafeHTML, SafeMarkdown, int64, float64, time.Time:
		return true
	}
	return false
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string, markup, SafeHTML, SafeMarkdown:
		return "a text"
	case int64, float64:
		return "a number"
	case time.Time:
		return "a date"
	case bool:
		return "true or false"
	case []any, []string, span:
		return "a list"
	}
	return "a group of fields"
}

// contains asks for a part of a text, an item of a list or a key of a map.
func contains(st *state, a, b any) bool {
	a, b = st.norm(a), st.norm(b)
	if !truthy(a) || !truthy(b) {
		return false
	}
	if s, ok := textOf(a); ok {
		st.spendText(a)
		return strings.Contains(s, st.text(b))
	}
	if key, ok := textOf(b); ok {
		if _, found := lookup(a, key); found {
			return true
		}
	}
	if s, ok := a.(span); ok {
		n, ok := b.(int64)
		return ok && n >= s.from && n <= s.to
	}
	l, ok := listOf(a)
	if !ok {
		return false
	}
	for i := range l.len() {
		if equal(st, l.at(i), b) {
			return true
		}
		if st.err != nil {
			return false
		}
	}
	return false
}
