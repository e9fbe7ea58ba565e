// Package history is the append-only record of everything that happened to a contact or on a
// plan: it answers "why did (or didn't) this happen?" (ENG-14, CON-6).
package history

import (
	"context"
	"time"

	"tactus/internal/fault"
)

// Row is one line of a timeline. Zero ids mean "none".
type Row struct {
	ID           int64
	AccountID    int64
	ContactID    int64
	EnrollmentID int64
	PlanID       int64
	VersionID    int64
	Run          int
	Round        int
	Step         string
	Kind         string
	Outcome      string // fired, skipped, failed; a status; what was done
	Reason       string // a reason code
	DueAt        time.Time
	At           time.Time
	Author       string // user:7, key:3, plan:12, import:5, system …
	Detail       string // text for people, or a JSON object
}

// Kinds of rows that are not an enrollment's own. Stored for ever.
const (
	Contact     = "contact"     // created, updated, inquiry, deleted
	Stage       = "stage"       // the stage was entered; Detail is its name
	Note        = "note"        // Detail is the text
	Consent     = "consent"     // grant, revoke; Reason is the channel
	Suppression = "suppression" // added, removed; Reason is the channel
	Task        = "task"        // created, completed, deleted; Detail is the title
	Event       = "event"       // created, moved, deleted; Detail is the title
)

// Query selects rows of one contact or of one plan.
type Query struct {
	ContactID int64
	PlanID    int64
	Kinds     []string // empty = all
	Before    int64    // only rows with a smaller id; 0 = from the newest on
	Limit     int      // 0 = 50, at most 500
}

// Page is a part of a timeline, newest first.
type Page struct {
	Rows []Row
	Next int64 // the Before of the next page; 0 = this is the last
}

// Store keeps the rows.
type Store interface {
	// AppendHistory adds rows as one set, in the transaction of ctx. Ids of rows are not read.
	AppendHistory(ctx context.Context, rows []Row) error
	HistoryPage(ctx context.Context, account int64, q Query) (Page, error)
}

// Service reads timelines.
type Service struct{ store Store }

// NewService makes the service.
func NewService(store Store) *Service { return &Service{store} }

// Page returns a page of a timeline; exactly one of ContactID and PlanID is set.
func (s *Service) Page(ctx context.Context, account int64, q Query) (Page, error) {
	if (q.ContactID == 0) == (q.PlanID == 0) {
		return Page{}, fault.New(fault.Invalid, "name a contact or a plan")
	}
	q.Limit = Limit(q.Limit, 50, 500)
	return s.store.HistoryPage(ctx, account, q)
}

// Limit bounds the size of a page: usual when n is not given, at most most.
func Limit(n, usual, most int) int {
	if n <= 0 {
		return usual
	}
	return min(n, most)
}
