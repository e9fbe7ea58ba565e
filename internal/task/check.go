package task

import (
	"context"
	"slices"
	"strings"

	"tactus/internal/calendar"
	"tactus/internal/fault"
)

// check returns every field at fault.
func (s *Service) check(ctx context.Context, t *Task) error {
	var bad []fault.Field
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	if t.Title = strings.TrimSpace(t.Title); t.Title == "" || len(t.Title) > 500 {
		add("title", "say what is to be done, in at most 500 characters")
	}
	if !slices.Contains([]Kind{Todo, ContactReminder, CallReminder}, t.Kind) {
		add("kind", "choose task, contact_reminder or call_reminder")
	}
	if !t.DueAt.IsZero() && !calendar.Kept(t.DueAt) {
		add("due", "give a moment of the years 1900 to 9000, or none for some day")
	}
	missing := func(field, message string, err error) error {
		if fault.Is(err, fault.NotFound) {
			add(field, message)
			return nil
		}
		return err
	}
	if t.ContactID != 0 {
		there, err := s.store.LockContacts(ctx, t.AccountID, []int64{t.ContactID})
		if err != nil {
			return err
		}
		if len(there) == 0 {
			add("contact", "there is no such contact")
		}
	}
	switch {
	case t.PartnerID != 0:
		_, err := s.store.Partner(ctx, t.AccountID, t.PartnerID)
		if err := missing("partner", "there is no such partner", err); err != nil {
			return err
		}
	case t.UserID != 0:
		m, err := s.store.Member(ctx, t.AccountID, t.UserID)
		if err == nil && !m.Active {
			add("user", m.Name()+" is not active; choose somebody else")
		}
		if err := missing("user", "there is no such user", err); err != nil {
			return err
		}
	default:
		add("user", "choose a user or a partner")
	}
	if t.CompletionID != 0 {
		there, err := s.store.HasTemplate(ctx, t.AccountID, t.CompletionID, "email")
		if err != nil {
			return err
		}
		switch {
		case !there:
			add("completion_email", "there is no such email template")
		case t.ContactID == 0:
			add("completion_email", "a completion email needs a contact")
		}
	}
	return fault.InvalidFields(bad)
}
