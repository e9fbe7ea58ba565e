package plan

import (
	"slices"
	"time"

	"tactus/internal/calendar"
)

// The least waits that PLAN-14 asks for. A wait is least over all starts, contacts and conditions: a condition shortens nothing,
// because a step is skipped only when it is due.
const (
	day     = 24 * time.Hour
	endless = time.Duration(1<<63 - 1)
)

// waits are the least times from the start of a round.
type waits struct {
	steps    []time.Duration // until each step is done
	round    time.Duration   // until all are
	complete time.Duration   // until the run is completed; endless when it never is
}

// leastWaits computes the waits of a plan. Steps of which doubtful is true count as a wait without end.
func leastWaits(d *Document, actions Actions, doubtful map[int]bool) waits {
	w := waits{steps: make([]time.Duration, len(d.Steps)), complete: endless}
	endsAt, repeats := endless, false
	for i, s := range d.Steps {
		role := actions.Role(s.Action)
		switch {
		case doubtful[i]:
			w.steps[i] = endless
		case s.When.Anchor == Previous && i > 0:
			w.steps[i] = plus(w.steps[i-1], leastWait(s.When, d.At, role.Task))
		default:
			w.steps[i] = leastWait(s.When, d.At, role.Task)
		}
		if role.Repeats { // it waits for all others (PLAN-9)
			w.steps[i] = max(w.steps[i], w.round)
			repeats = repeats || s.OnlyIf == "" && rounds(s.Config) == 0
		}
		if role.Ends {
			endsAt = min(endsAt, w.steps[i])
		}
		w.round = max(w.round, w.steps[i])
	}
	if d.RepeatsYearly() { // its runs follow each other through the years (DEC-7)
		return w
	}
	if !repeats {
		w.complete = w.round
	}
	w.complete = min(w.complete, endsAt)
	return w
}

// leastWait is the shortest time that a timing can wait after its anchor. A dated step may be due at once, because its
// moment may lie in the past.
func leastWait(t Timing, planAt *calendar.TimeOfDay, task bool) time.Duration {
	days := t.N
	switch {
	case t.Anchor == AtDate || t.N == 0:
		return 0
	case t.Unit == Minute:
		return time.Duration(t.N) * time.Minute
	case t.Unit == Hour:
		return time.Duration(t.N) * time.Hour
	case t.Unit == Week:
		days *= 7
	case t.Unit == Month:
		days *= 28
	}
	at := t.At
	if at == nil {
		at = planAt
	}
	if at == nil && (t.Anchor == OnDay || task) { // 09:00, PLAN-13 and 1a
		nine := calendar.At(9, 0)
		at = &nine
	}
	if at == nil {
		return time.Duration(days) * day // the wall clock of the anchor
	}
	return time.Duration(days-1)*day + time.Duration(*at) // the anchor may lie just before midnight
}

func plus(a, b time.Duration) time.Duration {
	if a == endless || b == endless {
		return endless
	}
	return a + b
}

// assigns lists the steps that put the contact on another plan: its name and the step's index.
func assigns(d *Document, actions Actions) []Reference {
	return slices.DeleteFunc(d.References(actions), func(r Reference) bool {
		step := stepOf(r.Field)
		return step == 0 || !actions.Role(d.Steps[step-1].Action).Assigns
	})
}
