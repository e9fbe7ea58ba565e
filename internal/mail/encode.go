package mail

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	maxLine = 76  // of a line with encoded words (RFC 2047, 2)
	maxWord = 900 // what cannot be folded must stay well under the 998 octets of a line (RFC 5322, 2.1.1)
)

// oneLine drops what is harmless around and inside a line: outer space, tabs, broken UTF-8.
func oneLine(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\t", " "))
}

// checkLine says what keeps a value out of a header line, or "". A line break would let an author write header fields.
func checkLine(s string) string {
	for _, r := range s {
		if r == '\r' || r == '\n' {
			return "must be a single line"
		}
		if r < ' ' || r == 0x7f {
			return "must not contain control characters"
		}
	}
	return ""
}

// fold writes a field, broken before words that would pass the line's length. Unfolding gives the value back unchanged.
func fold(name, value string) string {
	var b strings.Builder
	b.WriteString(name + ":")
	column := len(name) + 1
	for i, word := range strings.Split(value, " ") {
		if i > 0 && word != "" && column+1+len(word) > maxLine {
			b.WriteString("\r\n")
			column = 0
		}
		b.WriteString(" " + word)
		column += 1 + len(word)
	}
	b.WriteString("\r\n")
	return b.String()
}

// encodeText makes an unstructured value: as it is when it is plain, else in encoded words (RFC 2047).
func encodeText(name, value string) string {
	if isPlain(value) {
		return value
	}
	return encodeWords(value, maxLine-len(name)-len(": "))
}

// encodePhrase makes a display name: atoms, a quoted string or encoded words.
func encodePhrase(name, value string) string {
	switch {
	case !isPlain(value):
		return encodeWords(value, maxLine-len(name)-len(": "))
	case strings.Trim(value, atomText+" ") == "":
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// encodeWords splits at runes, so that each word stands alone; room is what the first line has left.
func encodeWords(s string, room int) string {
	mark, size, encode := byte('q'), quotedSize, quote
	if quotedSize(s) > base64.StdEncoding.EncodedLen(len(s)) {
		mark, size, encode = 'b', base64Size, base64Text
	}
	const frame = len("=?utf-8?q?") + len("?=")
	var words []string
	for s != "" {
		end := 0
		for end < len(s) {
			_, n := utf8.DecodeRuneInString(s[end:])
			if end > 0 && frame+size(s[:end+n]) > room {
				break
			}
			end += n
		}
		words = append(words, fmt.Sprintf("=?utf-8?%c?%s?=", mark, encode(s[:end])))
		s, room = s[end:], maxLine-1
	}
	return strings.Join(words, " ")
}

func base64Size(s string) int    { return base64.StdEncoding.EncodedLen(len(s)) }
func base64Text(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func quotedSize(s string) int {
	n := 0
	for i := range len(s) {
		if isQuotedLiteral(s[i]) {
			n++
		} else {
			n += 3
		}
	}
	return n
}

func quote(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			b.WriteByte('_')
		case isQuotedLiteral(c):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}

// isQuotedLiteral keeps to letters, digits and the space, which are allowed in phrases too (RFC 2047, 5).
func isQuotedLiteral(c byte) bool {
	return c == ' ' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// isPlain reports whether a value may stand in a header as it is: ASCII, foldable, not to be mistaken for an encoded word.
func isPlain(s string) bool {
	if strings.Contains(s, "=?") {
		return false
	}
	for word := range strings.SplitSeq(s, " ") {
		if len(word) > maxWord || !isPrintableASCII(word) {
			return false
		}
	}
	return true
}

func isPrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// atomText is RFC 5322's atext, which needs no quotes in a display name.
const atomText = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"
