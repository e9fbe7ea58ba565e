package plan

import (
	"slices"
	"strings"
)

// template reads a template file (DEC-9) and checks its merge fields.
func (r *reader) template(o object) *Template {
	t := &Template{Name: r.line(o, "template", spot{}), Channel: "email"}
	for _, e := range o.entries {
		switch {
		case slices.Contains(templateKeys(), e.key) || r.full():
		case slices.Contains(planKeys(), e.key) || slices.Contains(stepKeys(), e.key):
			r.add(e.line, spot{path: e.key}, ForeignKey, "%q belongs to a plan; a template has tactus, template, channel, subject, body and html", e.key)
		default:
			r.add(e.line, spot{path: e.key}, UnknownKey, "a template has no key %q%s", e.key, didYouMeanOr(e.key, templateKeys()))
		}
	}
	if t.Name == "" && !r.reported("template") {
		r.add(o.lineOf("template"), spot{path: "template"}, MissingKey, `the template's name is missing; write "template: NAME"`)
	}
	if o.get("channel") == nil {
		r.add(o.line, spot{path: "channel"}, MissingKey, `the template's channel is missing; write "channel: email"`)
	}
	if n := o.get("channel"); n != nil && !chosen(r, n, spot{path: "channel"}, []string{"email", "sms", "letter", "postcard", "task", "note"}, &t.Channel) {
		t.Channel = ""
	}
	t.Subject = r.line(o, "subject", spot{})
	for key, to := range map[string]*string{"body": &t.Body, "html": &t.HTML} {
		if n := o.get(key); n != nil {
			*to, _ = r.text(n, spot{path: key})
		}
	}
	r.templateContent(o, t)
	for _, key := range []string{"subject", "body", "html"} {
		if n := o.get(key); n != nil {
			r.mergeFields(n, n.Value, n.Line, spot{path: key})
		}
	}
	return t
}

// templateContent holds a template to what its channel needs: the rules that hold when it is saved by other ways, too.
func (r *reader) templateContent(o object, t *Template) {
	subject, html := o.get("subject"), o.get("html")
	switch email := t.Channel == "email"; {
	case email && subject == nil:
		r.add(o.line, spot{path: "subject"}, MissingKey, `the template has no "subject"`)
	case email && t.Subject == "" && !r.reported("subject"):
		r.add(subject.Line, spot{path: "subject"}, BadValue, "subject: is empty, and an email needs one")
	case strings.ContainsAny(t.Subject, "\r\n"):
		r.add(subject.Line, spot{path: "subject"}, BadValue, "subject: is one line; take the line breaks out")
	}
	if t.Channel != "email" && t.Channel != "" && strings.TrimSpace(t.HTML) != "" {
		r.add(html.Line, spot{path: "html"}, ForeignKey, `"html" belongs to templates of emails; write the text of this one in "body"`)
	}
	if r.reported("body") || r.reported("html") || strings.TrimSpace(t.Body+t.HTML) != "" {
		return
	}
	advice := ""
	if t.Channel == "email" {
		advice = `; write "body: …", or "html: …"`
	}
	switch n := o.get("body"); {
	case n != nil:
		r.add(n.Line, spot{path: "body"}, BadValue, "body: is empty%s", advice)
	case html != nil:
		r.add(html.Line, spot{path: "html"}, BadValue, "html: is empty, and there is no body%s", advice)
	default:
		r.add(o.line, spot{path: "body"}, MissingKey, `the template has no "body"%s`, advice)
	}
}
