// Package event is a dated occasion of one contact or of a group: appointment, closing, conference …
// Plans may be dated by one (PLAN-6, PLAN-11).
package event

import (
	"context"
	"strings"
	"time"

	"tactus/internal/calendar"
	"tactus/internal/clock"
	"tactus/internal/fault"
	"tactus/internal/history"
	"tactus/internal/plan"
)

// Event is one occasion (CON-10). Exactly one of ContactID and GroupID is set.
type Event struct {
	ID        int64
	AccountID int64
	Title     string
	Kind      string // "closing", "appointment" …; in the form of plan.EventKind
	ContactID int64
	GroupID   int64
	At        time.Time
	Yearly    bool
	Deleted   bool
	CreatedAt time.Time
	UpdatedAt time.Time
}

// What happened to an event.
const (
	Created = "created"
	Moved   = "moved"
	Deleted = "deleted"
)

// Query selects events that are not deleted, by their moment.
type Query struct {
	ContactID int64
	GroupID   int64
	From, To  time.Time // zero = open; To is exclusive
	After     Place     // the last of the page before
	Limit     int       // 0 = 50, at most 500
}

// Place is where a page ends.
type Place struct {
	At time.Time
	ID int64
}

// Store keeps events. Methods run in the transaction of ctx.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	// LockAccount keeps those waiting who put somebody on a plan, until the transaction ends. It comes before all other locks.
	LockAccount(ctx context.Context, account int64) error
	CreateEvent(ctx context.Context, e Event) (int64, error)
	// Event returns one, locked inside a transaction, deleted ones too.
	Event(ctx context.Context, account, id int64) (Event, error)
	SaveEvent(ctx context.Context, e Event) error
	ListEvents(ctx context.Context, account int64, q Query) ([]Event, error)
	LockContacts(ctx context.Context, account int64, ids []int64) ([]int64, error)
	// HasGroup reports whether there is a group of that id.
	HasGroup(ctx context.Context, account, id int64) (bool, error)
	AppendHistory(ctx context.Context, rows []history.Row) error
}

// Triggers are told inside the same transaction: start rules, re-timing and the end of runs hang on it.
type Triggers interface {
	EventChanged(ctx context.Context, account int64, e Event, what, author string) error
}

// Service keeps events. Safe for concurrent use.
type Service struct {
	store    Store
	clock    clock.Clock
	triggers Triggers
}

// NewService makes the service.
func NewService(store Store, c clock.Clock, triggers Triggers) *Service {
	return &Service{store, c, triggers}
}

// Create saves a new event and starts what start rules say.
func (s *Service) Create(ctx context.Context, e Event, author string) (Event, error) {
	e.ID, e.Deleted = 0, false
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		bad, err := s.check(ctx, &e)
		if err != nil {
			return err
		}
		if err := fault.InvalidFields(bad); err != nil {
			return err
		}
		e.CreatedAt = s.clock.Now()
		e.UpdatedAt = e.CreatedAt
		if e.ID, err = s.store.CreateEvent(ctx, e); err != nil {
			return err
		}
		return s.tell(ctx, e, Created, author)
	})
	return e, err
}

// Update saves title, moment and yearly; contact, group and kind stay. A new moment re-times what is dated by the event.
func (s *Service) Update(ctx context.Context, e Event, author string) (Event, error) {
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		old, err := s.alone(ctx, e.AccountID, e.ID)
		if err != nil {
			return err
		}
		e.Kind, e.ContactID, e.GroupID, e.CreatedAt, e.Deleted = old.Kind, old.ContactID, old.GroupID, old.CreatedAt, false
		if err := fault.InvalidFields(checkFields(&e)); err != nil {
			return err
		}
		e.UpdatedAt = s.clock.Now()
		if err := s.store.SaveEvent(ctx, e); err != nil {
			return err
		}
		if e.At.Equal(old.At) && e.Yearly == old.Yearly {
			return nil
		}
		return s.tell(ctx, e, Moved, author)
	})
	return e, err
}

// Delete deletes an event, which ends the remaining steps of its plans (PLAN-11). The row stays, so that histories can name it.
func (s *Service) Delete(ctx context.Context, account, id int64, author string) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		e, err := s.alone(ctx, account, id)
		if err != nil {
			return err
		}
		e.Deleted, e.UpdatedAt = true, s.clock.Now()
		if err := s.store.SaveEvent(ctx, e); err != nil {
			return err
		}
		return s.tell(ctx, e, Deleted, author)
	})
}

// Get returns one event that is not deleted.
func (s *Service) Get(ctx context.Context, account, id int64) (Event, error) {
	return s.live(ctx, account, id)
}

// List returns events by their moment; a page that is full may have a next one, after its last event.
func (s *Service) List(ctx context.Context, account int64, q Query) ([]Event, error) {
	q.Limit = history.Limit(q.Limit, 50, 500)
	return s.store.ListEvents(ctx, account, q)
}

func (s *Service) live(ctx context.Context, account, id int64) (Event, error) {
	e, err := s.store.Event(ctx, account, id)
	if err == nil && e.Deleted {
		err = fault.New(fault.NotFound, "this event has been deleted")
	}
	return e, err
}

// alone returns an event that nobody is just being put on a plan by: who has read its old moment is seen, who reads it later finds the new one.
func (s *Service) alone(ctx context.Context, account, id int64) (Event, error) {
	if err := s.store.LockAccount(ctx, account); err != nil {
		return Event{}, err
	}
	return s.live(ctx, account, id)
}

// tell writes the timeline of the event's contact and tells the triggers.
func (s *Service) tell(ctx context.Context, e Event, what, author string) error {
	if e.ContactID != 0 {
		row := history.Row{
			AccountID: e.AccountID, ContactID: e.ContactID, Kind: history.Event, Outcome: what, DueAt: e.At,
			At: s.clock.Now(), Author: author, Detail: e.Title,
		}
		if err := s.store.AppendHistory(ctx, []history.Row{row}); err != nil {
			return err
		}
	}
	return s.triggers.EventChanged(ctx, e.AccountID, e, what, author)
}

func (s *Service) check(ctx context.Context, e *Event) ([]fault.Field, error) {
	bad := checkFields(e)
	switch {
	case (e.ContactID == 0) == (e.GroupID == 0):
		bad = append(bad, fault.Field{Name: "contact", Message: "choose a contact or a group"})
	case e.ContactID != 0:
		there, err := s.store.LockContacts(ctx, e.AccountID, []int64{e.ContactID})
		if err != nil {
			return nil, err
		}
		if len(there) == 0 {
			bad = append(bad, fault.Field{Name: "contact", Message: "there is no such contact"})
		}
	default:
		there, err := s.store.HasGroup(ctx, e.AccountID, e.GroupID)
		if err != nil {
			return nil, err
		}
		if !there {
			bad = append(bad, fault.Field{Name: "group", Message: "there is no such group"})
		}
	}
	return bad, nil
}

func checkFields(e *Event) []fault.Field {
	var bad []fault.Field
	if e.Title = strings.TrimSpace(e.Title); e.Title == "" || len(e.Title) > 500 {
		bad = append(bad, fault.Field{Name: "title", Message: "give a title of at most 500 characters"})
	}
	if e.Kind = plan.EventKind(e.Kind); e.Kind == "" || len(e.Kind) > 100 {
		bad = append(bad, fault.Field{Name: "kind", Message: "say what kind of event it is, such as appointment or closing"})
	}
	if !calendar.Kept(e.At) {
		bad = append(bad, fault.Field{Name: "at", Message: "give a date and time of the years 1900 to 9000"})
	}
	e.At = e.At.UTC().Truncate(time.Millisecond)
	return bad
}
