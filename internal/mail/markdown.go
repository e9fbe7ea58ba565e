package mail

import (
	"bytes"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// newMarkdown is Markdown for letters: a line break is a line break, a bare address is a
// link, and there is no raw HTML. Its parsers are left out, rather than its output
// dropped, so that "under <500k" reaches the reader as it was written.
func newMarkdown() goldmark.Markdown {
	p := parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
		),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)
	return goldmark.New(
		goldmark.WithParser(p),
		goldmark.WithExtensions(extension.Linkify),
		goldmark.WithRendererOptions(
			html.WithHardWraps(),
			renderer.WithNodeRenderers(util.Prioritized(noImages{}, 100)),
		),
	)
}

// noImages shows an image's description instead: a simple email has no images (TPL-4).
type noImages struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (noImages) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(ast.KindImage, func(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) {
		return ast.WalkContinue, nil
	})
}

// Fragment makes HTML of a piece of Markdown for a place in an email's own HTML, cleaned as that is: a signature. A single paragraph is
// its words alone, so that it may stand within a line.
func Fragment(source string) string {
	var out bytes.Buffer
	if err := fragments().markdown.Convert([]byte(strings.ToValidUTF8(source, "\uFFFD")), &out); err != nil {
		return ""
	}
	clean := strings.TrimSpace(fragments().policy.Sanitize(out.String()))
	if words, ok := strings.CutPrefix(clean, "<p>"); ok && strings.Count(clean, "<p>") == 1 {
		if words, ok = strings.CutSuffix(words, "</p>"); ok {
			return words
		}
	}
	return clean
}

var fragments = sync.OnceValue(func() *Composer { return &Composer{markdown: newMarkdown(), policy: newPolicy()} })
