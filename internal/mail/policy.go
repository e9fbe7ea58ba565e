package mail

import (
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// newPolicy is what an email's own HTML may contain: layout by tables and inline styles,
// links and images; nothing that runs, loads or positions itself over the mail program.
// <style> goes too: its content cannot be made safe here.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("a", "abbr", "b", "blockquote", "br", "center", "code", "div", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6",
		"hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "u", "ul",
		"table", "caption", "tbody", "thead", "tfoot", "tr", "td", "th", "col", "colgroup")
	p.AllowNoAttrs().OnElements("a", "span", "font", "img")

	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid")
	p.RequireParseableURLs(true)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src").OnElements("img")
	p.AllowAttrs("alt", "title").Globally()

	p.AllowAttrs("width", "height").Matching(regexp.MustCompile(`^[0-9]{1,4}(%|px)?$`)).OnElements("img", "table", "td", "th", "col", "hr")
	p.AllowAttrs("cellpadding", "cellspacing", "border", "colspan", "rowspan", "start").Matching(regexp.MustCompile(`^[0-9]{1,4}$`)).Globally()
	p.AllowAttrs("align").Matching(regexp.MustCompile(`(?i)^(left|right|center|justify)$`)).Globally()
	p.AllowAttrs("valign").Matching(regexp.MustCompile(`(?i)^(top|middle|bottom|baseline)$`)).Globally()
	p.AllowAttrs("bgcolor", "color").Matching(regexp.MustCompile(`(?i)^(#[0-9a-f]{3,8}|[a-z]{3,20})$`)).Globally()
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`(?i)^(ltr|rtl|auto)$`)).Globally()
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[A-Za-z-]{2,20}$`)).Globally()
	p.AllowAttrs("role").Matching(regexp.MustCompile(`^(presentation|none|article)$`)).Globally()

	p.AllowStyles("color", "background-color", "font-family", "font-size", "font-style", "font-weight", "line-height", "letter-spacing",
		"text-align", "text-decoration", "text-transform", "vertical-align", "white-space",
		"width", "max-width", "min-width", "height",
		"margin", "margin-top", "margin-right", "margin-bottom", "margin-left",
		"padding", "padding-top", "padding-right", "padding-bottom", "padding-left",
		"border", "border-top", "border-right", "border-bottom", "border-left", "border-radius", "border-collapse", "border-spacing",
		"display").Globally()
	return p
}
