package plan

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// located is a text as the checks read it, and the file's line of each of its lines.
type located struct {
	text string
	line func(n int) int // n from 1
}

// locate finds where the lines of a scalar's text stand in the file. A literal block's lines are the file's own. Where YAML joins
// lines (folded blocks, quoted and plain texts over several lines), the text is taken with the line breaks of the file, which
// mean no more than blanks to merge fields and conditions; so their lines can be counted.
func (r *reader) locate(n *yaml.Node) located {
	fixed := located{n.Value, func(int) int { return n.Line }}
	switch {
	case n.Kind != yaml.ScalarNode || n.Column == 0:
		return fixed
	case n.Style&yaml.LiteralStyle != 0:
		return located{n.Value, func(k int) int { return n.Line + k }}
	}
	first, src := n.Line, r.after(n)
	if n.Style&yaml.FoldedStyle != 0 {
		_, body, found := strings.Cut(src, "\n")
		if !found {
			return fixed
		}
		first, src = n.Line+1, body
	}
	text, ok := unfold(n.Value, src, n.Style)
	if !ok || n.Style&yaml.FoldedStyle == 0 && !strings.Contains(text, "\n") {
		return fixed
	}
	return located{text, func(k int) int { return first + k - 1 }}
}

// after is the file's text from the beginning of a node on, an anchor or tag before its value left out.
func (r *reader) after(n *yaml.Node) string {
	if n.Line < 1 || n.Line > len(r.lines) {
		return ""
	}
	head := []rune(r.lines[n.Line-1])
	src := string(head[min(n.Column-1, len(head)):]) + "\n" + strings.Join(r.lines[n.Line:], "\n")
	for strings.HasPrefix(src, "&") || strings.HasPrefix(src, "!") {
		end := strings.IndexAny(src, " \t\n")
		if end < 0 {
			return src
		}
		src = strings.TrimLeft(src[end:], " \t")
	}
	return src
}

// unfold walks a text and its source side by side and returns the text with the source's line breaks. False when they don't match.
func unfold(value, src string, style yaml.Style) (string, bool) {
	single, double := style&yaml.SingleQuotedStyle != 0, style&yaml.DoubleQuotedStyle != 0
	if single || double {
		if src == "" {
			return "", false
		}
		src = src[1:]
	}
	var out strings.Builder
	for _, c := range value {
		if c == ' ' || c == '\n' || c == '\t' {
			if c != '\n' {
				out.WriteRune(c)
			}
			continue
		}
		for {
			if double && strings.HasPrefix(src, `\`) {
				decoded, size := escape(src)
				if decoded == c {
					src = src[size:]
					break
				}
				if !strings.ContainsRune(" \n\t", decoded) || size == 0 {
					return "", false
				}
				out.WriteByte(' ')
				src = src[size:]
				continue
			}
			if single && strings.HasPrefix(src, "''") && c == '\'' {
				src = src[2:]
				break
			}
			if strings.HasPrefix(src, string(c)) {
				src = src[len(string(c)):]
				break
			}
			if src == "" || !strings.Contains(" \t\r\n", src[:1]) {
				return "", false
			}
			if src[0] == '\n' {
				out.WriteByte('\n')
			}
			src = src[1:]
		}
		out.WriteRune(c)
	}
	return out.String(), true
}

// escape reads one escape of a double-quoted text: the character (a blank for an escaped line break) and its length in the source.
func escape(src string) (rune, int) {
	if len(src) < 2 {
		return 0, 0
	}
	var digits int
	switch src[1] {
	case 'n', 'N', 'L', 'P', 'r':
		return '\n', 2
	case 't', '\t':
		return '\t', 2
	case ' ', '_':
		return ' ', 2
	case '\n':
		return ' ', 1 // the line break itself is counted as white space
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		return rune(src[1]), 2
	}
	if len(src) < 2+digits {
		return 0, 0
	}
	v, err := strconv.ParseUint(src[2:2+digits], 16, 32)
	if err != nil {
		return 0, 0
	}
	return rune(v), 2 + digits
}
