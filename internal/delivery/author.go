package delivery

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/gate"
	"tactus/internal/merge"
)

// Author makes content and sender of messages from plans, templates and people's own words. It implements Writer.
type Author struct {
	runs  *enroll.Service
	store Store
	// unsubscribe makes the signed one-click link of a message; "" when no public address is set (EMAIL-4).
	unsubscribe func(account, contact, message int64, channel string) string
}

// NewAuthor makes an author.
func NewAuthor(runs *enroll.Service, store Store, unsubscribe func(account, contact, message int64, channel string) string) *Author {
	return &Author{runs: runs, store: store, unsubscribe: unsubscribe}
}

// job is what one account's messages of a batch are made from.
type job struct {
	a        *enroll.Account
	contacts map[int64]*contact.Contact
	rows     map[int64]*enroll.Row
	shown    map[int64]enroll.Shown // of these
	programs map[int64]*enroll.Program
}

// Drafts implements Writer.
func (w *Author) Drafts(ctx context.Context, account int64, messages []Message) (map[int64]Made, error) {
	j, err := w.load(ctx, account, messages)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]Made, len(messages))
	for i := range messages {
		m := &messages[i]
		if m.Body != nil {
			out[m.ID] = Made{Sender: m.Body.EnvelopeFrom}
			continue
		}
		var made Made
		err := alive(func() (err error) {
			made, err = w.draft(ctx, j, m)
			return err
		})
		var died *diedError
		switch {
		case errors.As(err, &died): // of this message: the others of its batch are made (ENG-8)
			made = Made{Fail: "bad_content", Detail: err.Error()}
		case err != nil:
			return nil, err
		}
		if c := j.contacts[m.Contact]; c != nil {
			made.Shown = j.shows(m).With(c.UpdatedAt)
		}
		out[m.ID] = made
	}
	return out, nil
}

// Senders implements Writer.
func (w *Author) Senders(ctx context.Context, account int64, messages []Message) (map[int64]string, error) {
	a, err := w.runs.Account(ctx, account)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(messages))
	for _, m := range messages {
		if m.Body == nil {
			ids = append(ids, m.Contact)
		}
	}
	contacts, err := w.runs.FullContacts(ctx, account, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]string, len(messages))
	for i := range messages {
		m := &messages[i]
		var mailbox channel.Mailbox
		switch c := contacts[m.Contact]; {
		case m.Body != nil:
			mailbox.Address = m.Body.EnvelopeFrom
		case m.Class == Notice:
			mailbox, _ = from(a, a.Owner)
		case c != nil:
			mailbox, _ = from(a, senderOf(a, m, c))
		}
		out[m.ID] = mailbox.Address
	}
	return out, nil
}

func (w *Author) load(ctx context.Context, account int64, messages []Message) (*job, error) {
	var contacts, enrollments, versions []int64
	for _, m := range messages {
		if m.Body != nil {
			continue
		}
		contacts = append(contacts, m.Contact)
		if m.Enrollment != 0 {
			enrollments = append(enrollments, m.Enrollment)
			versions = append(versions, m.Version)
		}
	}
	j := &job{}
	var err error
	if j.a, err = w.runs.Account(ctx, account); err != nil {
		return nil, err
	}
	if len(contacts) == 0 {
		return j, nil
	}
	if j.contacts, err = w.runs.FullContacts(ctx, account, contacts); err != nil {
		return nil, err
	}
	if len(enrollments) == 0 {
		return j, nil
	}
	if j.rows, err = w.runs.Rows(ctx, account, enrollments); err != nil {
		return nil, err
	}
	if j.shown, err = w.runs.Shown(ctx, account, j.rows); err != nil {
		return nil, err
	}
	for _, r := range j.rows {
		versions = append(versions, r.VersionID) // an edit may have taken it further (PLAN-22)
	}
	j.programs, _, err = w.runs.Programs(ctx, account, versions)
	return j, err
}

// shows is what a message shows of its run. Only for those of plans is that looked at once more when they are to leave.
func (j *job) shows(m *Message) enroll.Shown {
	if m.Class != Plan {
		return enroll.Shown{}
	}
	return j.shown[m.Enrollment]
}

// draft makes one message; what cannot be made says why.
func (w *Author) draft(ctx context.Context, j *job, m *Message) (Made, error) {
	c := j.contacts[m.Contact]
	if c == nil {
		return Made{Skip: gate.RunEnded, Detail: "the contact is gone"}, nil
	}
	row := j.rows[m.Enrollment]
	var program *enroll.Program
	if row != nil {
		if program = j.programs[row.VersionID]; program == nil {
			program = j.programs[m.Version]
		}
	}
	if m.Class == Notice {
		return notice(j, c, m, program)
	}
	src, made := source(j, m, program)
	if made.Skip != "" || made.Fail != "" {
		return made, nil
	}
	sender := senderOf(j.a, m, c)
	data := j.data(c, row, program, sender)
	// Mail by hand has the link, too, where its words ask for it: a template that holds it may be sent by hand as well.
	link := reachable(w.unsubscribe(m.Account, m.Contact, m.ID, m.Channel), j.a.BaseURL)
	data["unsubscribe_url"] = link
	r := renderer{data: data, now: w.runs.Now(), zone: enroll.ZoneOf(c.ZoneNow, j.a.Zone), body: merge.Plain}
	sign := ""
	if m.Channel == channel.Email {
		r.body = merge.Markdown
		sign = r.signature(j.a.Users[sender].Signature)
	}
	content, empty, err := r.render(src)
	if err != nil {
		return Made{Fail: "bad_content", Detail: err.Error()}, nil //nolint:nilerr // a fault of the content ends the step
	}
	if src.hold && len(empty) > 0 {
		return Made{Hold: "empty: " + strings.Join(empty, ", ")}, nil
	}
	if sign != "" && content.HTML == "" && !strings.Contains(src.Text, "user.signature") {
		content.Text += "\n\n" + sign
	}
	d := channel.Draft{
		MessageID: m.ID, AccountID: m.Account, Content: content, Date: w.runs.Now(),
		Random: random(m), To: to(w.runs.AddressKind(m.Channel), c), Postal: j.a.Postal,
	}
	d.From, d.ReplyTo = from(j.a, sender)
	if m.Class != Manual {
		d.Unsubscribe = link
	} else {
		d.Postal = ""
	}
	if m.Thread && m.Enrollment != 0 {
		if err := w.thread(ctx, m, &d); err != nil {
			return Made{}, err
		}
	}
	if d.To.Address == "" {
		return Made{Fail: gate.CheckAddress(m.Channel, "")}, nil
	}
	return Made{Draft: d, Sender: d.From.Address}, nil
}

// reachable puts the account's own address in front of a link of this server: its last two parts, u/TOKEN, stay.
func reachable(link, base string) string {
	if link == "" || base == "" {
		return link
	}
	parts := strings.Split(link, "/")
	return strings.TrimRight(base, "/") + "/" + strings.Join(parts[max(0, len(parts)-2):], "/")
}

// thread makes a follow-up a reply in the run's thread (EMAIL-3).
func (w *Author) thread(ctx context.Context, m *Message, d *channel.Draft) error {
	refs, subject, err := w.store.Refs(ctx, m.Account, m.Enrollment, m.Run)
	if err != nil || len(refs) == 0 {
		return err
	}
	d.References, d.InReplyTo = refs, refs[len(refs)-1]
	if d.Content.Subject == "" {
		d.Content.Subject = subject
	}
	if !strings.HasPrefix(strings.ToLower(d.Content.Subject), "re:") {
		d.Content.Subject = "Re: " + d.Content.Subject
	}
	return nil
}

// senderOf is the user in whose name a message goes: who wrote it, else by the account's setting (EMAIL-1).
func senderOf(a *enroll.Account, m *Message, c *contact.Contact) int64 {
	_, member := a.Users[m.Sender]
	switch {
	case member:
		return m.Sender
	case a.FromAssigned:
		return a.Responsible(c.Assigned)
	}
	return a.Owner
}

func (j *job) data(c *contact.Contact, row *enroll.Row, p *enroll.Program, sender int64) map[string]any {
	data := enroll.MergeData(j.a, c, sender)
	if p != nil {
		data["plan"] = map[string]any{"name": p.Document.Name, "kind": string(p.Document.Kind)}
	}
	if row != nil && p != nil {
		if ev := j.shown[row.ID].Event(p, j.a.Zone, enroll.ZoneOf(c.ZoneNow, j.a.Zone)); ev != nil {
			data["event"] = ev
		}
	}
	return data
}

// from is the verified sender for a user; a person whose domain is not verified is never spoofed (EMAIL-3).
func from(a *enroll.Account, user int64) (mailbox, reply channel.Mailbox) {
	u := a.Users[user]
	own := channel.Mailbox{Name: u.Name(), Address: u.Email}
	if a.Sender == "" && len(a.SenderDomains) == 0 {
		return own, channel.Mailbox{}
	}
	_, domain, _ := strings.Cut(u.Email, "@")
	for _, d := range a.SenderDomains {
		if strings.EqualFold(d, domain) {
			return own, channel.Mailbox{}
		}
	}
	return channel.Mailbox{Name: own.Name, Address: a.Sender}, own
}

// to is the contact's own mailbox of the kind of address.
func to(kind string, c *contact.Contact) channel.Mailbox {
	m := channel.Mailbox{Name: strings.TrimSpace(c.FirstName + " " + c.LastName)}
	switch kind {
	case contact.EmailAddress:
		if len(c.Emails) > 0 {
			m.Address = c.Emails[0].Address
		}
	case contact.PhoneAddress:
		if len(c.Phones) > 0 {
			m.Address = c.Phones[0].Number
		}
	}
	return m
}

// random is the part of the Message-ID that outsiders cannot guess from the number; the bytes are stored, so it need not be the same twice.
func random(m *Message) string {
	return strconv.FormatInt(m.CreatedAt.UnixMilli(), 36) + "." + strconv.FormatInt(m.Token, 36)
}
