package merge

import (
	"cmp"
	"slices"
	"strings"
)

// arrayFilters work on lists; a value that isn't one counts as its only item.
func arrayFilters() []filterSpec {
	return []filterSpec{
		{"join", 0, 1, join},
		{"first", 0, 0, func(st *state, in any, _ []any) any { return first(st.norm(in)) }},
		{"last", 0, 0, func(st *state, in any, _ []any) any { return last(st.norm(in)) }},
		{"size", 0, 0, func(st *state, in any, _ []any) any {
			n, _ := sizeOf(st.norm(in))
			return int64(n)
		}},
		{"concat", 1, 1, concat},
		{"compact", 0, 1, compact},
		{"map", 1, 1, mapTo},
		{"reverse", 0, 0, func(st *state, in any, _ []any) any {
			items := st.items(in)
			slices.Reverse(items)
			return items
		}},
		{"sort", 0, 1, func(st *state, in any, args []any) any { return sortBy(st, in, args, strictOrder) }},
		{"sort_natural", 0, 1, func(st *state, in any, args []any) any { return sortBy(st, in, args, naturalOrder) }},
		{"sum", 0, 1, sum},
		{"uniq", 0, 1, uniq},
		{"where", 1, 2, where},
	}
}

func join(st *state, in any, args []any) any {
	items, glue := st.items(in), st.textArg(args, 0, " ")
	var b strings.Builder
	for i, item := range items {
		text := st.text(item)
		if !st.fits(b.Len() + len(glue) + len(text)) {
			return nil
		}
		if i > 0 {
			b.WriteString(glue)
		}
		b.WriteString(text)
	}
	return st.made(b.String())
}

func concat(st *state, in any, args []any) any {
	if _, ok := listOf(args[0]); !ok {
		st.fail("concat takes a list")
		return nil
	}
	return append(st.items(in), st.items(args[0])...)
}

// key is the property that a list filter was told to look at; ok is false when it looks at the items themselves.
func (st *state) key(args []any) (name string, ok bool) {
	if v := arg(args, 0); v != nil {
		return st.text(v), true
	}
	return "", false
}

// field reads a property of a list's item, which must be a group of fields.
func (st *state) field(item any, key string) any {
	if _, ok := mapSize(item); !ok {
		st.fail("can't find " + short(key) + " in " + kindOf(item))
		return nil
	}
	v, _ := lookup(item, key)
	return st.norm(v)
}

func compact(st *state, in any, args []any) any {
	key, keyed := st.key(args)
	return slices.DeleteFunc(st.items(in), func(item any) bool {
		if keyed {
			item = st.field(item, key)
		}
		return item == nil
	})
}

func mapTo(st *state, in any, args []any) any {
	key := st.text(args[0])
	items := st.items(in)
	for i, item := range items {
		items[i] = st.field(item, key)
	}
	return items
}

// keyed is an item with what it's sorted by.
type keyed struct {
	item, by any
	text     string // of by, for the natural order
}

func sortBy(st *state, in any, args []any, order func(st *state, a, b *keyed) int) any {
	items := st.items(in)
	key, byKey := st.key(args)
	rows := make([]keyed, len(items))
	for i, item := range items {
		if st.err != nil {
			return nil
		}
		rows[i] = keyed{item: item, by: item}
		if byKey {
			rows[i].by = st.field(item, key)
		}
		if rows[i].by != nil {
			rows[i].text = strings.ToLower(st.text(rows[i].by))
			st.grow(len(rows[i].text))
		}
	}
	slices.SortStableFunc(rows, func(a, b keyed) int {
		if a.by == nil || b.by == nil {
			return cmp.Compare(rank(a.by), rank(b.by))
		}
		return order(st, &a, &b)
	})
	for i := range rows {
		items[i] = rows[i].item
	}
	return items
}

// rank puts missing values last.
func rank(v any) int {
	if v == nil {
		return 1
	}
	return 0
}

func strictOrder(st *state, a, b *keyed) int {
	switch {
	case st.err != nil || equal(st, a.by, b.by):
		return 0
	case hasOrder(a.by) && hasOrder(b.by):
		if ordered(st, "<", a.by, b.by) {
			return -1
		}
		return 1
	}
	st.fail("can't sort " + kindOf(a.by) + " with " + kindOf(b.by))
	return 0
}

func naturalOrder(_ *state, a, b *keyed) int { return strings.Compare(a.text, b.text) }

// sum adds the items up, or one of their fields; what isn't a number counts as 0.
func sum(st *state, in any, args []any) any {
	key, byKey := st.key(args)
	var total any = int64(0)
	for _, item := range st.items(in) {
		if byKey {
			item = st.field(item, key)
		}
		if total = plus(st, total, toNumber(item), 1); st.err != nil {
			return nil
		}
	}
	return total
}

func uniq(st *state, in any, args []any) any {
	key, byKey := st.key(args)
	seen := map[string]bool{}
	return slices.DeleteFunc(st.items(in), func(item any) bool {
		if byKey {
			item = st.field(item, key)
		}
		var b strings.Builder
		st.inspect(&b, item, 0)
		st.grow(b.Len())
		known := seen[b.String()]
		seen[b.String()] = true
		return known
	})
}

// where keeps the items whose field is the second argument, or is true when there is none.
func where(st *state, in any, args []any) any {
	key, want := st.text(args[0]), arg(args, 1)
	return slices.DeleteFunc(st.items(in), func(item any) bool {
		found := st.field(item, key)
		if want == nil {
			return !truthy(found)
		}
		return !equal(st, found, want)
	})
}
