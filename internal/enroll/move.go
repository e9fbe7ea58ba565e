package enroll

import (
	"time"

	"tactus/internal/action"
	"tactus/internal/gate"
	"tactus/internal/plan"
)

// Env is what Advance asks about the world as it stands; the engine answers from what it loaded for the batch,
// the simulator and the model test from theirs. Answers depend only on the case.
type Env interface {
	// Zones returns the contact's zone and, for tasks and reminders, the assignee's.
	Zones() (contact *time.Location, assignee func(s *Step) *time.Location)
	// Off reports whether the account has switched the action or its channel off (PLAN-12).
	Off(s *Step) bool
	// Condition evaluates the step's "only if" with the outcomes of earlier steps by step id.
	Condition(s *Step, outcomes map[string]string) (bool, error)
	// Gate asks whether the step may go now; limit is the zero time when there is none.
	Gate(s *Step, ask Ask) gate.Decision
	// Do runs the action and remembers its effects, so that later steps of the same move see them.
	Do(s *Step, ask Ask) action.Outcome
	// Stage makes the effect of the plan's own stage, 0 when it sets none or it is gone.
	Stage() int64
	// Occurrence returns the first date of a yearly plan that is after t.
	Occurrence(after time.Time) (time.Time, bool)
	// Gone reports whether the event that dates the run has been deleted.
	Gone() bool
}

// Ask is what Env may need beside the step.
type Ask struct {
	Now, Due, Limit time.Time
	AtRunStart      bool // due at the moment the run started (CMP-4)
	Round           int
	AssignedBy      int64
}

// Move is what one event made of an enrollment: the row after it, what to write and what to cause.
type Move struct {
	After   Enrollment
	Entries []Entry
	Effects []Effect
	// EndedRun is the number of the run that is over with this move, 0 for none: its guards go (DEC-4).
	EndedRun int
	// Next: the run has completed, so the plan's next plan starts (PLAN-3).
	Next bool
}

// EntryKind says what a history entry is of.
type EntryKind string

// The kinds of entry the core writes. Stored for ever.
const (
	StepEntry      EntryKind = "step"      // a step's one end: fired, skipped, failed
	StatusEntry    EntryKind = "status"    // the enrollment's status changed
	PostponedEntry EntryKind = "postponed" // a gate or a carrier moved a step; Detail is the new moment
	RevokedEntry   EntryKind = "revoked"   // a step skipped as too late is due again (PLAN-11)
	RoundEntry     EntryKind = "run"       // a further run of a yearly plan began
	StartEntry     EntryKind = "start"     // an automatic start that was not done; of no enrollment
)

// Entry is one history row of the enrollment (ENG-14).
type Entry struct {
	Kind    EntryKind
	Step    string
	Run     int
	Round   int
	Outcome string // an Outcome, or a plan.Status
	Reason  string
	Due     time.Time
	At      time.Time
	Detail  string
}

// Effect is something the move causes, in order.
type Effect struct {
	Step  string
	Run   int // a move can end a yearly plan's run and begin the next one
	Round int
	Due   time.Time
	Do    any // one of action's effects, or one of those below
}

// WithdrawMessage takes back the step's message that is not yet handed over.
type WithdrawMessage struct{}

// OpenTask makes the step's task visible before it is due (PLAN-13); Task is what CreateTask would make now.
type OpenTask struct{ Task action.CreateTask }

// RetimeTask moves the step's open task to Due unless a person edited it.
type RetimeTask struct{}

// DropTask deletes the step's open task that is not yet due: the step went (PLAN-22) or will not fire.
type DropTask struct{}

// DropTasks deletes the run's open tasks that are not yet due (PLAN-13).
type DropTasks struct{}

// NotifyUser tells a user that the action has fired; 0 = the assigned user, or else the owner (PLAN-7).
type NotifyUser struct{ User int64 }

// Retried marks the message effect of a step whose bytes were handed over before.
type Retried struct{}

// status writes a change of status.
func (m *Move) status(to plan.Status, reason string, now time.Time) {
	m.After.Status = to
	m.Entries = append(m.Entries, Entry{
		Kind: StatusEntry, Run: m.After.Run, Round: m.After.State.Round, Outcome: string(to), Reason: reason, At: now,
	})
}

// end writes a step's one end.
func (m *Move) end(s string, outcome Outcome, reason string, due, now time.Time, detail string) {
	st := &m.After.State
	if w := st.waiting(s); w != nil && w.Try && st.Hand != s && outcome != Fired {
		m.effect(s, due, WithdrawMessage{}) // its carrier had said "later": nothing tries it again
	}
	st.unwait(s)
	if st.Hand == s {
		st.Hand = ""
	}
	st.Done = append(st.Done, Done{Step: s, At: MillisOf(now), Outcome: outcome, Reason: reason})
	if outcome == Failed {
		m.After.Problems++
	}
	m.Entries = append(m.Entries, Entry{
		Kind: StepEntry, Step: s, Run: m.After.Run, Round: st.Round,
		Outcome: string(outcome), Reason: reason, Due: due, At: now, Detail: detail,
	})
}

func (m *Move) effect(step string, due time.Time, do any) {
	m.Effects = append(m.Effects, Effect{Step: step, Run: m.After.Run, Round: m.After.State.Round, Due: due, Do: do})
}
