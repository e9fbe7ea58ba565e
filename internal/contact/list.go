package contact

import (
	"context"
	"time"

	"tactus/internal/history"
)

// Filter selects contacts; zero fields select all (CON-5).
type Filter struct {
	StageID      int64
	SourceID     int64
	LabelIDs     []int64 // has all of these tags and groups
	AssignedID   int64   // -1 = nobody
	PlanID       int64
	PlanStatus   string    // with PlanID; "" = any status
	Text         string    // the beginning of a name, an email address or a phone number; one of spaces alone selects nobody
	ActiveSince  time.Time // did something then or later
	ActiveBefore time.Time // has done nothing since, those who never did anything included
	IDs          []int64   // only these
	Except       []int64   // without these
}

// Nobody is Filter.AssignedID of contacts that nobody is assigned to.
const Nobody = -1

// Order of a list.
type Order string

// The orders.
const (
	Newest Order = "newest"
	ByName Order = "name"
)

// Query asks for one page of a list.
type Query struct {
	Filter
	Order Order  // "" = Newest
	After string // List.Next of the page before; "" = the first
	Limit int    // 0 = 50, at most 500
}

// List is one page.
type List struct {
	Contacts []Contact
	Next     string // "" = this is the last
}

// List returns a page of contacts, whole.
func (s *Service) List(ctx context.Context, account int64, q Query) (List, error) {
	q.Limit = history.Limit(q.Limit, 50, 500)
	if q.Order == "" {
		q.Order = Newest
	}
	if err := s.readText(ctx, account, &q.Filter); err != nil {
		return List{}, err
	}
	return s.store.ListContacts(ctx, account, q)
}

// Count returns how many contacts match.
func (s *Service) Count(ctx context.Context, account int64, f Filter) (int64, error) {
	if err := s.readText(ctx, account, &f); err != nil {
		return 0, err
	}
	return s.store.CountContacts(ctx, account, f)
}

// IDs returns up to limit ids above after that match, ascending: bulk commands walk a list by it.
func (s *Service) IDs(ctx context.Context, account int64, f Filter, after int64, limit int) ([]int64, error) {
	if err := s.readText(ctx, account, &f); err != nil {
		return nil, err
	}
	return s.store.ContactIDs(ctx, account, f, after, limit)
}

// readText turns the beginning of a phone number as people write it into the beginning of one in E.164.
func (s *Service) readText(ctx context.Context, account int64, f *Filter) error {
	if !looksLikePhone(f.Text) {
		return nil
	}
	a, err := s.store.Account(ctx, account)
	if err != nil {
		return err
	}
	f.Text = phonePrefix(f.Text, a.Country)
	return nil
}
