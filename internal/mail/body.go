package mail

import (
	"bytes"
	"html"
	"strings"

	"tactus/internal/channel"
	"tactus/internal/fault"
)

// body is the content of one message; html is a fragment, not yet a document.
type body struct {
	text   string
	html   string
	design bool // the author's own layout: no margins of ours around it
}

// body makes both parts. The author writes Markdown, or HTML with or without a text of its own.
func (c *Composer) body(d channel.Draft) (body, error) {
	var rendered bytes.Buffer
	source := strings.ToValidUTF8(d.Content.Text, "\uFFFD")
	if err := c.markdown.Convert([]byte(source), &rendered); err != nil {
		return body{}, fault.Wrap(fault.Internal, err, "cannot render the Markdown")
	}
	b := body{html: rendered.String()}
	fromHTML := strings.TrimSpace(d.Content.HTML) != ""
	if fromHTML {
		b.design = true
		b.html = c.policy.Sanitize(strings.ToValidUTF8(d.Content.HTML, "\uFFFD"))
	}
	textSource := b.html
	if fromHTML && strings.TrimSpace(source) != "" {
		textSource = rendered.String()
	}
	text, err := textOf(textSource)
	if err != nil {
		return body{}, fault.Wrap(fault.Internal, err, "cannot derive the text part")
	}
	b.text = text
	if d.Unsubscribe != "" {
		b.addFooter(strings.TrimSpace(d.Postal), d.Unsubscribe)
	}
	return b, nil
}

// addFooter says who sends and how to stop it (EMAIL-4).
func (b *body) addFooter(postal, unsubscribe string) {
	lines := nonEmptyLines(postal)
	b.text = strings.TrimRight(b.text, "\n") + "\n\n---\n" + strings.Join(append(lines, "Unsubscribe: "+unsubscribe), "\n") + "\n"

	var f strings.Builder
	f.WriteString(`<div style="margin:32px 0 0;padding:12px 0 0;border-top:1px solid #d0d7de;font-size:13px;line-height:1.5;color:#57606a">`)
	for _, line := range lines {
		f.WriteString(html.EscapeString(line) + "<br>")
	}
	f.WriteString(`<a href="` + html.EscapeString(unsubscribe) + `" style="color:#57606a">Unsubscribe</a></div>`)
	b.html += f.String()
}

// document puts the fragment into the plainest page that mail programs show well, in light and in dark.
func document(subject string, b body) string {
	content := b.html
	bodyStyle := "margin:0;padding:0"
	if !b.design {
		bodyStyle = "margin:0;padding:16px;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5"
		content = `<div style="max-width:640px">` + content + `</div>`
	}
	return `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>` + html.EscapeString(subject) + `</title>
</head>
<body style="` + bodyStyle + `">
` + content + `
</body>
</html>
`
}

func nonEmptyLines(s string) []string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(strings.ToValidUTF8(line, "\uFFFD")); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
