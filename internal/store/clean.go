package store

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// clean makes texts storable on both databases: PostgreSQL takes neither NUL nor broken UTF-8, and what a carrier or a
// stranger's mail says may hold either. The caller's slice stays as it is.
func clean(args []any) []any {
	out := args
	for i, a := range args {
		s, ok := a.(string)
		if !ok || utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
			continue
		}
		if &out[0] == &args[0] {
			out = slices.Clone(args)
		}
		out[i] = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	}
	return out
}

// dropNUL takes the escape of NUL out of a JSON text.
func dropNUL(text string) string {
	const nul = `\u0000`
	if !strings.Contains(text, nul) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], nul):
			i += len(nul) - 1
		case text[i] == '\\':
			b.WriteString(text[i : i+2])
			i++
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String()
}
