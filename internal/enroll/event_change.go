package enroll

import (
	"time"

	"tactus/internal/plan"
)

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
	a.later = true // another command of this moment comes before the steps due at it (PLAN-16)
	if MillisOf(ev.Date) == st.Date {
		return nil // nothing has moved: what is overdue is not put into the past by it (PLAN-10)
	}
	if st.Held == 0 && a.p.Document.MayRepeatYearly() {
		st.Held = st.Date
	}
	st.Date = MillisOf(ev.Date)
	if st.Next != 0 {
		st.Next = a.dayAfterDate() // the completed run stays completed; the next begins after the moved date
		return nil
	}
	st.Moved = MillisOf(a.now)
	a.revoke()
	for _, s := range a.p.Steps {
		if !s.When.Dated() || st.done(s.ID) != nil {
			continue
		}
		at, ok := due(a.p, st, s, a.z)
		if ok && !at.After(a.now) {
			continue
		}
		if st.Hand == s.ID {
			a.keepHand(ev.Handing, a.withdraw)
		}
		st.unwait(s.ID) // for its new moment, or until there is one
	}
	a.retimedHand(ev.Handing) // also of a step after one that is due again
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

	if st.Fresh && ev.Date != nil { // it begins with the date as it is now
		st.Date = MillisOf(*ev.Date)
	}
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
	a.retimedHand(ev.Handing)
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
		a.later = true // what is due now is not this change's business
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
