package merge

import (
	"net/url"
	"strings"
	"unicode"
)

// textFilters change a text as a whole: its case, its white space, its encoding.
func textFilters() []filterSpec {
	return []filterSpec{
		{"capitalize", 0, 0, onText(capitalize)},
		{"downcase", 0, 0, onText(strings.ToLower)},
		{"upcase", 0, 0, onText(strings.ToUpper)},
		{"lstrip", 0, 0, onMarkup(func(s string) string { return strings.TrimLeftFunc(s, stripped) })},
		{"rstrip", 0, 0, onMarkup(func(s string) string { return strings.TrimRightFunc(s, stripped) })},
		{"strip", 0, 0, onMarkup(func(s string) string { return strings.TrimFunc(s, stripped) })},
		{"strip_newlines", 0, 0, onMarkup(strings.NewReplacer("\r\n", "", "\n", "", "\r", "").Replace)},
		{"strip_html", 0, 0, onText(stripHTML)},
		{"escape", 0, 0, escape},
		{"newline_to_br", 0, 0, newlineToBr},
		{"raw", 0, 0, raw},
		{"url_encode", 0, 0, onText(url.QueryEscape)},
		{"url_decode", 0, 0, onText(urlDecode)},
	}
}

// stripped says what strip takes away: white space and NUL.
func stripped(r rune) bool { return r == 0 || unicode.IsSpace(r) }

func onText(change func(string) string) filterFunc {
	return func(st *state, in any, _ []any) any {
		if in == nil {
			return nil
		}
		return st.made(change(st.text(in)))
	}
}

// onMarkup is for changes that can't make HTML unsafe.
func onMarkup(change func(string) string) filterFunc {
	return func(st *state, in any, _ []any) any {
		if in == nil {
			return nil
		}
		s := change(st.text(in))
		st.grow(len(s))
		if _, ok := in.(markup); ok {
			return markup(s)
		}
		return s
	}
}

// escaped is s as the sink would write it where markup is made.
func (st *state) escaped(s string) string {
	if st.sink == Markdown {
		return escapeMarkdown(s)
	}
	return escapeHTML(s)
}

// html gives s as finished HTML where HTML is rendered, else as text.
func (st *state) html(s string) any {
	st.grow(len(s))
	if st.sink == HTML {
		return markup(s)
	}
	return s
}

func escape(st *state, in any, _ []any) any {
	if in == nil {
		return nil
	}
	if done, ok := in.(markup); ok {
		return done
	}
	if st.sink == Markdown {
		s := escapeMarkdown(st.text(in))
		st.grow(len(s))
		return markup(s)
	}
	return st.html(escapeHTML(st.text(in)))
}

// newlineToBr makes HTML, so where fields are escaped it escapes the text first. In our Markdown a line break is one already.
func newlineToBr(st *state, in any, _ []any) any {
	if in == nil || st.sink == Markdown {
		return in
	}
	s := st.text(in)
	if _, done := in.(markup); !done && st.sink == HTML {
		s = escapeHTML(s)
	}
	return st.html(strings.NewReplacer("\r\n", "<br />\n", "\n", "<br />\n").Replace(s))
}

// raw lets cleaned HTML through as it is; on any other value it does nothing.
func raw(st *state, in any, _ []any) any {
	if clean, ok := in.(SafeHTML); ok {
		return st.html(string(clean))
	}
	return in
}

// urlDecode leaves what isn't a valid escape as it is.
func urlDecode(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return strings.ToValidUTF8(decoded, "\uFFFD")
	}
	return s
}

// stripHTML takes out comments, tags, and scripts and styles with their content.
func stripHTML(s string) string {
	var b strings.Builder
	blocks := [...][2]string{{"<!--", "-->"}, {"<script", "</script>"}, {"<style", "</style>"}, {"<", ">"}}
	endless := [len(blocks)]bool{} // no such end follows any more; looking again each time would be quadratic
	for {
		at := strings.IndexByte(s, '<')
		if at < 0 || endless[len(blocks)-1] {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:at])
		s = s[at:]
		for i, block := range blocks {
			if endless[i] || !hasPrefixFold(s, block[0]) {
				continue
			}
			if size := indexFold(s, block[1], len(block[0])); size < 0 {
				endless[i] = true
			} else {
				s = s[size+len(block[1]):]
				break
			}
		}
	}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// indexFold finds part in s from byte from on, whatever its case; part begins with a sign, not a letter.
func indexFold(s, part string, from int) int {
	for {
		at := strings.IndexByte(s[from:], part[0])
		if at < 0 {
			return -1
		}
		from += at
		if hasPrefixFold(s[from:], part) {
			return from
		}
		from++
	}
}
