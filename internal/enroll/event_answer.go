package enroll

import (
	"time"

	"tactus/internal/plan"
)

// Answer is what became of the message in hand.
type Answer struct {
	Step    string
	Run     int
	Round   int
	Outcome Outcome   // Fired, Failed, Skipped; "" with Until set: postponed
	Reason  string    // of a failure, a skip, or a postponement
	Until   time.Time // postponed by a gate, or the carrier's next try
	Soonest time.Time // before this it surely cannot go, when Until is a guess at its turn; zero: Until is none
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
		last, limited := limit(st, s, at)
		if !limited {
			last = time.Time{}
		}
		until := ev.Until
		if limited && until.After(last) && !ev.Soonest.IsZero() && !ev.Soonest.After(last) {
			until = last // a guess is no knowledge (PLAN-10): it is looked at once more while it may still go
		}
		if a.After.Status != plan.Active {
			// A resume makes it due at once; a pause that never was leaves it its moment (PLAN-17).
			st.postpone(Postponed{Step: ev.Step, Until: MillisOf(until), Due: MillisOf(at), Reason: ev.Reason, Try: ev.Try})
			return nil
		}
		a.postpone(candidate{s: s, due: at, at: at}, until, ev.Reason, last)
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
