package delivery

import (
	"strings"
	"time"

	"tactus/internal/channel"
	"tactus/internal/fault"
	"tactus/internal/mail"
	"tactus/internal/merge"
)

// renderer resolves merge fields for one message.
type renderer struct {
	data  map[string]any
	now   time.Time
	zone  *time.Location
	body  merge.Sink // Markdown for email, plain elsewhere
	empty []string   // fields without a value and without a default
}

func (r *renderer) part(s string, sink merge.Sink) (string, error) {
	t, err := merge.Parse(s)
	if err != nil {
		return "", err
	}
	res, err := t.Render(r.data, merge.Options{Now: r.now, Zone: r.zone, Sink: sink, Markdown: mail.Fragment})
	r.empty = append(r.empty, res.Empty...)
	return res.Text, err
}

// signature renders the sender's signature, which is Markdown with merge fields, and makes it the field user.signature. One
// that cannot be rendered is used as it was written: a slip in it must not stop every mail.
func (r *renderer) signature(text string) string {
	sign, err := r.part(text, merge.Markdown)
	if err != nil {
		sign = text
	}
	r.empty = nil // what a signature lacks holds no message
	if user, ok := r.data["user"].(map[string]any); ok {
		user["signature"] = merge.SafeMarkdown(sign)
	}
	return sign
}

// render resolves the merge fields of every part, each escaped for where it goes.
func (r *renderer) render(src text) (channel.Content, []string, error) {
	out := channel.Content{Media: src.Media}
	var err error
	if out.Subject, err = r.part(src.Subject, merge.Header); err != nil {
		return out, nil, fault.New(fault.Invalid, "subject: %w", err)
	}
	if out.Text, err = r.part(src.Text, r.body); err != nil {
		return out, nil, fault.New(fault.Invalid, "body: %w", err)
	}
	out.Text = strings.TrimRight(out.Text, " \t\r\n")
	if out.HTML, err = r.part(src.HTML, merge.HTML); err != nil {
		return out, nil, fault.New(fault.Invalid, "html: %w", err)
	}
	return out, r.empty, nil
}
