package enroll

import (
	"slices"
	"time"

	"tactus/internal/plan"
)

// Millis is an instant in milliseconds since 1970 UTC, as the database keeps it; 0 means none.
type Millis int64

// MillisOf converts an instant; the zero time is 0.
func MillisOf(t time.Time) Millis {
	if t.IsZero() {
		return 0
	}
	return Millis(t.UnixMilli())
}

// Time converts back; 0 is the zero time.
func (m Millis) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// Enrollment is one contact on one plan, for one event if the plan is dated by events.
type Enrollment struct {
	ID         int64
	AccountID  int64
	ContactID  int64
	PlanID     int64
	VersionID  int64
	EventID    int64
	Status     plan.Status
	Holders    []Holder // of the pause, in the order they came
	Run        int
	DueAt      time.Time // zero: nothing is due by itself
	Wait       Waiting   // what an active enrollment without DueAt waits for
	Lane       int       // 0 while the run has just started (ENG-8)
	State      State
	AssignedBy int64
	Problems   int // failed steps of this run
	StartedAt  time.Time
	EndedAt    time.Time
}

// Waiting names what an active enrollment waits for when no moment is known (ENG-1).
type Waiting string

// The waits.
const (
	ForNothing Waiting = ""
	ForMessage Waiting = "message" // the carrier's answer
	ForDate    Waiting = "date"    // the plan's date is not known
)

// Holder is who keeps a pause; it runs again when none is left (PLAN-15).
type Holder string

// The holders.
const (
	HeldByPerson  Holder = "person"
	HeldByReply   Holder = "reply"
	HeldByPlan    Holder = "plan"
	HeldByFailure Holder = "failure"
	HeldByAbsence Holder = "absence"
	HeldByEngine  Holder = "engine" // ENG-8: a step that the engine itself cannot run
)

// State is the run's compact document. Contacts of equal state, version and facts are one case
// (DEC-5), so nothing unique to a contact stands here.
type State struct {
	Began  Millis              `json:"b"`           // when the run started
	Start  Millis              `json:"s"`           // when the round started: the start anchor
	Round  int                 `json:"r"`           // from 1
	Fresh  bool                `json:"f,omitempty"` // the start's own effects (stage, open tasks) are still to come
	Date   Millis              `json:"d,omitempty"` // the date that this run is for
	Moved  Millis              `json:"m,omitempty"` // when the date moved last: what it put into the past is too late (PLAN-10)
	Held   Millis              `json:"c,omitempty"` // a yearly run whose date moved: the occurrence that it stands for
	Next   Millis              `json:"n,omitempty"` // a yearly plan between two runs: when the next begins (DEC-7)
	Done   []Done              `json:"x,omitempty"` // of this round, in order
	Wait   []Postponed         `json:"w,omitempty"`
	Hand   string              `json:"h,omitempty"` // the step whose message the carrier has
	Pauses []Pause             `json:"p,omitempty"` // of this run, oldest first; To = 0 while it lasts
	Open   map[string]Millis   `json:"o,omitempty"` // open tasks of this round and the due moment they show
	Sent   map[string]int      `json:"t,omitempty"` // how often a step has sent, over rounds and runs (PLAN-12 dynamic)
	Over   map[string]Override `json:"v,omitempty"` // this contact's own changes, by step (DEC-6)
}

// Done is one step's end in this round.
type Done struct {
	Step    string  `json:"i"`
	At      Millis  `json:"a"`
	Outcome Outcome `json:"o"`
	Reason  string  `json:"r,omitempty"`
}

// Postponed is a step that a gate or a carrier's retry moved, or that went along with one.
type Postponed struct {
	Step   string `json:"i"`
	Until  Millis `json:"u"`
	Reason string `json:"r"`
	Due    Millis `json:"d"`           // the due moment it had then
	Try    bool   `json:"t,omitempty"` // its message was handed over before: the same bytes go again
}

// Pause is one interval in which nothing fired.
type Pause struct {
	From Millis `json:"f"`
	To   Millis `json:"t,omitempty"`
}

// Override is one contact's own change of a step (PLAN-13).
type Override struct {
	Due     Millis `json:"d,omitempty"`
	Removed bool   `json:"x,omitempty"`
}

// Outcome is the one end of a step (PLAN-18).
type Outcome string

// The outcomes.
const (
	Fired   Outcome = "fired"
	Skipped Outcome = "skipped"
	Failed  Outcome = "failed"
)

// Reasons that the core itself gives; actions and gates give more of the same kind.
const (
	ReasonTooLate     = "too_late"
	ReasonCondition   = "condition"
	ReasonActionOff   = "action_off"
	ReasonRemoved     = "removed"
	ReasonRunEnded    = "run_ended"
	ReasonCarrierDown = "carrier_down"
	ReasonUnreachable = "unreachable"
	ReasonTarget      = "target_missing"
	ReasonCircle      = "circle" // of an automatic start (PLAN-14)

	ReasonEventDeleted = "event_deleted" // of a stop (PLAN-11)
)

// NewState is the state of a run that starts now, for the date if it has one.
func NewState(now, date time.Time, sent map[string]int) State {
	at := MillisOf(now)
	return State{Began: at, Start: at, Round: 1, Fresh: true, Date: MillisOf(date), Sent: sent}
}

func (s *State) done(step string) *Done {
	for i := range s.Done {
		if s.Done[i].Step == step {
			return &s.Done[i]
		}
	}
	return nil
}

func (s *State) waiting(step string) *Postponed {
	for i := range s.Wait {
		if s.Wait[i].Step == step {
			return &s.Wait[i]
		}
	}
	return nil
}

func (s *State) postpone(p Postponed) {
	if old := s.waiting(p.Step); old != nil {
		p.Try = p.Try || old.Try
		*old = p
		return
	}
	s.Wait = append(s.Wait, p)
}

func (s *State) unwait(step string) {
	s.Wait = slices.DeleteFunc(s.Wait, func(p Postponed) bool { return p.Step == step })
}

// sent counts a message of the step that has left.
func (s *State) sent(step string) {
	if s.Sent == nil {
		s.Sent = map[string]int{}
	}
	s.Sent[step]++
}

// Clone copies the state so that nothing is shared.
func (s State) Clone() State {
	s.Done, s.Wait, s.Pauses = slices.Clone(s.Done), slices.Clone(s.Wait), slices.Clone(s.Pauses)
	s.Open, s.Sent, s.Over = cloneMap(s.Open), cloneMap(s.Sent), cloneMap(s.Over)
	return s
}

func cloneMap[V any](m map[string]V) map[string]V {
	if m == nil {
		return nil
	}
	c := make(map[string]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}
