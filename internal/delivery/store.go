package delivery

import (
	"context"
	"encoding/json"
	"time"

	"tactus/internal/channel"
	"tactus/internal/enroll"
)

// Class says who wants a message. Stored for ever.
type Class string

// The classes.
const (
	Plan       Class = "plan"
	Completion Class = "completion" // the email of a completed task
	Manual     Class = "manual"
	Bulk       Class = "bulk"
	Notice     Class = "notice" // to a user: a step has fired (PLAN-7)
)

// Status is where a message stands. Stored for ever.
type Status string

// The statuses.
const (
	Ready     Status = "ready"
	Handing   Status = "handing"
	Accepted  Status = "accepted"
	Refused   Status = "refused" // by the carrier, finally
	Failed    Status = "failed"  // 24 h of retries, or it could not be made
	Waiting   Status = "waiting" // for the carrier's next try; Advance offers it again
	Withdrawn Status = "withdrawn"
	Uncertain Status = "uncertain" // it may have left; a person decides (ENG-5)
	Held      Status = "held"      // an empty field: a person decides (TPL-2)
	Skipped   Status = "skipped"   // a gate closed for good
)

// Message is a row of the outbox, claimed by token.
type Message struct {
	ID, Account, Contact      int64
	Enrollment, Plan, Version int64
	Run, Round                int
	Step                      string
	Nth                       int
	Class                     Class
	Channel                   string
	Lane                      int
	DueAt                     time.Time
	Token                     int64
	Attempts                  int
	FirstTry                  time.Time
	SpentBefore               time.Duration // how long the circuit had been open in all at the first try, the stretch under way included
	Template                  int64
	Content                   json.RawMessage
	Sender                    int64
	Thread                    bool
	CreatedAt                 time.Time
	Turn                      int64             // in its sender's line; 0 = it never waited for a limit
	Body                      *channel.Composed // as first handed over; nil before that
}

// handed is what the message tells of its enrollment once that is gone.
func (m *Message) handed() *enroll.Handed {
	return &enroll.Handed{Contact: m.Contact, Plan: m.Plan, Version: m.Version}
}

// Outcome is what is recorded of a message that was claimed.
type Outcome struct {
	Message   int64
	Token     int64
	Status    Status
	Reason    string
	Answer    string // the carrier's own words
	CarrierID string
	TryAt     time.Time // for Ready and Waiting outside of plans
	FirstTry  time.Time
	Turn      int64
}

// Mark is a message that goes now.
type Mark struct {
	Message, Token int64
	Address        string
	Subject        string
	Carrier        string
	Body           *channel.Composed // set when it was made just now
}

// Circuit is the state of one account's carrier on a channel (ENG-7).
type Circuit struct {
	Failures int
	OpenedAt time.Time // zero: closed
	ProbeAt  time.Time
	Spent    time.Duration // open in all so far: the 24 h do not run meanwhile
	Text     string
}

// Lane names the messages of one account and channel; lanes do not wait for each other (ENG-8).
type Lane struct {
	Account int64
	Channel string
}

// Lost is the time between a backup and its restore: what left in it is unknown (DEC-18). The zero value is a database that was never restored.
type Lost struct {
	From, Until time.Time
	Held        bool // nothing leaves until a person has looked
}

// Store is what delivery needs of the database. Methods run in the transaction of ctx. Leases run on the database's own clock.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	// DueLanes returns lanes with messages to try by now, and the earliest later moment (zero: none).
	DueLanes(ctx context.Context, now time.Time) ([]Lane, time.Time, error)
	// ClaimMessages leases up to limit ready messages of a lane in order (lane, try_at, id); bodies come along.
	ClaimMessages(ctx context.Context, l Lane, now time.Time, limit int, lease time.Duration) ([]Message, error)
	// Release ends the lease of claimed messages that were not handed over, where the token still holds. With tried they may have been marked by
	// a commit whose answer was lost, and are ready again; else only those that are ready still are given back: a claim that nobody heard of may
	// never have been, and its token be another node's.
	Release(ctx context.Context, account int64, claimed []Message, tried bool) error
	// LockMessages returns which of the claimed messages are still ready with their token, locked.
	LockMessages(ctx context.Context, account int64, claimed []Message) (map[int64]bool, error)
	// MarkHanding marks messages as being handed over, stores new bodies, and renews their lease.
	MarkHanding(ctx context.Context, account int64, marks []Mark, now time.Time, lease time.Duration) error
	// Record writes outcomes where the token still holds and returns the ids that were written.
	Record(ctx context.Context, account int64, outcomes []Outcome, now time.Time) (map[int64]bool, error)
	// ExpiredHanding claims messages whose lease ran out while they were being handed over; all does not look at leases
	// (a single process after its start). Those of except are left alone.
	ExpiredHanding(ctx context.Context, all bool, except []int64, limit int) ([]Message, error)
	// Circuit returns the lane's circuit, SetCircuit writes it.
	Circuit(ctx context.Context, l Lane) (Circuit, error)
	SetCircuit(ctx context.Context, l Lane, c Circuit) error
	// Barred returns which of the addresses must not be written to on the channel, and why: a reason of the gates.
	Barred(ctx context.Context, account int64, channel string, addresses []string) (map[string]string, error)
	// Suppress records a dead address.
	Suppress(ctx context.Context, account int64, channel, address, reason, detail string, now time.Time) error
	// Refs returns the references of the enrollment's earlier accepted messages of this run, oldest first, and the first subject.
	Refs(ctx context.Context, account, enrollment int64, run int) (refs []string, subject string, err error)
	// Spend takes n places of a sender's limits (size of the window -> places) and returns how many it got and when the next are free.
	Spend(ctx context.Context, account int64, sender string, limits map[time.Duration]int, n int, now time.Time) (got int, opens time.Time, err error)
	// Lost returns the time that the database's last restore lost.
	Lost(ctx context.Context) (Lost, error)
	// Queue tells messages of a line how many are ahead of them, the first of which may go when the line opens; those that have no turn
	// (0) get one behind all others.
	Queue(ctx context.Context, l Line, turns []int64, opens, now time.Time) ([]Turn, error)
	// Served says that the line has come to a turn.
	Served(ctx context.Context, l Line, turn int64, now time.Time) error
	Signal(ctx context.Context, topic string)
}

// Outgoing is a message that comes from no plan's step: a completion email, one that a person wrote.
type Outgoing struct {
	Account, Contact int64
	Class            Class
	Channel          string
	Template         int64
	Content          json.RawMessage // an action.Source, when there is no template
	Sender           int64           // the user in whose name it goes; 0 = by role
	At               time.Time       // not before; zero = now
	Now              time.Time
}
