package importer

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// texts makes the cells' texts: of all plain ones together one allocation.
func (t *Table) texts(raw []byte, cells []span) []string {
	legacy := !utf8.Valid(raw)
	out := make([]string, max(len(cells), len(t.Header)))
	all := ""
	if !legacy {
		all = string(raw)
	}
	for i, c := range cells {
		switch {
		case legacy:
			out[i] = windows1252(raw[c.from:c.to])
		default:
			out[i] = all[c.from:c.to]
		}
		if c.escaped {
			out[i] = tidy(out[i])
		}
	}
	return out
}

// effort splits what cannot be read, for people to see what it was. The first line of it is enough.
func (t *Table) effort(raw []byte) []string {
	raw = bytes.TrimRight(raw, "\r\n")
	raw = raw[:min(len(raw), maxCell)]
	text := strings.ToValidUTF8(string(raw), "�")
	if !utf8.Valid(raw) {
		text = windows1252(raw)
	}
	if t.Header == nil {
		return []string{text}
	}
	return strings.SplitN(text, string(t.Separator), len(t.Header))
}

func windows1252(b []byte) string {
	out, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "�")
	}
	return string(out)
}

// tidy undoes doubled quotes and makes every line break LF.
func tidy(s string) string {
	s = strings.ReplaceAll(s, `""`, `"`)
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.ReplaceAll(s, "\r", "\n")
}

// lineLength is the length of the first line with its end.
func lineLength(data []byte) int {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0:
		return len(data)
	case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
		return i + 2
	}
	return i + 1
}

// lines counts line ends.
func lines(data []byte) int {
	n := bytes.Count(data, []byte{'\n'})
	if bytes.IndexByte(data, '\r') < 0 {
		return n
	}
	return n + bytes.Count(data, []byte{'\r'}) - bytes.Count(data, []byte("\r\n"))
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
