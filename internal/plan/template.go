package plan

import "slices"

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
	for _, key := range []string{"subject", "body"} {
		needed := key == "body" || t.Channel == "email"
		if needed && o.get(key) == nil {
			r.add(o.line, spot{path: key}, MissingKey, "the template has no %q", key)
		}
	}
	for _, key := range []string{"subject", "body", "html"} {
		if n := o.get(key); n != nil {
			r.mergeFields(n, n.Value, n.Line, spot{path: key})
		}
	}
	return t
}
