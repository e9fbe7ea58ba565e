package enroll

import (
	"context"
	"time"

	"tactus/internal/contact"
	"tactus/internal/history"
	"tactus/internal/plan"
)

// Due is where there is something to do.
type Due struct {
	Fresh, Backlog []int64   // accounts, ascending: with runs that have just started, with other due work
	Next           time.Time // the earliest moment of work that is not yet due; zero: none
}

// None reports whether nothing is due.
func (d Due) None() bool { return len(d.Fresh)+len(d.Backlog) == 0 }

// Store is what the enrollment service needs of the database. Methods run in the transaction of ctx.
// Everything that changes runs inside InTx; locks are taken contact first, then enrollment, in ascending order (DEC-10).
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error

	// AfterCommit runs hook when the transaction of ctx has committed, at once outside of one.
	AfterCommit(ctx context.Context, hook func())

	// AccountRev returns the snapshot's revision; LoadAccount the snapshot itself.
	AccountRev(ctx context.Context, account int64) (int64, error)
	LoadAccount(ctx context.Context, account int64) (*Account, error)
	LoadVersions(ctx context.Context, account int64, ids []int64) ([]*plan.Version, error)

	// ShareAccount keeps those waiting that change the account's plans, not others that share it.
	ShareAccount(ctx context.Context, account int64) error
	// LockContacts locks contacts of the account, in ascending order; gone ones are left out of the answer.
	LockContacts(ctx context.Context, account int64, ids []int64) ([]int64, error)
	// ClaimDue locks up to limit due enrollments of an account, in due order within lanes, at most one a contact, whose contacts and
	// rows nobody else holds (ENG-3). What has just started goes first; the backlog has a part of the batch all the same, unless fresh
	// asks for what has just started alone (ENG-8).
	ClaimDue(ctx context.Context, account int64, now time.Time, fresh bool, limit int) ([]Row, error)
	// DueWork returns the accounts with due work.
	DueWork(ctx context.Context, now time.Time) (Due, error)
	// LockEnrollments locks the selected enrollments, ascending.
	LockEnrollments(ctx context.Context, account int64, sel Selection) ([]Row, error)

	// PeekEnrollments loads enrollments by id without locks.
	PeekEnrollments(ctx context.Context, account int64, ids []int64) ([]Row, error)

	// TagsOf returns which of the tags each contact has.
	TagsOf(ctx context.Context, account int64, contacts, tags []int64) (map[int64]contact.TagSet, error)
	// FullContacts loads contacts whole, with names of stage, source, tags and groups.
	FullContacts(ctx context.Context, account int64, ids []int64) (map[int64]*contact.Contact, error)
	// GateFacts loads what the gates need for a channel that writes to a kind of address, for plan messages newer than since.
	GateFacts(ctx context.Context, account int64, channel, kind string, contacts []int64, since time.Time) (map[int64]GateFacts, error)
	// PlansOf returns how each contact stands on the given plans.
	PlansOf(ctx context.Context, account int64, contacts, plans []int64) (map[int64]map[int64]Standing, error)
	Events(ctx context.Context, account int64, ids []int64) (map[int64]DatedEvent, error)
	// NextEvents returns, by contact, its next event of a kind (in the form of plan.EventKind) that is not before the moment: its own, or one of a group it is in.
	NextEvents(ctx context.Context, account int64, contacts []int64, kind string, from time.Time) (map[int64]int64, error)
	// Handing returns the enrollments whose message is being handed over at this moment.
	Handing(ctx context.Context, account int64, enrollments []int64) (map[int64]Handing, error)

	// Write commits a batch of moves as sets.
	Write(ctx context.Context, w *Writes) error
	// Fail records that the engine could not run an enrollment and when it tries again.
	Fail(ctx context.Context, account, id int64, tries int, again time.Time, state, text string) error
	// Enroll inserts enrollments that start now and their history, and returns whose; contacts that are on the plan already are left alone.
	Enroll(ctx context.Context, in Insert) ([]int64, error)
	// CountStarts adds one automatic start per contact and returns those over the limit (PLAN-14).
	CountStarts(ctx context.Context, account, planID int64, contacts []int64, day int64, limit int) (over []int64, err error)
	// AppendHistory adds rows that are no enrollment's own.
	AppendHistory(ctx context.Context, rows []history.Row) error
	SetPlanProblem(ctx context.Context, account, planID int64, text string) error
	// Remove deletes enrollment rows, with guards and what is not yet sent; history stays.
	Remove(ctx context.Context, account int64, ids []int64, now time.Time, author string) (int, error)
	// Signal wakes the engine or the senders after the commit, on every node (ENG-9).
	Signal(ctx context.Context, topic string)
}

// Topics of Store.Signal.
const (
	TopicEngine   = "engine"   // enrollments may be due
	TopicDelivery = "delivery" // messages may be ready
	TopicWork     = "work"     // operations may be ready
)

// Standing is how a contact stands on a plan; the zero value: it is not on it.
type Standing struct {
	Status  plan.Status
	EndedAt time.Time // of a run that is over
}

// Handing is a message that is being handed over at this moment (ENG-6).
type Handing struct {
	Message int64
	Run     int // of its enrollment
	Address string
	Since   time.Time
}

// GateFacts are one contact's facts for one channel.
type GateFacts struct {
	Zone, Country, State, Zip, Phone string
	Address                          string
	Kill                             bool
	Suppressed, OptedOut             bool
	DoNotContact                     bool
	Consent                          bool
	Changed                          time.Time // the contact, last
	Recent                           []Recent
}

// Recent is a plan's message that was handed over, or is being.
type Recent struct {
	At         time.Time
	Enrollment int64
	Channel    string
}

// Writes are the moves of one batch, ready to be applied as sets: rows of one group share everything but their ids.
type Writes struct {
	Account int64
	Now     time.Time
	Author  string
	Rows    []WriteRow
	Groups  []WriteGroup
}

// WriteRow is one enrollment of a group.
type WriteRow struct {
	ID, Contact, Plan int64
	Group             int // index into Groups
}

// WriteGroup is what a move makes of its rows.
type WriteGroup struct {
	Before plan.Status
	After  Enrollment // ids besides VersionID are not read
	Raw    string     // After.State as stored
	Move   Move
}

// Insert are enrollments that start now.
type Insert struct {
	Account    int64
	Plan       int64
	Version    int64
	Event      int64
	Contacts   []int64
	State      string // the document of the fresh state
	Now        time.Time
	Lane       int
	AssignedBy int64
	Author     string
}
