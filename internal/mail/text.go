package mail

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// textOf makes the text part of an HTML fragment: links keep their addresses, lists their
// marks, quotes their ">". Lines are as long as the author's paragraphs.
//
// It is ours because html2text (inbucket, v1.0.0), on the same fragments, loses the numbers of
// lists and the alt text of images, sets six empty lines around each quoted one, tears words at
// their emphasis ("*bo* ld") and sets spaces before punctuation: "the house ( https://… ) !".
func textOf(fragment string) (string, error) {
	root := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(fragment), root)
	if err != nil {
		return "", err
	}
	var w textWriter
	for _, n := range nodes {
		w.node(n)
	}
	if w.out.Len() == 0 {
		return "", nil
	}
	return w.out.String() + "\n", nil
}

// textWriter owes line breaks and spaces and pays them only before the next word, so that none are doubled or left at an end.
type textWriter struct {
	out      strings.Builder
	breaks   int // line breaks owed; two make an empty line
	space    bool
	pre      bool     // white space counts
	prefixes []string // what each line begins with, outermost first
	depth    int      // how many of them the line before had
	marker   string   // stands in for the last prefix on an item's first line
}

func (w *textWriter) node(n *html.Node) {
	if n.Type == html.TextNode {
		w.text(n.Data)
		return
	}
	if n.Type != html.ElementNode {
		return
	}
	switch n.DataAtom {
	case atom.Head, atom.Style, atom.Script, atom.Title:
	case atom.Br:
		w.breaks++
		w.space = false
	case atom.Hr:
		w.block(2, func() { w.word("---") })
	case atom.Img:
		w.text(attribute(n, "alt"))
	case atom.A:
		w.link(n)
	case atom.Pre:
		w.block(2, func() {
			w.pre = true
			w.children(n)
			w.pre = false
		})
	case atom.Blockquote:
		w.block(2, func() { w.indented("> ", "", n) })
	case atom.Ul, atom.Ol:
		w.list(n)
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table:
		w.block(2, func() { w.children(n) })
	case atom.Div, atom.Li, atom.Tr, atom.Center, atom.Caption:
		w.block(1, func() { w.children(n) })
	case atom.Td, atom.Th:
		w.children(n)
		w.space = true
	default:
		w.children(n)
	}
}

func (w *textWriter) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
}

// block sets its content apart by line breaks on both sides.
func (w *textWriter) block(breaks int, content func()) {
	w.owe(breaks)
	content()
	w.owe(breaks)
}

func (w *textWriter) owe(breaks int) {
	w.breaks = max(w.breaks, breaks)
	w.space = false
}

func (w *textWriter) indented(prefix, marker string, n *html.Node) {
	w.prefixes = append(w.prefixes, prefix)
	w.marker = marker
	w.children(n)
	w.prefixes = w.prefixes[:len(w.prefixes)-1]
	w.marker = ""
}

func (w *textWriter) list(n *html.Node) {
	outer := 2
	if len(w.prefixes) > 0 {
		outer = 1 // a list in a list, or in a quote
	}
	number := 1
	if start, err := strconv.Atoi(attribute(n, "start")); err == nil {
		number = start
	}
	w.block(outer, func() {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.DataAtom != atom.Li { // a list right in a list, as word processors write it
				w.stray(c)
				continue
			}
			marker := "- "
			if n.DataAtom == atom.Ol {
				marker = strconv.Itoa(number) + ". "
				number++
			}
			w.block(1, func() { w.indented(strings.Repeat(" ", len(marker)), marker, c) })
		}
	})
}

// stray writes what stands in a list and is no item of it, set in as if it belonged to the item before.
func (w *textWriter) stray(n *html.Node) {
	if n.Type != html.ElementNode {
		w.node(n)
		return
	}
	w.prefixes = append(w.prefixes, "  ")
	w.block(1, func() { w.node(n) })
	w.prefixes = w.prefixes[:len(w.prefixes)-1]
}

// link writes the label and, unless it says the same, the address.
func (w *textWriter) link(n *html.Node) {
	start := w.out.Len()
	w.children(n)
	href := attribute(n, "href")
	label := strings.TrimSpace(w.out.String()[start:])
	bare := strings.TrimPrefix(strings.TrimPrefix(href, "mailto:"), "tel:")
	switch {
	case href == "" || strings.HasPrefix(href, "#") || label == href || label == bare || "http://"+label == href:
	case label == "":
		w.word(href)
	default:
		w.space = true
		w.word("(" + bare + ")")
	}
}

func (w *textWriter) text(s string) {
	if w.pre {
		for i, line := range strings.Split(strings.TrimSuffix(s, "\n"), "\n") {
			if i > 0 {
				w.breaks++
			}
			if line != "" {
				w.word(line)
			}
		}
		return
	}
	for i, word := range strings.FieldsFunc(s, unicode.IsSpace) {
		if first, _ := utf8.DecodeRuneInString(s); i > 0 || unicode.IsSpace(first) {
			w.space = true
		}
		w.word(word)
	}
	if last, _ := utf8.DecodeLastRuneInString(s); unicode.IsSpace(last) {
		w.space = true
	}
}

// word pays what is owed and writes s.
func (w *textWriter) word(s string) {
	switch {
	case w.out.Len() == 0 || w.breaks > 0:
		if w.out.Len() > 0 {
			// An empty line belongs to the quotes that both its neighbours are in.
			empty := strings.TrimRight(strings.Join(w.prefixes[:min(w.depth, len(w.prefixes))], ""), " ")
			w.out.WriteString("\n" + strings.Repeat(empty+"\n", w.breaks-1))
		}
		w.out.WriteString(w.lineStart())
	case w.space:
		w.out.WriteByte(' ')
	}
	w.breaks, w.space, w.depth = 0, false, len(w.prefixes)
	w.out.WriteString(s)
}

func (w *textWriter) lineStart() string {
	start := strings.Join(w.prefixes, "")
	if w.marker == "" {
		return start
	}
	last := w.prefixes[len(w.prefixes)-1]
	start = strings.TrimSuffix(start, last) + w.marker
	w.marker = ""
	return start
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
