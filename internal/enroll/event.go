package enroll

import (
	"time"

	"tactus/internal/fault"
	"tactus/internal/plan"
)

// Event is what happens to an enrollment; the closed set stands below and in the files event_….
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

// retimedHand takes the message in hand back when its step has another moment now, which lies ahead or is not known: it waits for that.
func (a *advance) retimedHand(handing bool) {
	s := a.p.Step(a.st().Hand)
	if s == nil {
		return
	}
	if at, ok := due(a.p, a.st(), s, a.z); !ok || at.After(a.now) {
		a.keepHand(handing, a.withdraw)
	}
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
