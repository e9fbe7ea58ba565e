package merge

import (
	"html"
	"strings"
	"unicode"
)

// Sink is the place that a text is rendered for; it decides how fields are escaped. A template's own text never is.
type Sink uint8

// The sinks.
const (
	// Plain escapes nothing: text messages, plain text bodies, task texts.
	Plain Sink = iota
	// HTML escapes & < > " and ' in every field, so that it is safe as text and inside quoted attributes. A SafeHTML
	// value with the filter raw is left as it is. Where a field begins the address of an attribute such as href,
	// schemes other than http, https, mailto, tel and sms give "#".
	HTML
	// URL percent-encodes every field, except one that begins the address: that one must have a scheme HTML allows.
	URL
	// Header is for one line, such as a subject: line breaks and other control characters become single spaces.
	Header
	// Markdown escapes every field, so that what a stranger calls himself is text and never a link, a heading or a picture
	// in our mail. A field that is nothing but a web or email address is left as it is, bare or inside [a link](…); so is SafeMarkdown.
	// Inside a bare web address that the text begins, after its host, a field is percent-encoded unless it is already.
	Markdown
)

// SafeHTML is a field's value that has been cleaned as HTML; {{ field | raw }} leaves it as it is in the HTML sink.
type SafeHTML string

// SafeMarkdown is a field's value that is Markdown of our own people, such as a signature; the Markdown sink leaves it as it is, and
// in the HTML sink it is what Options.Markdown makes of it.
type SafeMarkdown string

// markup is HTML made while rendering, already escaped for the HTML sink; or Markdown for the Markdown sink.
type markup string

func (s Sink) write(st *state, text string, at place) flow {
	switch s {
	case HTML:
		if at&placeAddress != 0 && !safeAddress(text) {
			return st.write("#")
		}
		return st.writeEscaped(text, at&placeUnquoted != 0)
	case Markdown:
		if inAddress(st.out.String()) {
			return st.write(escapeInAddress(text))
		}
		return st.write(escapeMarkdown(text))
	case URL:
		if st.out.Len() > 0 {
			return st.write(percentEncode(text))
		}
		if !safeAddress(text) {
			st.fail("an address must begin with http, https, mailto, tel or sms")
			return flowStop
		}
		return st.write(strings.Map(func(r rune) rune {
			if unicode.IsControl(r) || unicode.IsSpace(r) {
				return -1
			}
			return r
		}, text))
	default:
		return st.write(text)
	}
}

func (s Sink) writeMarkup(st *state, text string, at place) flow {
	if at&placeAddress != 0 && !safeAddress(html.UnescapeString(text)) {
		return st.write("#")
	}
	if at != placeText && strings.ContainsAny(text, "<>\"'") {
		return s.write(st, text, at) // markup has no business in an attribute
	}
	return st.write(text)
}

// finish is the last word on the whole text.
func (s Sink) finish(text string) string {
	if s != Header || strings.IndexFunc(text, unfitForHeader) < 0 {
		return text
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unfitForHeader(r) }), " ")
}

func unfitForHeader(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

// place is where in HTML a field stands, as far as the text before it tells.
type place uint8

const (
	placeText     place = 0
	placeAddress  place = 1 // begins the address of an attribute: <a href="
	placeUnquoted place = 2 // begins an attribute that has no quotes: <td width=
)

// placeAfter says where a field stands that follows a literal text. A place lasts until the next literal text, because
// tags and fields in between may print nothing.
func placeAfter(text string) place {
	text = strings.TrimRight(text, whiteSpace)
	at := placeUnquoted
	if n := len(text); n > 0 && (text[n-1] == '"' || text[n-1] == '\'') {
		text, at = strings.TrimRight(text[:n-1], whiteSpace), placeText
	}
	text, ok := strings.CutSuffix(text, "=")
	if !ok {
		return placeText
	}
	text = strings.TrimRight(text, whiteSpace)
	name := text[strings.LastIndexFunc(text, func(r rune) bool { return !isNameRune(r) })+1:]
	switch strings.ToLower(name) {
	case "href", "src", "action", "formaction", "background", "cite", "poster", "data":
		at |= placeAddress
	}
	return at
}

// escapeUnquoted keeps a value without quotes in one piece; elsewhere the entities read as the same characters.
func escapeUnquoted(c byte) string {
	switch c {
	case ' ':
		return "&#32;"
	case '\t':
		return "&#9;"
	case '\n':
		return "&#10;"
	case '\r':
		return "&#13;"
	case '\f':
		return "&#12;"
	case '=':
		return "&#61;"
	case '`':
		return "&#96;"
	}
	return ""
}

// escapeOf gives the HTML entity of a byte, "" when it needs none.
func escapeOf(c byte) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&quot;"
	case '\'':
		return "&#39;"
	}
	return ""
}

func (st *state) writeEscaped(s string, unquoted bool) flow {
	from := 0
	for i := 0; i < len(s); i++ {
		entity := escapeOf(s[i])
		if unquoted && entity == "" {
			entity = escapeUnquoted(s[i])
		}
		if entity == "" {
			continue
		}
		if st.write(s[from:i]) != flowNext || st.write(entity) != flowNext {
			return flowStop
		}
		from = i + 1
	}
	return st.write(s[from:])
}

func escapeHTML(s string) string {
	if !strings.ContainsAny(s, `&<>"'`) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	from := 0
	for i := 0; i < len(s); i++ {
		if entity := escapeOf(s[i]); entity != "" {
			b.WriteString(s[from:i])
			b.WriteString(entity)
			from = i + 1
		}
	}
	b.WriteString(s[from:])
	return b.String()
}

// safeAddress says whether an address is relative or has an allowed scheme, as a browser would read it.
func safeAddress(s string) bool {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	end := strings.IndexAny(s, ":/?#")
	if end < 0 || s[end] != ':' {
		return true
	}
	switch strings.ToLower(s[:end]) {
	case "http", "https", "mailto", "tel", "sms":
		return true
	}
	return false
}

// percentEncode leaves only the characters that are unreserved in every part of an address.
func percentEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s) + len(s)/2)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
