// Package task is the day's work of people: tasks and reminders, by hand or by plans (CON-9, PLAN-13).
package task

import (
	"context"
	"time"

	"tactus/internal/account"
	"tactus/internal/contact"
	"tactus/internal/history"
)

// Task is one thing to do.
type Task struct {
	ID           int64
	AccountID    int64
	ContactID    int64 // 0 = of no contact
	EnrollmentID int64 // 0 = made by hand
	Run, Round   int
	Step         string
	Kind         Kind
	Title        string
	Notes        string
	DueAt        time.Time // zero = some day
	UserID       int64     // who does it: a user …
	PartnerID    int64     // … or a partner
	CompletionID int64     // the template sent to the contact when it is completed; 0 = none
	Edited       bool      // by a person: re-timing leaves it alone
	Fired        bool      // its step has fired: it fell due
	Status       Status
	CreatedAt    time.Time
	DoneAt       time.Time
	DoneBy       string
}

// Kind is what a task is to the person.
type Kind string

// The kinds. Stored for ever.
const (
	Todo            Kind = "task"
	ContactReminder Kind = "contact_reminder"
	CallReminder    Kind = "call_reminder"
)

// Status is where a task stands.
type Status string

// The statuses. Stored for ever. Overdue is an open one whose moment has passed.
const (
	Open Status = "open"
	Done Status = "done"
)

// Overdue reports whether the task should have been done.
func (t Task) Overdue(now time.Time) bool {
	return t.Status == Open && !t.DueAt.IsZero() && t.DueAt.Before(now)
}

// Query selects tasks, by their due moment; those without one come last.
type Query struct {
	UserID    int64
	PartnerID int64
	ContactID int64
	Status    Status    // "" = both
	DueFrom   time.Time // zero = open
	DueTo     time.Time // exclusive; zero = open
	After     Place     // the last of the page before
	Limit     int       // 0 = 50, at most 500
}

// Place is where a page ends.
type Place struct {
	DueAt time.Time
	ID    int64
}

// Store keeps tasks. Methods run in the transaction of ctx.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	CreateTask(ctx context.Context, t Task) (int64, error)
	Task(ctx context.Context, account, id int64) (Task, error)
	// SaveTask writes what a person may change, of an open task; false when it is done or gone meanwhile.
	SaveTask(ctx context.Context, t Task) (bool, error)
	// CompleteTasks marks those that are open as done and returns them: each is returned to one caller only.
	CompleteTasks(ctx context.Context, account int64, ids []int64, at time.Time, by string) ([]Task, error)
	DeleteTasks(ctx context.Context, account int64, ids []int64) ([]Task, error)
	ListTasks(ctx context.Context, account int64, q Query) ([]Task, error)
	CountTasks(ctx context.Context, account int64, q Query) (int64, error)

	LockContacts(ctx context.Context, account int64, ids []int64) ([]int64, error)
	FullContacts(ctx context.Context, account int64, ids []int64) (map[int64]*contact.Contact, error)
	Account(ctx context.Context, id int64) (account.Account, error)
	Member(ctx context.Context, account, user int64) (account.Member, error)
	Partner(ctx context.Context, account, id int64) (account.Partner, error)
	HasTemplate(ctx context.Context, account, id int64, channel string) (bool, error)
	AppendHistory(ctx context.Context, rows []history.Row) error
}

// Triggers are told inside the same transaction.
type Triggers interface {
	// TaskCompleted is told once per task, whoever and however many press: the completion email hangs on it.
	TaskCompleted(ctx context.Context, t Task, author string) error
	// TaskDeleted is told of a task of a plan that a person deletes: its step is dropped for this contact (PLAN-13).
	TaskDeleted(ctx context.Context, t Task, author string) error
	// TaskChanged is told of a task of a plan that a person moves: its step is due then (PLAN-13).
	TaskChanged(ctx context.Context, before, after Task, author string) error
}
