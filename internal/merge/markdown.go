package merge

import (
	"regexp"
	"strings"
)

// wholeAddress is a text that is nothing but a web or email address, of characters that mean nothing to Markdown inside one.
var wholeAddress = regexp.MustCompile(`^(?:https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?(?:[/?#][A-Za-z0-9._~:/?#@!$&+,;=%-]*)?|[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9][A-Za-z0-9.-]*)$`)

// fitsAddress is a text that may stand in a web address as it is: encoded already, or nothing in it needs to be. Neither it nor what
// percentEncode makes of another can end the address or the link.
var fitsAddress = regexp.MustCompile(`^(?:[A-Za-z0-9._~+-]|%[0-9A-Fa-f]{2})*$`)

// inAddress says whether what was written ends inside a bare web address, beyond its host: a backslash there would end the link. A host
// is never made of fields: a stranger's ".evil.example" behind ours would lead elsewhere.
func inAddress(written string) bool {
	const longest = 2000
	tail := written[max(0, len(written)-longest):]
	word := strings.TrimLeft(tail[strings.LastIndexAny(tail, whiteSpace)+1:], "*_~(<")
	rest, ok := strings.CutPrefix(word, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(word, "http://")
	}
	if !ok {
		ok = strings.HasPrefix(word, "www.")
		rest = word
	}
	return ok && strings.IndexAny(rest, "/?#") > 0 && !strings.ContainsAny(rest, `\<>"`) && !strings.Contains(rest, "](")
}

// escapeInAddress makes a text one part of a web address. Signs that Markdown could read where it makes no link of the address after
// all are encoded, which means the same.
func escapeInAddress(s string) string {
	if !fitsAddress.MatchString(s) {
		s = percentEncode(s)
	}
	return strings.NewReplacer("_", "%5F", "~", "%7E").Replace(s)
}

// EscapeMarkdown makes a text read as itself in a simple email.
func EscapeMarkdown(text string) string { return escapeMarkdown(text) }

// escapeMarkdown makes a text read as itself in Markdown: punctuation is escaped, and no line begins with white space, which
// would make it code.
func escapeMarkdown(s string) string {
	if wholeAddress.MatchString(s) {
		return s
	}
	if strings.IndexFunc(s, func(r rune) bool { return r < 0x80 && (isMarkdown(byte(r)) || r < ' ') }) < 0 && !strings.HasPrefix(s, " ") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/4)
	lineStart := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\r':
			if i+1 < len(s) && s[i+1] == '\n' {
				continue
			}
			c = '\n'
		case c == '\t':
			c = ' '
		}
		switch {
		case c == '\n':
			b.WriteByte(c)
			lineStart = true
			continue
		case c == ' ' && lineStart && (i > 0 || len(s) > 1 && (s[1] == ' ' || s[1] == '\t')):
			continue // but a single space in front may part two words
		case isMarkdown(c):
			b.WriteByte('\\')
		}
		b.WriteByte(c)
		lineStart = false
	}
	return b.String()
}

// isMarkdown says that a character may mean something to Markdown, or to the links that it makes of bare addresses.
func isMarkdown(c byte) bool { return strings.IndexByte("\\`*_{}[]()<>#+-.!|~^=:@&", c) >= 0 }
