package task

import (
	"context"
	"slices"
	"time"

	"tactus/internal/clock"
	"tactus/internal/fault"
	"tactus/internal/history"
)

// Service keeps tasks. Safe for concurrent use.
type Service struct {
	store    Store
	clock    clock.Clock
	triggers Triggers
}

// NewService makes the service.
func NewService(store Store, c clock.Clock, triggers Triggers) *Service {
	return &Service{store, c, triggers}
}

// Create saves a task made by hand. Without an assignee it is the assigned user's of its contact, else the account owner's.
func (s *Service) Create(ctx context.Context, t Task, author string) (Task, error) {
	t.ID, t.EnrollmentID, t.Run, t.Round, t.Step, t.Edited, t.Fired = 0, 0, 0, 0, "", false, false
	t.Status, t.CreatedAt, t.DoneAt, t.DoneBy = Open, s.clock.Now(), time.Time{}, ""
	if t.Kind == "" {
		t.Kind = Todo
	}
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.assign(ctx, &t); err != nil {
			return err
		}
		if err := s.check(ctx, &t); err != nil {
			return err
		}
		var err error
		if t.ID, err = s.store.CreateTask(ctx, t); err != nil {
			return err
		}
		return s.past(ctx, "created", author, t)
	})
	return t, err
}

// assign fills in who does it.
func (s *Service) assign(ctx context.Context, t *Task) error {
	if t.UserID != 0 || t.PartnerID != 0 {
		return nil
	}
	if t.ContactID != 0 {
		found, err := s.store.FullContacts(ctx, t.AccountID, []int64{t.ContactID})
		if err != nil {
			return err
		}
		if c := found[t.ContactID]; c != nil && c.Assigned != 0 {
			m, err := s.store.Member(ctx, t.AccountID, c.Assigned)
			if err == nil && m.Active {
				t.UserID = m.ID
				return nil
			}
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
	}
	a, err := s.store.Account(ctx, t.AccountID)
	t.UserID = a.OwnerID
	return err
}

// Patch changes a task; nil leaves a field as it is. Setting an assignee replaces the other kind of assignee.
type Patch struct {
	Title, Notes *string
	DueAt        *time.Time // zero = some day
	UserID       *int64
	PartnerID    *int64
	CompletionID *int64
}

// Update changes an open task and marks it as edited, so that re-timing leaves it alone (PLAN-13). Snoozing is a new
// DueAt, reassigning a new UserID or PartnerID.
func (s *Service) Update(ctx context.Context, account, id int64, p Patch, author string) (Task, error) {
	var t Task
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		before, err := s.locked(ctx, account, id)
		if err != nil {
			return err
		}
		if before.Status == Done {
			return fault.New(fault.Conflict, "this task is done; make a new one")
		}
		t = before
		p.apply(&t)
		if err := s.check(ctx, &t); err != nil {
			return err
		}
		if t == before {
			return nil
		}
		t.Edited = true
		saved, err := s.store.SaveTask(ctx, t)
		if err != nil {
			return err
		}
		if !saved {
			return fault.New(fault.Conflict, "this task has just been completed")
		}
		if t.EnrollmentID == 0 || t.Fired {
			return nil
		}
		return s.triggers.TaskChanged(ctx, before, t, author)
	})
	return t, err
}

func (p Patch) apply(t *Task) {
	if p.Title != nil {
		t.Title = *p.Title
	}
	if p.Notes != nil {
		t.Notes = *p.Notes
	}
	if p.DueAt != nil {
		t.DueAt = p.DueAt.UTC().Truncate(time.Millisecond)
		if p.DueAt.IsZero() {
			t.DueAt = time.Time{}
		}
	}
	if p.UserID != nil {
		t.UserID, t.PartnerID = *p.UserID, 0
	}
	if p.PartnerID != nil && *p.PartnerID != 0 {
		t.UserID, t.PartnerID = 0, *p.PartnerID
	}
	if p.CompletionID != nil {
		t.CompletionID = *p.CompletionID
	}
}

// locked returns a task with its contact locked (DEC-10: contact first).
func (s *Service) locked(ctx context.Context, account, id int64) (Task, error) {
	t, err := s.store.Task(ctx, account, id)
	if err != nil || t.ContactID == 0 {
		return t, err
	}
	if _, err := s.store.LockContacts(ctx, account, []int64{t.ContactID}); err != nil {
		return t, err
	}
	return s.store.Task(ctx, account, id)
}

// Complete completes open tasks and returns those that this call completed: when two people press at once, one of them
// gets the task, and the completion email goes out once (CON-9).
func (s *Service) Complete(ctx context.Context, account int64, ids []int64, author string) ([]Task, error) {
	var done []Task
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockContacts(ctx, account, ids); err != nil {
			return err
		}
		var err error
		if done, err = s.store.CompleteTasks(ctx, account, ids, s.clock.Now(), author); err != nil {
			return err
		}
		if err := s.past(ctx, "completed", author, done...); err != nil {
			return err
		}
		for _, t := range done {
			if err := s.triggers.TaskCompleted(ctx, t, author); err != nil {
				return err
			}
		}
		return nil
	})
	return done, err
}

// Delete deletes tasks, done ones too, and returns how many. A task of a plan that has not fallen due takes its step
// with it, for this contact only (PLAN-13).
func (s *Service) Delete(ctx context.Context, account int64, ids []int64, author string) (int, error) {
	var gone []Task
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockContacts(ctx, account, ids); err != nil {
			return err
		}
		var err error
		if gone, err = s.store.DeleteTasks(ctx, account, ids); err != nil {
			return err
		}
		if err := s.past(ctx, "deleted", author, gone...); err != nil {
			return err
		}
		for _, t := range gone {
			if t.EnrollmentID != 0 && !t.Fired && t.Status == Open {
				if err := s.triggers.TaskDeleted(ctx, t, author); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return len(gone), err
}

// lockContacts locks the contacts of tasks, in ascending order.
func (s *Service) lockContacts(ctx context.Context, account int64, ids []int64) error {
	var contacts []int64
	for _, id := range ids {
		t, err := s.store.Task(ctx, account, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		contacts = append(contacts, t.ContactID)
	}
	slices.Sort(contacts)
	_, err := s.store.LockContacts(ctx, account, slices.Compact(contacts))
	return err
}

// Get returns one task.
func (s *Service) Get(ctx context.Context, account, id int64) (Task, error) {
	return s.store.Task(ctx, account, id)
}

// List returns tasks by due moment; a page that is full may have a next one, after its last task.
func (s *Service) List(ctx context.Context, account int64, q Query) ([]Task, error) {
	q.Limit = history.Limit(q.Limit, 50, 500)
	return s.store.ListTasks(ctx, account, q)
}

// Count returns how many tasks match.
func (s *Service) Count(ctx context.Context, account int64, q Query) (int64, error) {
	return s.store.CountTasks(ctx, account, q)
}

// past writes the timelines of the tasks' contacts.
func (s *Service) past(ctx context.Context, what, author string, tasks ...Task) error {
	var rows []history.Row
	for _, t := range tasks {
		if t.ContactID != 0 {
			rows = append(rows, history.Row{
				AccountID: t.AccountID, ContactID: t.ContactID, EnrollmentID: t.EnrollmentID, Run: t.Run, Round: t.Round, Step: t.Step,
				Kind: history.Task, Outcome: what, DueAt: t.DueAt, At: s.clock.Now(), Author: author, Detail: t.Title,
			})
		}
	}
	return s.store.AppendHistory(ctx, rows)
}
