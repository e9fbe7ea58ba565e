package delivery

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"tactus/internal/action"
	"tactus/internal/channel"
	"tactus/internal/clock"
	"tactus/internal/enroll"
	"tactus/internal/fault"
)

// Letter is what a person writes to one contact by hand (CON-8).
type Letter struct {
	Contact  int64
	Subject  string
	Text     string // Markdown with merge fields
	Template int64  // instead of a text; a subject overrides its own
	Sender   int64  // the user who writes; 0 = by the account's setting
	At       time.Time
}

// DeskStore is what writing by hand needs of the database.
type DeskStore interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	// LockContacts locks contacts and returns those that exist.
	LockContacts(ctx context.Context, account int64, ids []int64) ([]int64, error)
	QueueMessage(ctx context.Context, n Outgoing) (int64, error)
	Signal(ctx context.Context, topic string)
}

// Desk queues what people write by hand. The gates decide at the hand-over, as for plans: whoever has refused is not
// reached by hand either; no consent is needed (CMP-8).
type Desk struct {
	store DeskStore
	runs  *enroll.Service
	clock clock.Clock
	check func(field, text string) []fault.Field // of merge fields
}

// NewDesk makes the service.
func NewDesk(store DeskStore, runs *enroll.Service, c clock.Clock, check func(field, text string) []fault.Field) *Desk {
	return &Desk{store, runs, c, check}
}

// farAhead is how far ahead a message may be scheduled.
const farAhead = 366 * 24 * time.Hour

// Write queues an email and returns the message's id.
func (s *Desk) Write(ctx context.Context, account int64, l Letter) (int64, error) {
	a, err := s.runs.Account(ctx, account)
	if err != nil {
		return 0, err
	}
	now := s.clock.Now()
	if l.At.Before(now) {
		l.At = time.Time{}
	}
	bad := s.problems(a, &l, now)
	content, err := json.Marshal(action.Source{Subject: l.Subject, Text: l.Text})
	if err != nil {
		return 0, fault.Wrap(fault.Internal, err, "the message cannot be kept")
	}
	var id int64
	err = s.store.InTx(ctx, func(ctx context.Context) error {
		there, err := s.store.LockContacts(ctx, account, []int64{l.Contact})
		if err != nil {
			return err
		}
		if len(there) == 0 {
			return fault.New(fault.NotFound, "there is no such contact")
		}
		if err := fault.InvalidFields(bad); err != nil {
			return err
		}
		id, err = s.store.QueueMessage(ctx, Outgoing{
			Account: account, Contact: l.Contact, Class: Manual, Channel: channel.Email, Template: l.Template, Content: content,
			Sender: l.Sender, At: l.At, Now: now,
		})
		s.store.Signal(ctx, enroll.TopicDelivery)
		return err
	})
	return id, err
}

// problems returns every field at fault.
func (s *Desk) problems(a *enroll.Account, l *Letter, now time.Time) []fault.Field {
	var bad []fault.Field
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	l.Subject = strings.TrimSpace(l.Subject)
	t, known := a.Templates[l.Template]
	switch {
	case l.Template != 0 && (!known || t.Channel != channel.Email):
		add("template", "choose an email template of the account")
	case l.Template != 0 && strings.TrimSpace(l.Text) != "":
		add("text", "give a text or a template, not both")
	case l.Template == 0 && strings.TrimSpace(l.Text) == "":
		add("text", "write the text")
	}
	switch {
	case l.Template == 0 && l.Subject == "":
		add("subject", "an email needs a subject")
	case strings.ContainsAny(l.Subject, "\r\n"):
		add("subject", "a subject is one line")
	}
	bad = append(bad, s.check("subject", l.Subject)...)
	bad = append(bad, s.check("text", l.Text)...)
	if l.At.After(now.Add(farAhead)) {
		add("at", "a message can wait a year at most")
	}
	return bad
}
