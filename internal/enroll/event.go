package enroll

import (
	"time"

	"tactus/internal/fault"
	"tactus/internal/plan"
)

// Event is what happens to an enrollment; the closed set stands below.
type Event interface {
	apply(a *advance) error
}

// Tick is time passing: what is due is done. It is also what re-derives due moments when a zone or an override changed.
type Tick struct{}

func (Tick) apply(*advance) error { return nil }

// Hold keeps the place (PLAN-15). A person's pause of a paused enrollment is refused; other holders join it.
type Hold struct {
	Holder Holder
	Reason string // command, reply, plan, absence
	// Handing: the message in hand is being handed over at this moment; it is not withdrawn (ENG-6).
	Handing bool
}

func (ev Hold) apply(a *advance) error {
	switch {
	case a.After.Status == plan.Paused && ev.Holder != HeldByPerson:
	case a.After.Status != plan.Active:
		return refused("pause", a.After.Status)
	}
	a.keepHand(ev.Handing, func() { a.hold(ev.Holder, ev.Reason) })
	return nil
}

// Resume goes on where the enrollment was paused. A person's resume lifts all holders, another's its own.
type Resume struct{ Holder Holder }

func (ev Resume) apply(a *advance) error {
	if a.After.Status != plan.Paused {
		return refused("resume", a.After.Status)
	}
	if ev.Holder != HeldByPerson {
		var left []Holder
		for _, h := range a.After.Holders {
			if h != ev.Holder {
				left = append(left, h)
			}
		}
		if len(left) > 0 {
			a.After.Holders = left
			return nil
		}
	}
	a.release("resumed")
	a.later = true // another command of this moment comes before the steps due at it (PLAN-16)
	return nil
}

// Stop ends the run. By a person it is allowed from active and paused; the system may stop any live run.
type Stop struct {
	Reason  string // command, event_deleted, archived, merged
	Handing bool
}

func (ev Stop) apply(a *advance) error {
	if !a.After.Status.Live() {
		return refused("stop", a.After.Status)
	}
	a.keepHand(ev.Handing, func() { a.stop(ev.Reason) })
	return nil
}

// Remove ends what is live before the enrollment is taken off its plan: each open step has its end (PLAN-18). That it was removed is recorded
// with the row's going, so no change of status is.
type Remove struct {
	Handing bool
}

func (ev Remove) apply(a *advance) error {
	if !a.After.Status.Live() {
		return nil
	}
	a.keepHand(ev.Handing, func() {
		a.close()
		a.After.Status = plan.Stopped
	})
	return nil
}

// Restart begins a new run from the first step of the newest version, which the program must be (PLAN-15).
type Restart struct {
	Date   time.Time // the date of a dated plan
	Reason string    // restarted
	By     int64     // the user who did it
	Lane   int       // 1 when many restart at once (ENG-8)
}

func (ev Restart) apply(a *advance) error {
	if a.After.Status != plan.Stopped && a.After.Status != plan.Completed {
		return refused("restart", a.After.Status)
	}
	e := &a.After
	e.Run++
	e.VersionID = a.p.ID
	e.Problems, e.AssignedBy, e.Lane = 0, ev.By, ev.Lane
	e.StartedAt, e.EndedAt = a.now, time.Time{}
	e.State = NewState(a.now, ev.Date, e.State.Sent)
	a.later = true // the engine begins it, so that plans that start each other never run within one transaction
	a.status(plan.Active, ev.Reason, a.now)
	return nil
}

// Answer is what became of the message in hand.
type Answer struct {
	Step    string
	Run     int
	Round   int
	Outcome Outcome   // Fired, Failed, Skipped; "" with Until set: postponed
	Reason  string    // of a failure, a skip, or a postponement
	Until   time.Time // postponed by a gate, or the carrier's next try
	Try     bool      // the bytes were handed over before: they go again
	At      time.Time // when the carrier answered
	Detail  string
}

func (ev Answer) apply(a *advance) error {
	st := a.st()
	s := a.p.Step(ev.Step)
	switch {
	case ev.Run < a.After.Run:
		a.late(ev)
		return nil
	case ev.Run != a.After.Run || ev.Round != st.Round || st.done(ev.Step) != nil:
		return nil // known already
	}
	w := st.waiting(ev.Step)
	at := a.now
	if w != nil && w.Due != 0 {
		at = w.Due.Time()
	}
	moved := a.movedBy(ev.Step, at)
	if st.Hand == ev.Step {
		st.Hand = ""
	}
	gone := s == nil // the step went in an edit while its message was on its way
	over := a.After.Status == plan.Stopped || a.After.Status == plan.Completed
	if gone || over {
		outcome, reason := ev.Outcome, ev.Reason
		switch {
		case outcome == Fired:
			st.sent(ev.Step)
			reason = moved
		case outcome != "":
		case gone:
			outcome, reason = Skipped, ReasonRemoved
		default:
			outcome, reason = Skipped, ReasonRunEnded
		}
		a.end(ev.Step, outcome, reason, at, a.now, ev.Detail)
		return nil
	}
	switch ev.Outcome {
	case Fired:
		st.sent(ev.Step)
		a.end(ev.Step, Fired, moved, at, a.now, ev.Detail)
		a.notify(s, at, 0)
	case Failed:
		a.fail(s, ev.Reason, at, ev.Detail)
	case Skipped:
		a.end(ev.Step, Skipped, ev.Reason, at, a.now, ev.Detail)
	default:
		if a.After.Status != plan.Active {
			// A resume makes it due at once; a pause that never was leaves it its moment (PLAN-17).
			st.postpone(Postponed{Step: ev.Step, Until: MillisOf(ev.Until), Due: MillisOf(at), Reason: ev.Reason, Try: ev.Try})
			return nil
		}
		last, limited := limit(st, s, at)
		if !limited {
			last = time.Time{}
		}
		a.postpone(candidate{s: s, due: at, at: at}, ev.Until, ev.Reason, last)
		if w := st.waiting(ev.Step); w != nil {
			w.Try = w.Try || ev.Try
		}
	}
	return nil
}

// afterRun is the answer as it counts when the run is over: nothing tries again.
func (ev Answer) afterRun() Answer {
	if ev.Outcome == "" {
		ev.Outcome, ev.Reason = Skipped, ReasonRunEnded
	}
	return ev
}

// late records the end of a step whose run was stopped, and restarted, while its message was being handed over (PLAN-18). The new run
// goes on as it is, but for the texts that take turns over runs (PLAN-12).
func (a *advance) late(ev Answer) {
	a.later = true
	ev = ev.afterRun()
	if ev.Outcome == Fired {
		a.st().sent(ev.Step)
	}
	a.Entries = append(a.Entries, Entry{
		Kind: StepEntry, Step: ev.Step, Run: ev.Run, Round: ev.Round,
		Outcome: string(ev.Outcome), Reason: ev.Reason, At: a.now, Detail: ev.Detail,
	})
}

// Redate is a date that moved, or became known (PLAN-11). The zero date takes it away.
type Redate struct {
	Date    time.Time
	Handing bool
}

func (ev Redate) apply(a *advance) error {
	st := a.st()
	if !a.After.Status.Live() {
		return nil // what has ended stays as it is
	}
	if st.Held == 0 && a.p.Document.RepeatsYearly() {
		st.Held = st.Date
	}
	st.Date = MillisOf(ev.Date)
	if st.Next != 0 {
		st.Next = a.dayAfterDate() // the completed run stays completed; the next begins after the moved date
		return nil
	}
	st.Moved = MillisOf(a.now)
	a.later = true // another command of this moment comes before the steps due at it (PLAN-16)
	a.revoke()
	for _, s := range a.p.Steps {
		if !s.When.Dated() || st.done(s.ID) != nil {
			continue
		}
		at, ok := due(a.p, st, s, a.z)
		ahead := ok && at.After(a.now)
		switch {
		case st.Hand == s.ID && ahead:
			a.keepHand(ev.Handing, a.withdraw)
			st.unwait(s.ID)
		case ahead, !ok:
			st.unwait(s.ID)
		}
	}
	return nil
}

// revoke lets steps that were skipped as too late become due again if their moment is now ahead (PLAN-11).
func (a *advance) revoke() {
	st := a.st()
	kept := st.Done[:0:0]
	for _, d := range st.Done {
		s := a.p.Step(d.Step)
		if d.Reason == ReasonTooLate && d.Outcome == Skipped && s != nil && s.When.Dated() {
			if at, ok := due(a.p, st, s, a.z); ok && !at.Before(a.now) {
				a.Entries = append(a.Entries, Entry{
					Kind: RevokedEntry, Step: s.ID, Run: a.After.Run, Round: st.Round,
					Outcome: string(Skipped), Reason: ReasonTooLate, Due: at, At: a.now,
				})
				continue
			}
		}
		kept = append(kept, d)
	}
	st.Done = kept
}

// Edit takes a running enrollment to another version, from its next step on (PLAN-22): what is done stays done, what is
// new and already past is skipped, a deleted step's unsent message and open task go.
type Edit struct {
	Old     *Program
	Handing bool
	Date    *time.Time // the plan's own date was edited: the run moves to it (PLAN-11)
}

func (ev Edit) apply(a *advance) error {
	st := a.st()
	if !a.After.Status.Live() {
		return nil
	}
	a.After.VersionID = a.p.ID
	a.later = true // what is due now is the engine's: it sees what this contact's other plans do at this moment, one after the other
	if st.Next != 0 || st.Fresh {
		return nil
	}
	for _, s := range ev.Old.Steps {
		if a.p.Step(s.ID) != nil {
			continue
		}
		if _, open := st.Open[s.ID]; open {
			a.effect(s.ID, a.now, DropTask{})
			delete(st.Open, s.ID)
		}
		if st.Hand == s.ID {
			a.keepHand(ev.Handing, a.withdraw)
		}
		if st.done(s.ID) == nil && st.Hand != s.ID {
			at, _ := due(ev.Old, st, s, a.z)
			a.end(s.ID, Skipped, ReasonRemoved, at, a.now, "")
		}
	}
	if ev.Date != nil {
		if err := (Redate{Date: *ev.Date, Handing: ev.Handing}).apply(a); err != nil {
			return err
		}
	}
	if s := a.p.Step(st.Hand); s != nil { // re-timed, it waits for its new moment
		if at, ok := due(a.p, st, s, a.z); !ok || at.After(a.now) {
			a.keepHand(ev.Handing, a.withdraw)
		}
	}
	at := a.now
	if n := len(st.Pauses); n > 0 && st.Pauses[n-1].To == 0 {
		at = st.Pauses[n-1].From.Time()
	}
	for _, s := range a.p.Steps {
		if ev.Old.Step(s.ID) != nil || st.done(s.ID) != nil || s.Role.Repeats {
			continue
		}
		if moment, ok := due(a.p, st, s, a.z); ok && moment.Before(at) {
			a.end(s.ID, Skipped, ReasonTooLate, moment, a.now, "")
		}
	}
	return nil
}

// Rezone is a contact whose zone, or a policy that changed: waits are judged anew (PLAN-8). A carrier's retry keeps its moment.
type Rezone struct{}

func (Rezone) apply(a *advance) error {
	a.later = true // of several plans of the contact, one after the other
	for i := range a.st().Wait {
		if w := &a.st().Wait[i]; w.Reason != ReasonCarrierDown {
			w.Until = 0
		}
	}
	return nil
}

// Amend is one contact's own change of a step: its task was moved or deleted (PLAN-13).
type Amend struct {
	Step       string
	Run, Round int // of the task: one that an earlier run or round left behind says nothing about this one
	Override
}

func (ev Amend) apply(a *advance) error {
	st := a.st()
	if ev.Run != a.After.Run || ev.Round != st.Round || st.done(ev.Step) != nil {
		return nil
	}
	if st.Over == nil {
		st.Over = map[string]Override{}
	}
	st.Over[ev.Step] = ev.Override
	if ev.Removed {
		delete(st.Open, ev.Step)
	} else if st.Open != nil {
		st.Open[ev.Step] = ev.Due
	}
	return nil
}

// Forget removes the newest pause of a holder as if it had never been: a message that was taken for a reply was none
// (PLAN-17). The exact schedule is back.
type Forget struct{ Holder Holder }

func (ev Forget) apply(a *advance) error {
	if a.After.Status != plan.Paused || len(a.After.Holders) != 1 || a.After.Holders[0] != ev.Holder {
		return Resume(ev).apply(a)
	}
	st := a.st()
	st.Pauses = st.Pauses[:len(st.Pauses)-1]
	a.After.Holders = nil // what waits goes on waiting: for its opening, or for its carrier's next try
	a.status(plan.Active, "resumed", a.now)
	a.later = true
	return nil
}

// keepHand runs f; while a message is being handed over it stays in hand, since nothing can take it back.
func (a *advance) keepHand(handing bool, f func()) {
	a.handing = handing
	f()
	a.handing = false
}

func refused(command string, found plan.Status) error {
	return fault.New(fault.Conflict, "cannot %s: the enrollment is %s", command, found)
}
