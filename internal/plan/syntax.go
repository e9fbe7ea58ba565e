package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxFile is the size of a plan file in bytes: a thousand times the plans people write.
const maxFile = 1 << 20

// parseFile reads the bytes of a file as one YAML or JSON value; nil after a problem.
func (r *reader) parseFile(data []byte) *yaml.Node {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	switch {
	case len(data) > maxFile:
		r.file(1, TooLarge, "the file has %d bytes; a plan file has at most %d", len(data), maxFile)
		return nil
	case !utf8.Valid(data):
		r.file(badLine(data), NotUTF8, "the text is not UTF-8; save the file as UTF-8")
		return nil
	case len(bytes.TrimSpace(data)) == 0:
		r.file(1, EmptyFile, `the file is empty; a plan begins with "tactus: 1" and "plan: NAME"`)
		return nil
	}
	r.lines = strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	var notJSON error
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		var n *yaml.Node
		if n, notJSON = parseJSON(data); notJSON == nil {
			return n
		}
	}
	return r.parseYAML(data, notJSON)
}

// parseYAML reads YAML; notJSON is why a text that begins with a brace is no JSON.
func (r *reader) parseYAML(data []byte, notJSON error) *yaml.Node {
	data, restore := hideBreaks(data)
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	err := decoder.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		r.file(1, EmptyFile, `the file is empty; a plan begins with "tactus: 1" and "plan: NAME"`)
		return nil
	case err != nil && notJSON != nil:
		r.file(jsonErrorLine(data, notJSON), BadSyntax, "this is neither JSON nor YAML: %v", notJSON)
		return nil
	case err != nil:
		line := errorLine(data, err)
		r.file(line, BadSyntax, "this is not YAML: %s", r.syntaxAdvice(line, err))
		return nil
	}
	if err := decoder.Decode(&more); err == nil {
		r.file(r.separator(more.Line), SeveralDocuments, `a second document begins here ("---"); write one plan in a file`)
	} else if !errors.Is(err, io.EOF) {
		line := errorLine(data, err)
		r.file(line, BadSyntax, "this is not YAML: %s", r.syntaxAdvice(line, err))
	}
	if len(doc.Content) == 0 {
		return &doc
	}
	restore(doc.Content[0])
	return doc.Content[0]
}

// hideBreaks puts stand-ins of private use for characters that YAML 1.1 takes for line breaks and YAML 1.2, editors and people don't; texts
// that were copied from elsewhere may hold them. restore puts them back.
func hideBreaks(data []byte) (hidden []byte, restore func(*yaml.Node)) {
	const breaks, standIns = "\u0085\u2028\u2029", "\uf8f0\uf8f1\uf8f2"
	if !bytes.ContainsAny(data, breaks) || bytes.ContainsAny(data, standIns) {
		return data, func(*yaml.Node) {}
	}
	var hide, show []string
	from, to := []rune(breaks), []rune(standIns)
	for i := range from {
		hide = append(hide, string(from[i]), string(to[i]))
		show = append(show, string(to[i]), string(from[i]))
	}
	back := strings.NewReplacer(show...)
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		n.Value = back.Replace(n.Value)
		for _, child := range n.Content {
			walk(child)
		}
	}
	return []byte(strings.NewReplacer(hide...).Replace(string(data))), walk
}

// separator is the line of the "---" above a line, or the line itself.
func (r *reader) separator(line int) int {
	for l := min(line, len(r.lines)); l > 1; l-- {
		if strings.HasPrefix(r.lines[l-1], "---") {
			return l
		}
	}
	return line
}

// errorLine finds the line of a syntax error. The parser names lines that lie before the offending text or are off by
// one; what holds is that text up to the offending line fails in the same way, and text before it does not.
func errorLine(data []byte, err error) int {
	want := reason(err)
	ends := []int{}
	for i, c := range data {
		if c == '\n' {
			ends = append(ends, i+1)
		}
	}
	ends = append(ends, len(data))
	line := 1 + sort.Search(len(ends)-1, func(i int) bool {
		decoder := yaml.NewDecoder(bytes.NewReader(data[:ends[i]]))
		for {
			var n yaml.Node
			if err := decoder.Decode(&n); err != nil {
				return reason(err) == want
			}
		}
	})
	return min(line, len(bytes.Split(bytes.TrimRight(data, "\r\n "), []byte("\n"))))
}

// reason is a parser's message without its line.
func reason(err error) string {
	s := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(s, "line "); ok {
		if _, after, ok := strings.Cut(rest, ": "); ok {
			return after
		}
	}
	return s
}

// syntaxAdvice says what to do about a syntax error.
func (r *reader) syntaxAdvice(line int, err error) string {
	text := ""
	if line <= len(r.lines) {
		text = r.lines[line-1]
	}
	why := reason(err)
	if before, _, found := strings.Cut(text, "{{"); found && strings.HasSuffix(strings.TrimSpace(before), ":") {
		return `a text that begins with "{{" must stand in quotes`
	}
	indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	switch {
	case strings.Contains(indent, "\t"):
		return "the line is indented with a tab; use blanks"
	case strings.Contains(why, "mapping values are not allowed"):
		return `there is a second ": " in the text, or the indentation is off; put the text in quotes, or indent the line like those beside it`
	case strings.Contains(why, "found unexpected end of stream"), strings.Contains(why, "unexpected document indicator"):
		return "a quote is opened and never closed"
	case strings.Contains(why, "could not find expected ':'"):
		return `a key needs ": " after it, or the text above was meant to go on and is not indented`
	case strings.Contains(why, "did not find expected key"), strings.Contains(why, "did not find expected '-' indicator"):
		return "the line does not fit those above; indent it like them, and put texts with : # { [ or quotes in them in quotes"
	case strings.Contains(why, "did not find expected ',' or"):
		return `a "[" or "{" is opened and not closed, or a comma is missing`
	case strings.Contains(why, "cannot start any token"):
		return "a text that begins with a tab, @, ` or % must stand in quotes"
	case strings.Contains(why, "unknown anchor"):
		return fmt.Sprintf("%s; a text that begins with * or & must stand in quotes", why)
	}
	return why
}

func badLine(data []byte) int {
	line := 1
	for len(data) > 0 {
		c, size := utf8.DecodeRune(data)
		if c == utf8.RuneError && size == 1 {
			break
		}
		if c == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}
