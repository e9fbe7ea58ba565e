package mail_test

import (
	"strings"
	"testing"

	"tactus/internal/channel"
	"tactus/internal/mail"
)

func TestMarkdownBecomesBothParts(t *testing.T) { // EMAIL-2, TPL-4
	t.Parallel()
	cases := map[string]struct{ source, text, html string }{
		"line breaks stay":     {"Hi Bob,\nsee you", "Hi Bob,\nsee you\n", "Hi Bob,<br>\nsee you"},
		"emphasis":             {"**bold** and *soft*", "bold and soft\n", "<strong>bold</strong> and <em>soft</em>"},
		"link":                 {"[the house](https://x.example/1?a=1&b=2)!", "the house (https://x.example/1?a=1&b=2)!\n", `<a href="https://x.example/1?a=1&amp;b=2">the house</a>!`},
		"bare link":            {"see https://x.example/1.", "see https://x.example/1.\n", `<a href="https://x.example/1">`},
		"address":              {"[ann@x.example](mailto:ann@x.example)", "ann@x.example\n", "mailto:ann@x.example"},
		"heading and rule":     {"# News\n\none\n\n***\n\ntwo", "News\n\none\n\n---\n\ntwo\n", "<h1>News</h1>"},
		"bullets":              {"To do:\n\n- one\n- two\n  - deep\n- three", "To do:\n\n- one\n- two\n  - deep\n- three\n", "<li>one</li>"},
		"numbers":              {"7. seven\n8. eight\n\n   more", "7. seven\n\n8. eight\n\n   more\n", `<ol start="7">`},
		"quote":                {"she wrote\n\n> first\n>\n> second\n\nand I", "she wrote\n\n> first\n>\n> second\n\nand I\n", "<blockquote>"},
		"code":                 {"```\na  b\n\n  c\n```", "a  b\n\n  c\n", "<pre><code>"},
		"no raw HTML":          {"under <500k> & <b>bold</b>", "under <500k> & <b>bold</b>\n", "under &lt;500k&gt; &amp; &lt;b&gt;"},
		"no HTML block":        {"<script>\nalert(1)\n</script>", "<script>\nalert(1)\n</script>\n", "&lt;script&gt;"},
		"no scripts in links":  {"[x](javascript:alert(1))", "x\n", `<a href="">x</a>`},
		"no images":            {"![a house](https://x.example/i.png) here", "a house here\n", "<p>a house here</p>"},
		"broken UTF-8":         {"a\xffb", "a\uFFFDb\n", "a\uFFFDb"},
		"white space at start": {"  Hi \t there  ", "Hi there\n", "Hi"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := compose(t, draft(func(d *channel.Draft) { d.Content.Text = tc.source }), mail.Options{})
			if m.Preview.Text != tc.text {
				t.Errorf("text %q, want %q", m.Preview.Text, tc.text)
			}
			if !strings.Contains(m.Preview.HTML, tc.html) {
				t.Errorf("%q is not in %s", tc.html, m.Preview.HTML)
			}
			if strings.Contains(m.Preview.HTML, "omitted") || strings.Contains(m.Preview.HTML, "javascript:") {
				t.Errorf("unexpected: %s", m.Preview.HTML)
			}
		})
	}
}

func TestGivenHTMLIsCleanedAndGetsAText(t *testing.T) { // EMAIL-2
	t.Parallel()
	design := `<!doctype html><html><head><title>T</title><style>p{color:red}</style></head><body onload="x()">
<table width="600" cellpadding="0" bgcolor="#fff"><tr><td style="color:#333;margin:0" align="center"><h1>Open  House</h1></td><td>Sunday</td></tr></table>
<p onclick="x()" style="position:fixed;color:red">Come &amp; see <a href="https://x.example/">us</a>, or <a href="javascript:x()">not</a></p>
<img src="https://x.example/h.png" alt="the house" width="600" onerror="x()"><img src="data:text/html,x"><iframe src="https://e.example"></iframe><script>x()</script>
<form action="https://e.example"><input name="password"></form></body></html>`
	m, _ := compose(t, draft(func(d *channel.Draft) { d.Content.HTML, d.Content.Text = design, "" }), mail.Options{})
	if want := "Open House\n\nSunday\n\nCome & see us (https://x.example/), or not\n\nthe house\n"; m.Preview.Text != want {
		t.Errorf("text %q, want %q", m.Preview.Text, want)
	}
	html := m.Preview.HTML
	for _, want := range []string{
		`<table width="600" cellpadding="0" bgcolor="#fff">`, `color: #333`, `margin: 0`, `align="center"`,
		`<img src="https://x.example/h.png" alt="the house" width="600">`, `<a href="https://x.example/">us</a>`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is lost: %s", want, html)
		}
	}
	for _, bad := range []string{"script", "onload", "onclick", "onerror", "iframe", "position", "data:", "form", "input", "p{color"} {
		if strings.Contains(html, bad) {
			t.Errorf("%s survived: %s", bad, html)
		}
	}
	m, _ = compose(t, draft(func(d *channel.Draft) { d.Content.HTML, d.Content.Text = design, "My **own** words" }), mail.Options{})
	if m.Preview.Text != "My own words\n" {
		t.Errorf("the author's text was not used: %q", m.Preview.Text)
	}
}

func TestListsRightInLists(t *testing.T) { // EMAIL-2: as word processors write them, and browsers read them
	t.Parallel()
	for html, want := range map[string]string{
		"<ul><li>one</li><ul><li>deep</li><ol><li>deeper</li></ol></ul><li>two</li></ul>": "- one\n  - deep\n    1. deeper\n- two\n",
		"<ol><li>one</li> <p>words</p><li>two</li></ol>":                                  "1. one\n\n  words\n\n2. two\n",
		"<ul>bare<li>one</li></ul>":                                                       "bare\n- one\n",
	} {
		m, _ := compose(t, draft(func(d *channel.Draft) { d.Content.HTML, d.Content.Text = html, "" }), mail.Options{})
		if m.Preview.Text != want {
			t.Errorf("%s: %q, want %q", html, m.Preview.Text, want)
		}
	}
}
