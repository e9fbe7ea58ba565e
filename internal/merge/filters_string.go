package merge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// stringFilters change a text's parts.
func stringFilters() []filterSpec {
	return []filterSpec{
		{"append", 1, 1, func(st *state, in any, args []any) any { return joinTwo(st, in, args[0]) }},
		{"prepend", 1, 1, func(st *state, in any, args []any) any { return joinTwo(st, args[0], in) }},
		{"remove", 1, 1, func(st *state, in any, args []any) any { return replace(st, in, args, -1) }},
		{"remove_first", 1, 1, func(st *state, in any, args []any) any { return replace(st, in, args, 1) }},
		{"remove_last", 1, 1, replaceLast},
		{"replace", 1, 2, func(st *state, in any, args []any) any { return replace(st, in, args, -1) }},
		{"replace_first", 1, 2, func(st *state, in any, args []any) any { return replace(st, in, args, 1) }},
		{"replace_last", 2, 2, replaceLast},
		{"split", 1, 1, split},
		{"slice", 1, 2, slice},
		{"truncate", 0, 2, truncate},
		{"truncatewords", 0, 2, truncateWords},
		{"default", 0, 1, defaultTo},
	}
}

// joinTwo keeps HTML that was made while rendering HTML, and Markdown while rendering that, by escaping what is put beside it.
func joinTwo(st *state, a, b any) any {
	_, left := a.(markup)
	_, right := b.(markup)
	s, t := st.text(a), st.text(b)
	if left || right {
		if !left {
			s = st.escaped(s)
		}
		if !right {
			t = st.escaped(t)
		}
	}
	if !st.fits(len(s) + len(t)) {
		return nil
	}
	joined := st.made(s + t)
	if left || right {
		return markup(s + t)
	}
	return joined
}

func replace(st *state, in any, args []any, times int) any {
	s, old, with := st.text(in), st.text(args[0]), st.textArg(args, 1, "")
	count := strings.Count(s, old)
	if times > 0 {
		count = min(count, times)
	}
	if !st.fits(len(s) + count*max(len(with)-len(old), 0)) {
		return nil
	}
	return st.made(strings.Replace(s, old, with, times))
}

func replaceLast(st *state, in any, args []any) any {
	s, old, with := st.text(in), st.text(args[0]), st.textArg(args, 1, "")
	at := strings.LastIndex(s, old)
	if at < 0 {
		return s
	}
	if !st.fits(len(s) + len(with)) {
		return nil
	}
	return st.made(s[:at] + with + s[at+len(old):])
}

// split drops empty texts at the end; a single space splits at any white space, nothing at every character.
func split(st *state, in any, args []any) any {
	s, by := st.text(in), st.text(args[0])
	var parts []string
	switch {
	case s == "":
	case by == " ":
		if st.spend(len(s) / 8); st.err == nil {
			parts = strings.Fields(s)
		}
	case by == "":
		if st.spend(len(s)); st.err == nil {
			parts = strings.Split(s, "")
		}
	default:
		if st.spend(strings.Count(s, by)); st.err == nil {
			parts = strings.Split(s, by)
		}
	}
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	st.spend(len(parts))
	return parts
}

func slice(st *state, in any, args []any) any {
	from, ok := wholeNumber(args[0])
	size, ok2 := int64(1), true
	if second := arg(args, 1); second != nil {
		size, ok2 = wholeNumber(second)
	}
	if !ok || !ok2 {
		st.fail("slice takes whole numbers")
		return nil
	}
	l, isList := listOf(in)
	var s string
	var total int64
	if isList {
		total = int64(l.len())
	} else {
		s = st.text(in)
		total = int64(runes(s))
	}
	if from < 0 {
		from += total
	}
	if from < 0 || from > total || size <= 0 {
		from, size = 0, 0
	}
	size = min(size, total-from)
	if !isList {
		return st.made(cut(s, int(from), int(size)))
	}
	if st.spend(int(size)); st.err != nil {
		return nil
	}
	part := make([]any, 0, size)
	for i := range size {
		part = append(part, l.at(int(from+i)))
	}
	return part
}

// cut takes size characters of s from character from; both are in range.
func cut(s string, from, size int) string {
	begin, end, at := len(s), len(s), 0
	for i := range s {
		if at == from {
			begin = i
		}
		if at == from+size {
			end = i
			break
		}
		at++
	}
	if begin > end {
		return ""
	}
	return s[begin:end]
}

func truncate(st *state, in any, args []any) any {
	if in == nil {
		return nil
	}
	most, ok := lengthArg(st, args, 50)
	if !ok {
		return nil
	}
	s, end := st.text(in), st.textArg(args, 1, "...")
	if int64(runes(s)) <= most {
		return s
	}
	keep := max(most-int64(runes(end)), 0)
	return st.made(cut(s, 0, int(keep)) + end)
}

func truncateWords(st *state, in any, args []any) any {
	if in == nil {
		return nil
	}
	most, ok := lengthArg(st, args, 15)
	if !ok {
		return nil
	}
	most = max(most, 1)
	s, end := st.text(in), st.textArg(args, 1, "...")
	var b strings.Builder
	words := int64(0)
	for rest := strings.TrimLeftFunc(s, unicode.IsSpace); rest != ""; {
		if words == most {
			b.WriteString(end)
			return st.made(b.String())
		}
		size := strings.IndexFunc(rest, unicode.IsSpace)
		if size < 0 {
			size = len(rest)
		}
		if words > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(rest[:size])
		rest = strings.TrimLeftFunc(rest[size:], unicode.IsSpace)
		words++
	}
	return st.made(b.String())
}

func lengthArg(st *state, args []any, missing int64) (int64, bool) {
	if len(args) == 0 {
		return missing, true
	}
	n, ok := wholeNumber(args[0])
	if !ok {
		st.fail("the length must be a whole number")
	}
	return n, ok
}

// defaultTo takes the place of nil, false, and empty texts and lists; its second argument is allow_false.
func defaultTo(st *state, in any, args []any) any {
	in = st.norm(in)
	void := in == nil || in == false && !truthy(args[1])
	if s, ok := textOf(in); ok {
		void = strings.TrimSpace(s) == ""
	} else if isEmpty(in) {
		void = true
	}
	if word, ok := in.(special); ok {
		void = word == empty || word == blank
	}
	if void {
		return args[0]
	}
	return in
}

func capitalize(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + strings.ToLower(s[size:])
}
