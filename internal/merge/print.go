package merge

import (
	"strconv"
	"strings"
	"time"
)

// text is how a value prints. Lists print their items one behind the other, as in Liquid.
func (st *state) text(v any) string {
	switch v := v.(type) {
	case nil, special:
		return ""
	case string:
		return v
	case markup:
		return string(v)
	case SafeHTML:
		return string(v)
	case SafeMarkdown:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return formatFloat(v)
	case time.Time:
		return v.In(st.zone).Format("2006-01-02 15:04:05 -0700")
	case span:
		return strconv.FormatInt(v.from, 10) + ".." + strconv.FormatInt(v.to, 10)
	case *loopState:
		return ""
	}
	var b strings.Builder
	st.appendText(&b, v, 0)
	st.grow(b.Len())
	return b.String()
}

func (st *state) appendText(b *strings.Builder, v any, depth int) {
	if st.spend(1); st.err != nil || !st.fits(b.Len()) {
		return
	}
	if depth > maxNesting {
		st.over("nesting", maxNesting)
		return
	}
	v = st.norm(v)
	if l, ok := listOf(v); ok {
		if s, isSpan := v.(span); isSpan {
			b.WriteString(st.text(s))
			return
		}
		for i := range l.len() {
			st.appendText(b, l.at(i), depth+1)
		}
		return
	}
	switch v := v.(type) {
	case map[string]any, Ordered:
		st.inspect(b, v, depth)
	default:
		b.WriteString(st.text(v))
	}
}

// inspect writes a value so that different values differ: it prints maps, and it is the key that uniq compares.
func (st *state) inspect(b *strings.Builder, v any, depth int) {
	if st.spend(1); st.err != nil || !st.fits(b.Len()) {
		return
	}
	if depth > maxNesting {
		st.over("nesting", maxNesting)
		return
	}
	v = st.norm(v)
	if s, ok := textOf(v); ok {
		b.WriteString(strconv.Quote(s))
		return
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("nil")
	case map[string]any:
		b.WriteByte('{')
		for i, key := range sortedKeys(v) {
			st.inspectEntry(b, i, key, v[key], depth)
		}
		b.WriteByte('}')
	case Ordered:
		b.WriteByte('{')
		for i, entry := range v {
			st.inspectEntry(b, i, entry.Key, entry.Value, depth)
		}
		b.WriteByte('}')
	case []any, []string:
		l, _ := listOf(v)
		b.WriteByte('[')
		for i := range l.len() {
			if i > 0 {
				b.WriteString(", ")
			}
			st.inspect(b, l.at(i), depth+1)
		}
		b.WriteByte(']')
	default:
		b.WriteString(st.text(v))
	}
}

func (st *state) inspectEntry(b *strings.Builder, i int, key string, v any, depth int) {
	if i > 0 {
		b.WriteString(", ")
	}
	b.WriteString(strconv.Quote(key))
	b.WriteString(" => ")
	st.inspect(b, v, depth+1)
}
