package merge

// list is a view of anything that has items; it copies nothing.
type list struct {
	items []any
	texts []string
	span  span
	kind  uint8
}

const (
	listItems uint8 = iota
	listTexts
	listSpan
)

// listOf views []any, []string and ranges.
func listOf(v any) (list, bool) {
	switch v := v.(type) {
	case []any:
		return list{items: v}, true
	case []string:
		return list{texts: v, kind: listTexts}, true
	case span:
		return list{span: v, kind: listSpan}, true
	}
	return list{}, false
}

func (l list) len() int {
	switch l.kind {
	case listTexts:
		return len(l.texts)
	case listSpan:
		return l.span.len()
	}
	return len(l.items)
}

func (l list) at(i int) any {
	switch l.kind {
	case listTexts:
		return l.texts[i]
	case listSpan:
		return l.span.from + int64(i)
	}
	return l.items[i]
}

// loopItems is what for goes through: a list's items, a map's pairs, a text as a whole.
func loopItems(st *state, v any) list {
	v = st.norm(v)
	if l, ok := listOf(v); ok {
		return l
	}
	if s, ok := textOf(v); ok && s != "" {
		return list{items: []any{v}}
	}
	switch m := v.(type) {
	case map[string]any:
		if st.spend(len(m)); st.err != nil {
			return list{}
		}
		pairs := make([]any, 0, len(m))
		for _, key := range sortedKeys(m) {
			pairs = append(pairs, []any{key, m[key]})
		}
		return list{items: pairs}
	case Ordered:
		if st.spend(len(m)); st.err != nil {
			return list{}
		}
		pairs := make([]any, 0, len(m))
		for _, entry := range m {
			pairs = append(pairs, []any{entry.Key, entry.Value})
		}
		return list{items: pairs}
	}
	return list{}
}

// items is what the list filters work on: lists flattened, a map or anything else as its only item, nil as nothing.
// The result is fresh and its values are normal.
func (st *state) items(v any) []any {
	v = st.norm(v)
	if v == nil {
		return nil
	}
	l, ok := listOf(v)
	if !ok {
		return []any{v}
	}
	if l.kind == listSpan && l.len() > st.limits.Iterations {
		st.over("loop passes", st.limits.Iterations)
		return nil
	}
	return st.flatten(make([]any, 0, min(l.len(), st.limits.Iterations)), l, 0)
}

func (st *state) flatten(to []any, l list, depth int) []any {
	if depth > maxNesting {
		st.over("nesting", maxNesting)
		return to
	}
	if st.spend(l.len()); st.err != nil {
		return to
	}
	for i := range l.len() {
		v := st.norm(l.at(i))
		if s, isSpan := v.(span); isSpan {
			to = append(to, s)
		} else if inner, ok := listOf(v); ok {
			to = st.flatten(to, inner, depth+1)
		} else {
			to = append(to, v)
		}
	}
	return to
}
