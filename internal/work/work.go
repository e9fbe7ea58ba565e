package work

import (
	"context"
	"encoding/json"
	"time"

	"tactus/internal/fault"
)

// Status is where an operation stands. Stored for ever.
type Status string

// The statuses.
const (
	Draft     Status = "draft" // its file is being uploaded, its settings chosen
	Waiting   Status = "waiting"
	Running   Status = "running"
	Done      Status = "done"
	Cancelled Status = "cancelled"
	Failed    Status = "failed"
)

// Ended reports whether nothing more will happen.
func (s Status) Ended() bool { return s == Done || s == Cancelled || s == Failed }

// Topic is the signal that wakes workers.
const Topic = "work"

// Operation is long work of one account, with its progress.
type Operation struct {
	ID      int64
	Account int64
	Kind    string
	Status  Status
	Params  json.RawMessage
	Place   string // how far it has come, in the handler's own words; "" = at the beginning
	Total   int64  // 0 = not known
	Done    int64
	Counts  map[string]int64 // what became of the items: "started", "skipped.finished" …
	Message string           // why it failed, or is tried again
	Author  string

	CreatedAt time.Time
	DueAt     time.Time // the next chunk; zero when there is none
	EndedAt   time.Time

	Tries    int   // failures in a row
	Token    int64 // of the claim
	Prepared any   // what Prepare returned; not stored
}

// Count adds to one of the counts.
func (op *Operation) Count(name string, n int64) {
	if n == 0 {
		return
	}
	if op.Counts == nil {
		op.Counts = map[string]int64{}
	}
	op.Counts[name] += n
}

// Decode reads the parameters.
func (op *Operation) Decode(params any) error {
	if err := json.Unmarshal(op.Params, params); err != nil {
		return fault.Wrap(fault.Invalid, err, "the operation's parameters cannot be read")
	}
	return nil
}

// Handler does the operations of one kind.
type Handler interface {
	// Kind is the name that operations carry. Stored for ever.
	Kind() string
	// Step does one chunk in the transaction of ctx and moves Place, Done and Counts on, which commit with it. It returns true when that
	// was the last. It may run again for the same chunk, after a rollback. fault.Unavailable is tried again, fault.Invalid is not.
	Step(ctx context.Context, op *Operation) (done bool, err error)
}

// Preparer is a handler that reads, computes or talks to the outside before its chunk. Prepare runs under the operation's lease, which is
// renewed meanwhile, outside of a transaction, so that it holds no locks; Step finds what it returned in op.Prepared.
type Preparer interface {
	Prepare(ctx context.Context, op Operation) (any, error)
}

// Query selects operations of an account.
type Query struct {
	Kind   string // "" = all
	Live   bool   // only those that have not ended, without drafts
	Before int64  // only smaller ids; 0 = from the newest on
	Limit  int    // 0 = 50, at most 500
}
