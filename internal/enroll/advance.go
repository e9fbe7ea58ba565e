package enroll

import (
	"errors"
	"fmt"
	"time"

	"tactus/internal/action"
	"tactus/internal/plan"
)

// maxMoves bounds the steps of one Advance: rounds that take no time are refused when saved (PLAN-14),
// so only a damaged version comes near it.
const maxMoves = 10_000

// Advance returns the enrollment after ev at now, and what must happen because of it. It is pure: the
// same inputs always give the same result. A refused command is an *action refused* error (fault.Conflict) and changes nothing.
func Advance(e Enrollment, p *Program, ev Event, now time.Time, env Env) (Move, error) {
	e.State = e.State.Clone()
	a := &advance{Move: Move{After: e}, p: p, now: now, env: env}
	a.z.contact, a.z.assignee = env.Zones()
	if err := ev.apply(a); err != nil {
		return Move{}, err
	}
	if err := a.run(); err != nil {
		return Move{}, err
	}
	a.schedule()
	return a.Move, nil
}

// advance is one call of Advance at work.
type advance struct {
	Move
	p   *Program
	now time.Time
	env Env
	z   zones

	later   bool // nothing runs within this move: the engine begins it
	handing bool // the message in hand is being handed over: nothing can take it back
}

func (a *advance) st() *State { return &a.After.State }

// run does every step that is due, one after the other, until the next one lies ahead, a carrier has
// the word, or the run has ended.
func (a *advance) run() error {
	for range maxMoves {
		if a.After.Status != plan.Active || a.st().Hand != "" || a.later {
			return nil
		}
		if a.env.Gone() { // the operation that ends the event's runs has not come to this one: nothing of it fires any more (PLAN-11)
			a.stop(ReasonEventDeleted)
			return nil
		}
		if a.st().Next != 0 {
			if a.st().Next.Time().After(a.now) {
				return nil
			}
			if a.nextRun(); a.After.Status != plan.Active {
				return nil // the date does not come again
			}
		}
		a.begin()
		c, ok := a.next()
		if !ok {
			if !a.allDone() {
				return nil // the rest waits for the date
			}
			a.complete()
			continue
		}
		if c.at.After(a.now) {
			return nil
		}
		if err := a.do(c); err != nil {
			return err
		}
	}
	return fmt.Errorf("plan version %d does not come to rest: more than %d steps at one moment", a.p.ID, maxMoves)
}

// begin does what the start of a run does besides its steps: the plan's stage (PLAN-1, PLAN-26).
func (a *advance) begin() {
	if !a.st().Fresh {
		return
	}
	a.st().Fresh = false
	if stage := a.env.Stage(); stage != 0 {
		a.effect("", a.now, action.ChangeContact{Stage: stage})
	}
}

// candidate is a step that is not done, with the moment it is due and the moment it may go.
type candidate struct {
	s       *Step
	due, at time.Time
	late    bool // a moved date made the opening that it waits for too late (PLAN-10)
}

// next finds the step that goes first: the least moment it may go, then due moment, then editor position (PLAN-9).
func (a *advance) next() (candidate, bool) {
	var best candidate
	found, open := false, 0
	for _, s := range a.p.Steps {
		if a.st().done(s.ID) != nil {
			continue
		}
		open++
		c, ok := a.candidate(s)
		if !ok {
			continue
		}
		if s.Role.Repeats && open > 1 {
			continue // it stands last and waits for all others
		}
		if !found || c.before(best) {
			best, found = c, true
		}
	}
	return best, found
}

func (c candidate) before(o candidate) bool {
	if !c.at.Equal(o.at) {
		return c.at.Before(o.at)
	}
	return c.due.Before(o.due) // equal: the one that stands higher was seen first
}

func (a *advance) candidate(s *Step) (candidate, bool) {
	at, ok := due(a.p, a.st(), s, a.z)
	if !ok {
		return candidate{}, false
	}
	if s.Role.Repeats {
		for _, d := range a.st().Done {
			if t := d.At.Time(); t.After(at) && a.p.Step(d.Step) != nil {
				at = t
			}
		}
	}
	c := candidate{s: s, due: at, at: at}
	if w := a.st().waiting(s.ID); w != nil && w.Until.Time().After(at) {
		c.at = w.Until.Time()
		if last, limited := limit(a.st(), s, at); limited && c.at.After(last) {
			c.at, c.late = at, true
		}
	}
	return c, true
}

func (a *advance) allDone() bool {
	for _, s := range a.p.Steps {
		if a.st().done(s.ID) == nil {
			return false
		}
	}
	return true
}

// do brings one due step to its end, postpones it, or hands its message over.
func (a *advance) do(c candidate) error {
	s, st := c.s, a.st()
	last, limited := limit(st, s, c.due)
	switch {
	case st.Over[s.ID].Removed:
		a.end(s.ID, Skipped, ReasonRemoved, c.due, a.now, "")
		return nil
	case a.env.Off(s):
		a.skip(c, ReasonActionOff)
		return nil
	case missed(st, s, c.due), c.late, limited && a.now.After(last):
		a.skip(c, ReasonTooLate)
		return nil
	}
	if s.OnlyIf != nil {
		met, err := a.env.Condition(s, a.outcomes())
		if errors.Is(err, errLoad) {
			return err
		}
		if err != nil { // what cannot be compared (a text with a number) is not met; the history says so
			a.skip(c, ReasonCondition)
			a.Entries[len(a.Entries)-1].Detail = err.Error()
			return nil //nolint:nilerr // the step has its end
		}
		if !met {
			a.skip(c, ReasonCondition)
			return nil
		}
	}
	ask := Ask{
		Now: a.now, Due: c.due, Round: st.Round, AssignedBy: a.After.AssignedBy,
		AtRunStart: c.due.Equal(st.Began.Time()),
	}
	if limited {
		ask.Limit = last
	}
	if s.Role.Channel != "" || s.BusinessHours {
		if !a.pass(c, ask) {
			return nil
		}
	}
	return a.fire(c, ask)
}

// skip ends a step that will not fire; its open task goes.
func (a *advance) skip(c candidate, reason string) {
	if _, open := a.st().Open[c.s.ID]; open {
		a.effect(c.s.ID, c.due, DropTask{})
		delete(a.st().Open, c.s.ID)
	}
	a.end(c.s.ID, Skipped, reason, c.due, a.now, "")
}

// fire runs the action. A message leaves the step in hand until the carrier has answered.
func (a *advance) fire(c candidate, ask Ask) error {
	s, st := c.s, a.st()
	out := a.env.Do(s, ask)
	switch {
	case out.Skip != "":
		a.skip(c, out.Skip)
		a.Entries[len(a.Entries)-1].Detail = out.Detail
		return nil
	case out.Fail != "":
		a.fail(s, out.Fail, c.due, out.Detail)
		return nil
	}
	moved := a.movedBy(s.ID, c.due)
	for _, eff := range out.Effects {
		if _, message := eff.(action.SendMessage); message {
			if w := st.waiting(s.ID); w != nil {
				w.Due = MillisOf(c.due) // a pause or a moved date may have moved it since it began to wait
			} else {
				st.postpone(Postponed{Step: s.ID, Due: MillisOf(c.due)})
			}
			st.Hand = s.ID
		}
		if cmd, ok := eff.(action.CommandPlans); ok && cmd.Op == "pause" && cmd.Plan == a.After.PlanID {
			out.Flow = action.PauseSelf
		}
		a.effect(s.ID, c.due, eff)
	}
	if st.Hand == s.ID {
		return nil
	}
	delete(st.Open, s.ID)
	a.end(s.ID, Fired, moved, c.due, a.now, out.Detail)
	a.notify(s, c.due, taskUser(out))
	switch out.Flow {
	case action.NextRound:
		a.nextRound()
	case action.EndRun:
		a.finish()
	case action.PauseSelf:
		a.hold(HeldByPlan, "plan")
	case action.Continue:
	}
	return nil
}

// movedBy is the gate that moved a step: then it fires later than it was due (1a). What is due only now, because the date or the zone has
// changed since, was moved by none.
func (a *advance) movedBy(step string, due time.Time) string {
	if w := a.st().waiting(step); w != nil && a.now.After(due) {
		return w.Reason
	}
	return ""
}

// notify tells a user that the step has fired: of a task its assignee (PLAN-13), else by role (PLAN-7).
func (a *advance) notify(s *Step, due time.Time, user int64) {
	if s.Notify {
		a.effect(s.ID, due, NotifyUser{User: user})
	}
}

func taskUser(out action.Outcome) int64 {
	for _, eff := range out.Effects {
		if task, ok := eff.(action.CreateTask); ok {
			return task.Assignee.User
		}
	}
	return 0
}

// fail ends a step in failure; the plan goes on unless it asks to pause (PLAN-18).
func (a *advance) fail(s *Step, reason string, due time.Time, detail string) {
	a.end(s.ID, Failed, reason, due, a.now, detail)
	if a.p.Document.PauseOnFail && a.After.Status == plan.Active {
		a.hold(HeldByFailure, "failure")
	}
}

// outcomes are what earlier steps of the round came to, for "only if".
func (a *advance) outcomes() map[string]string {
	m := make(map[string]string, len(a.st().Done))
	for _, d := range a.st().Done {
		m[d.Step] = string(d.Outcome)
	}
	return m
}
