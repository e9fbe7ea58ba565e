package enroll

import (
	"time"

	"tactus/internal/calendar"
	"tactus/internal/plan"
)

// defaultTime is the time of day of "on day N" and of tasks when neither step nor plan names one.
var defaultTime = calendar.At(9, 0)

// lateAfter is how long a dated step that is not a "before" step may wait (PLAN-10).
const lateAfter = 24 * time.Hour

// zones are the clocks a run lives by.
type zones struct {
	contact  *time.Location
	assignee func(s *Step) *time.Location // of tasks and reminders (PLAN-13)
}

// due derives the moment at which a step of this round is due; false while it is not known: the step
// above is not done, or the plan's date is not known. An open pause counts as not there.
func due(p *Program, st *State, s *Step, z zones) (time.Time, bool) {
	if o, ok := st.Over[s.ID]; ok && o.Due != 0 {
		return shiftOverride(o.Due.Time(), st.Pauses), true
	}
	t := s.When
	anchor, ok := anchorOf(p, st, s)
	if !ok {
		return time.Time{}, false
	}
	pauses := st.Pauses
	if t.Anchor == plan.AtDate {
		pauses = nil // dated steps keep their date (PLAN-16)
	}
	if !t.DayBased() {
		return shiftElapsed(anchor.Add(elapsed(t)), anchor, pauses), true
	}
	return dayBased(p, s, anchor, pauses, z), true
}

func anchorOf(p *Program, st *State, s *Step) (time.Time, bool) {
	switch s.When.Anchor {
	case plan.Previous:
		if s.Pos == 0 {
			return st.Start.Time(), true // refused when saved; a moved step must not hang
		}
		d := st.done(p.Steps[s.Pos-1].ID)
		if d == nil {
			return time.Time{}, false
		}
		return d.At.Time(), true
	case plan.AtDate:
		return st.Date.Time(), st.Date != 0
	default:
		return st.Start.Time(), true
	}
}

func elapsed(t plan.Timing) time.Duration {
	var d time.Duration
	switch t.Unit {
	case plan.Minute:
		d = time.Duration(t.N) * time.Minute
	case plan.Hour:
		d = time.Duration(t.N) * time.Hour
	default: // days and longer are of the calendar
	}
	if t.Before {
		return -d
	}
	return d
}

// shiftElapsed moves a moment anchored by elapsed time by the length of each pause that began before it was
// due; what was due at or before a pause is due at its end (PLAN-16).
func shiftElapsed(at, anchor time.Time, pauses []Pause) time.Time {
	for _, p := range pauses {
		from, to := p.From.Time(), p.To.Time()
		if p.To == 0 || !to.After(anchor) {
			continue
		}
		if !at.After(from) {
			at = to
			continue
		}
		if from.Before(anchor) {
			from = anchor
		}
		at = at.Add(to.Sub(from))
	}
	return at
}

// dayBased is calendar time in the contact's zone: same wall clock, month ends clamped, weekdays forward; a pause
// adds whole days to the date before weekdays and clock changes apply (PLAN-8, PLAN-16).
func dayBased(p *Program, s *Step, anchor time.Time, pauses []Pause, z zones) time.Time {
	t := s.When
	wall := calendar.Of(anchor, z.contact)
	date := offsetDate(wall.Date, t)
	clock, zone := timeOfDay(p, s, wall.Time, z)
	extra, atResume := 0, time.Time{}
	moment := func() time.Time {
		if !atResume.IsZero() {
			return atResume
		}
		at := calendar.Wall{Date: date.AddDays(extra).NextOf(t.Weekdays), Time: clock}.In(zone)
		for t.Anchor != plan.AtDate && at.Before(anchor) && zone != z.contact {
			// A task's day begins earlier in the assignee's zone: never before its anchor.
			extra++
			at = calendar.Wall{Date: date.AddDays(extra).NextOf(t.Weekdays), Time: clock}.In(zone)
		}
		return at
	}
	for _, pause := range pauses {
		from, to := pause.From.Time(), pause.To.Time()
		if pause.To == 0 || !to.After(anchor) {
			continue
		}
		if !moment().After(from) {
			atResume = to
			continue
		}
		if from.Before(anchor) {
			from = anchor
		}
		extra += calendar.Of(from, z.contact).DaysTo(calendar.Of(to, z.contact))
		if moment().Before(to) {
			atResume = to // a doubled hour: the first occurrence may lie before the resume
		}
	}
	return moment()
}

func offsetDate(d calendar.Date, t plan.Timing) calendar.Date {
	n := t.N
	if t.Before {
		n = -n
	}
	switch {
	case t.Anchor == plan.OnDay, t.Unit == plan.Day:
		return d.AddDays(n)
	case t.Unit == plan.Week:
		return d.AddDays(7 * n)
	default:
		return d.AddMonths(n)
	}
}

// timeOfDay is the step's own time, else the plan's, both in the contact's zone; else 09:00 in the assignee's zone for
// tasks and reminders (PLAN-13), 09:00 for "on day N", else the anchor's wall clock (1a).
func timeOfDay(p *Program, s *Step, anchor calendar.TimeOfDay, z zones) (calendar.TimeOfDay, *time.Location) {
	switch {
	case s.When.At != nil:
		return *s.When.At, z.contact
	case p.Document.At != nil:
		return *p.Document.At, z.contact
	case s.Role.Task:
		return defaultTime, z.assignee(s)
	case s.When.Anchor == plan.OnDay:
		return defaultTime, z.contact
	default:
		return anchor, z.contact
	}
}

// shiftOverride keeps a date that a person set by hand, but never inside a pause that is over.
func shiftOverride(at time.Time, pauses []Pause) time.Time {
	for _, p := range pauses {
		if p.To != 0 && !at.Before(p.From.Time()) && at.Before(p.To.Time()) {
			at = p.To.Time()
		}
	}
	return at
}

// limit is the last moment at which a dated step may still leave; false for others (PLAN-10).
func limit(st *State, s *Step, due time.Time) (time.Time, bool) {
	switch {
	case !s.When.Dated():
		return time.Time{}, false
	case s.When.Before:
		return st.Date.Time(), true
	default:
		return due.Add(lateAfter), true
	}
}

// missed reports whether a dated step's moment lay in the past when the contact was put on the plan (or the round
// began), or was put there by a moved date or a pause (PLAN-10). A step that had already been waiting when the date moved or
// the pause came is not missed.
func missed(st *State, s *Step, due time.Time) bool {
	if !s.When.Dated() {
		return false
	}
	if due.Before(st.Start.Time()) || due.Before(st.Moved.Time()) && st.waiting(s.ID) == nil {
		return true
	}
	for _, p := range st.Pauses {
		if p.To != 0 && !due.Before(p.From.Time()) && due.Before(p.To.Time()) {
			return true
		}
	}
	return false
}
