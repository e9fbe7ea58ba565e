package delivery

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tactus/internal/account"
	"tactus/internal/action"
	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/merge"
)

// text is where a message's words come from.
type text struct {
	action.Source
	hold bool
}

// source finds the words: of the step, of a template, or of the person who wrote the message.
func source(j *job, m *Message, p *enroll.Program) (text, Made) {
	var src action.Source
	template := m.Template
	switch {
	case m.Class == Plan:
		if p == nil || p.Step(m.Step) == nil {
			return text{}, Made{Skip: enroll.ReasonRemoved, Detail: "the step is gone"}
		}
		step, ok := p.Step(m.Step).Action.(action.Content)
		if !ok {
			return text{}, Made{Skip: enroll.ReasonTarget, Detail: "the step has no content"}
		}
		src = step.Content(m.Nth)
		if src.Template != "" {
			template = p.Refs.Templates[src.Template]
			if template == 0 {
				return text{}, Made{Skip: enroll.ReasonTarget, Detail: fmt.Sprintf("there is no template %q", src.Template)}
			}
		}
	case len(m.Content) > 0:
		if err := json.Unmarshal(m.Content, &src); err != nil {
			return text{}, Made{Fail: "bad_content", Detail: err.Error()}
		}
	}
	if template == 0 {
		return text{Source: src}, Made{}
	}
	t, ok := j.a.Templates[template]
	if !ok {
		return text{}, Made{Skip: enroll.ReasonTarget, Detail: "the template is gone"}
	}
	if src.Subject == "" {
		src.Subject = t.Subject
	}
	src.Text, src.HTML = t.Body, t.HTML
	return text{Source: src, hold: t.Hold}, Made{}
}

// notice tells the assigned user, or else the owner, that a step has fired (PLAN-7).
func notice(j *job, c *contact.Contact, m *Message, p *enroll.Program) (Made, error) {
	var to struct {
		User int64 `json:"user"`
	}
	if len(m.Content) > 0 {
		if err := json.Unmarshal(m.Content, &to); err != nil {
			return Made{Fail: "bad_content", Detail: err.Error()}, nil //nolint:nilerr // a fault of the row ends it
		}
	}
	user := j.a.Users[j.a.Responsible(c.Assigned)]
	if u := j.a.Users[to.User]; u.Active {
		user = u
	}
	step, name := m.Step, ""
	if p != nil {
		name = p.Document.Name
		if s := p.Step(m.Step); s != nil {
			step = s.Name
		}
	}
	who := strings.TrimSpace(c.FirstName + " " + c.LastName)
	if who == "" {
		who = "contact " + strconv.FormatInt(c.ID, 10)
	}
	d := channel.Draft{
		MessageID: m.ID, AccountID: m.Account, Date: m.CreatedAt, Random: random(m),
		To: channel.Mailbox{Name: user.Name(), Address: user.Email},
		Content: channel.Content{
			Subject: account.OneLine(fmt.Sprintf("%s: %s", who, step)), // a step's name may have been written in lines
			Text:    merge.EscapeMarkdown(fmt.Sprintf("The step “%s” of the plan “%s” has just fired for %s.", step, name, who)),
		},
	}
	d.From, _ = from(j.a, j.a.Owner)
	if user.Email == "" {
		return Made{Skip: "no_email", Detail: "the user has no email address"}, nil
	}
	return Made{Draft: d, Sender: d.From.Address}, nil
}
