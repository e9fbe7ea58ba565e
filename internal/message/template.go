// Package message is what is sent to contacts and what it is made from.
package message

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tactus/internal/clock"
	"tactus/internal/fault"
)

// Template is reusable content for a message, with merge fields (TPL-5). Its name is unique in the account.
type Template struct {
	ID        int64
	AccountID int64
	Name      string
	Channel   string // email, sms, letter, postcard, task, note
	Subject   string // of emails and letters
	Body      string // Markdown for emails, plain text elsewhere
	HTML      string // a design or the author's own; emails only
	OnEmpty   string // send, or hold for a person, when a field without default is empty (TPL-2)
	CreatedAt time.Time
	UpdatedAt time.Time
}

// What happens when a field without default is empty.
const (
	Send = "send"
	Hold = "hold"
)

// TemplateStore keeps templates. Methods run in the transaction of ctx.
type TemplateStore interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	// LockAccount keeps those waiting who save plans, until the transaction ends. It comes before all other locks.
	LockAccount(ctx context.Context, account int64) error
	CreateTemplate(ctx context.Context, t Template) (int64, error)
	Template(ctx context.Context, account, id int64) (Template, error)
	// Templates returns all of an account by name, with their texts; channel "" = every channel.
	Templates(ctx context.Context, account int64, channel string) ([]Template, error)
	SaveTemplate(ctx context.Context, t Template) error
	DeleteTemplate(ctx context.Context, account, id int64) error
	// PlansUsing names the plans whose live version names an object (PLAN-20).
	PlansUsing(ctx context.Context, account int64, kind string, id int64) ([]string, error)
}

// TextCheck returns what is wrong with the merge fields of a text, under the field's name (TPL-2).
type TextCheck func(field, text string) []fault.Field

// Templates keeps an account's templates. Safe for concurrent use.
type Templates struct {
	store TemplateStore
	clock clock.Clock
	check TextCheck
}

// NewTemplates makes the service.
func NewTemplates(store TemplateStore, c clock.Clock, check TextCheck) *Templates {
	return &Templates{store, c, check}
}

// Create saves a new template.
func (s *Templates) Create(ctx context.Context, t Template) (Template, error) {
	if err := fault.InvalidFields(s.normalise(&t)); err != nil {
		return t, err
	}
	t.CreatedAt = s.clock.Now()
	t.UpdatedAt = t.CreatedAt
	err := s.store.InTx(ctx, func(ctx context.Context) (err error) {
		t.ID, err = s.store.CreateTemplate(ctx, t)
		return err
	})
	return t, err
}

// Update saves a template. Messages that are not yet rendered take it (PLAN-26); the plans that use it are returned
// so that the face can say which (TPL-3). The channel of one that plans use stays.
func (s *Templates) Update(ctx context.Context, t Template) (plans []string, err error) {
	bad := s.normalise(&t)
	t.UpdatedAt = s.clock.Now()
	err = s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.store.LockAccount(ctx, t.AccountID); err != nil {
			return err
		}
		old, err := s.store.Template(ctx, t.AccountID, t.ID)
		if err != nil {
			return err
		}
		if plans, err = s.store.PlansUsing(ctx, t.AccountID, "template", t.ID); err != nil {
			return err
		}
		if len(plans) > 0 && t.Channel != old.Channel {
			bad = append(bad, fault.Field{Name: "channel", Message: "plans use this template; make another one for another channel"})
		}
		if err := fault.InvalidFields(bad); err != nil {
			return err
		}
		t.CreatedAt = old.CreatedAt
		return s.store.SaveTemplate(ctx, t)
	})
	return plans, err
}

// Get returns one template.
func (s *Templates) Get(ctx context.Context, account, id int64) (Template, error) {
	return s.store.Template(ctx, account, id)
}

// List returns the account's templates by name; channel "" = every channel.
func (s *Templates) List(ctx context.Context, account int64, channel string) ([]Template, error) {
	return s.store.Templates(ctx, account, channel)
}

// Delete deletes a template that no plan names (PLAN-20).
func (s *Templates) Delete(ctx context.Context, account, id int64) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.store.LockAccount(ctx, account); err != nil {
			return err
		}
		t, err := s.store.Template(ctx, account, id)
		if err != nil {
			return err
		}
		plans, err := s.store.PlansUsing(ctx, account, "template", id)
		if err != nil {
			return err
		}
		if len(plans) > 0 {
			return fault.New(fault.Conflict, "%s cannot be deleted: %d plans use it (“%s”); change them first", t.Name, len(plans), strings.Join(plans, "”, “"))
		}
		return s.store.DeleteTemplate(ctx, account, id)
	})
}

// normalise tidies a template and returns the fields at fault.
func (s *Templates) normalise(t *Template) []fault.Field {
	var bad []fault.Field
	add := func(name, format string, args ...any) {
		bad = append(bad, fault.Field{Name: name, Message: fmt.Sprintf(format, args...)})
	}
	t.Name, t.Subject = strings.Join(strings.Fields(t.Name), " "), strings.TrimSpace(t.Subject)
	switch n := len([]rune(t.Name)); {
	case n == 0:
		add("name", "give the template a name; plans find it by that")
	case n > 100:
		add("name", "a name has at most 100 characters")
	}
	if !slices.Contains([]string{"email", "sms", "letter", "postcard", "task", "note"}, t.Channel) {
		add("channel", "choose email, sms, letter, postcard, task or note")
	}
	if t.OnEmpty == "" {
		t.OnEmpty = Send
	}
	if t.OnEmpty != Send && t.OnEmpty != Hold {
		add("on_empty", "choose send, or hold for a person")
	}
	if t.Channel == "email" && t.Subject == "" {
		add("subject", "an email needs a subject")
	}
	if strings.ContainsAny(t.Subject, "\r\n") {
		add("subject", "a subject is one line")
	}
	if t.HTML != "" && t.Channel != "email" {
		add("html", "only emails have HTML")
	}
	if strings.TrimSpace(t.Body) == "" && strings.TrimSpace(t.HTML) == "" {
		add("body", "write the text")
	}
	for _, f := range []struct{ name, text string }{{"subject", t.Subject}, {"body", t.Body}, {"html", t.HTML}} {
		if f.text != "" {
			bad = append(bad, s.check(f.name, f.text)...)
		}
	}
	return bad
}
