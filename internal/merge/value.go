package merge

import (
	"encoding/json"
	"math"
	"strings"
	"time"
)

// Ordered is a map whose keys keep their order; a plain map is iterated in the order of its keys' text.
type Ordered []Entry

// Entry is one key of an Ordered map.
type Entry struct {
	Key   string
	Value any
}

func (o Ordered) get(key string) (any, bool) {
	for i := range o {
		if o[i].Key == key {
			return o[i].Value, true
		}
	}
	return nil, false
}

// span is a range of whole numbers, both ends included.
type span struct{ from, to int64 }

func (s span) len() int {
	if s.to < s.from {
		return 0
	}
	if n := uint64(s.to) - uint64(s.from); n < math.MaxInt32 {
		return int(n) + 1
	}
	return math.MaxInt32
}

// special is one of the words empty and blank: texts of their own that compare to whole kinds of values.
type special uint8

const (
	empty special = iota + 1
	blank
)

// norm brings a value from the data to the types the interpreter works with.
func (st *state) norm(v any) any {
	switch v := v.(type) {
	case nil, string, bool, int64, []any, []string, map[string]any, Ordered, SafeHTML, SafeMarkdown, time.Time, markup, span, special, *loopState:
		return v
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return v
	case int:
		return int64(v)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil {
			return st.norm(f)
		}
		return nil
	}
	st.fail("a field holds a value of a kind that templates don't know")
	return nil
}

// textOf gives the text of a value that is one.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case markup:
		return string(v), true
	case SafeHTML:
		return string(v), true
	case SafeMarkdown:
		return string(v), true
	}
	return "", false
}

func truthy(v any) bool { return v != nil && v != false }

// isVoid says that printing the value leaves a hole (TPL-2); false and 0 do not.
func isVoid(v any) bool {
	if v == nil {
		return true
	}
	if s, ok := textOf(v); ok {
		return strings.TrimSpace(s) == ""
	}
	n, ok := sizeOf(v)
	return ok && n == 0
}

// sizeOf is the number of characters, items or keys.
func sizeOf(v any) (int, bool) {
	switch v := v.(type) {
	case []any:
		return len(v), true
	case []string:
		return len(v), true
	case map[string]any:
		return len(v), true
	case Ordered:
		return len(v), true
	case span:
		return v.len(), true
	}
	if s, ok := textOf(v); ok {
		return runes(s), true
	}
	return 0, false
}

func isEmpty(v any) bool {
	n, ok := sizeOf(v)
	return ok && n == 0
}

func isBlank(v any) bool { return v == false || isVoid(v) }

// property finds v.key, or v["key"] when not dot.
func property(v any, key string, dot bool) any {
	switch m := v.(type) {
	case map[string]any:
		if found, ok := m[key]; ok {
			return found
		}
	case Ordered:
		if found, ok := m.get(key); ok {
			return found
		}
	case *loopState:
		return m.property(key)
	}
	if !dot {
		return nil
	}
	switch key {
	case "size":
		if n, ok := sizeOf(v); ok {
			return int64(n)
		}
	case "first":
		return first(v)
	case "last":
		return last(v)
	}
	return nil
}

// indexed finds v[at] for an index that was computed.
func indexed(v, at any) any {
	if key, ok := textOf(at); ok {
		return property(v, key, false)
	}
	n, ok := at.(int64)
	if !ok {
		return nil
	}
	l, ok := listOf(v)
	if !ok {
		return nil
	}
	size := int64(l.len())
	if n < 0 {
		n += size
	}
	if n < 0 || n >= size {
		return nil
	}
	return l.at(int(n))
}

func first(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) > 0 {
			key := sortedKeys(v)[0]
			return []any{key, v[key]}
		}
	case Ordered:
		if len(v) > 0 {
			return []any{v[0].Key, v[0].Value}
		}
	}
	if l, ok := listOf(v); ok && l.len() > 0 {
		return l.at(0)
	}
	if s, ok := textOf(v); ok {
		for i := range s {
			if i > 0 {
				return s[:i]
			}
		}
		return s
	}
	return nil
}

func last(v any) any {
	if s, ok := v.(span); ok && s.len() > 0 {
		return s.to
	}
	if l, ok := listOf(v); ok && l.len() > 0 {
		return l.at(l.len() - 1)
	}
	if s, ok := textOf(v); ok {
		at := 0
		for i := range s {
			at = i
		}
		return s[at:]
	}
	return nil
}
