package enroll

import (
	"time"

	"tactus/internal/gate"
)

// pass asks the gates and the order of the step's channel; false when the step does not go now.
func (a *advance) pass(c candidate, ask Ask) bool {
	if b := a.overtaken(c); b != nil {
		a.postpone(c, b.Until.Time(), b.Reason, ask.Limit)
		return false
	}
	d := a.env.Gate(c.s, ask)
	switch d.Verdict {
	case gate.Skip:
		a.skip(c, d.Reason)
	case gate.Fail:
		a.fail(c.s, d.Reason, c.due, d.Rule)
	case gate.Postpone:
		a.postpone(c, d.Until, d.Reason, ask.Limit)
	default:
		return true
	}
	return false
}

// overtaken finds an earlier message of the same channel that waits for a later moment than this step: messages of one channel never
// overtake each other within an enrollment (PLAN-9), not even when both moments have passed because nobody was there (ENG-10).
func (a *advance) overtaken(c candidate) *Postponed {
	if c.s.Role.Channel == "" {
		return nil
	}
	for i := range a.st().Wait {
		w := &a.st().Wait[i]
		s := a.p.Step(w.Step)
		if s == nil || s == c.s || s.Role.Channel != c.s.Role.Channel || !w.Until.Time().After(c.at) {
			continue
		}
		earlier, ok := a.candidate(s)
		if ok && (earlier.due.Before(c.due) || earlier.due.Equal(c.due) && s.Pos < c.s.Pos) {
			return w
		}
	}
	return nil
}

// postpone moves a step and takes along the steps below that are due at the same moment (PLAN-9). A dated step whose next
// opening is known to be too late is skipped at once (PLAN-10).
func (a *advance) postpone(c candidate, until time.Time, reason string, last time.Time) {
	if !last.IsZero() && until.After(last) {
		a.skip(c, ReasonTooLate)
		return
	}
	a.wait(c, until, reason)
	for _, s := range a.p.Steps[c.s.Pos+1:] {
		if a.st().done(s.ID) != nil || s.Role.Repeats {
			continue
		}
		b, ok := a.candidate(s)
		if !ok || !b.due.Equal(c.due) || !b.at.Before(until) {
			continue
		}
		if last, limited := limit(a.st(), s, b.due); limited && until.After(last) || missed(a.st(), s, b.due) {
			a.skip(b, ReasonTooLate)
			continue
		}
		a.wait(b, until, reason)
	}
}

// wait puts a step off. One that waits for its carrier, and is told again to wait, has no second line in the history: an outage or a
// limit would fill it.
func (a *advance) wait(c candidate, until time.Time, reason string) {
	w := a.st().waiting(c.s.ID)
	again := w != nil && w.Until != 0 && w.Reason == reason && (reason == ReasonCarrierDown || reason == gate.CarrierLimit)
	a.st().postpone(Postponed{Step: c.s.ID, Until: MillisOf(until), Reason: reason, Due: MillisOf(c.due)})
	if again {
		return
	}
	a.Entries = append(a.Entries, Entry{
		Kind: PostponedEntry, Step: c.s.ID, Run: a.After.Run, Round: a.st().Round,
		Reason: reason, Due: c.due, At: a.now, Detail: until.UTC().Format(time.RFC3339),
	})
}
