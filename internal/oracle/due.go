package oracle

import (
	"time"

	"tactus/internal/calendar"
)

// due is the moment at which a step of this round is due (PLAN-7, PLAN-8, PLAN-16); false while nobody can know it.
func (w *World) due(l *Life, s Step) (time.Time, bool) {
	at, ok := w.plainDue(l, s)
	if !ok || s.Action != Repeat {
		return at, ok
	}
	for _, d := range l.Done { // a repeat step waits for all others (PLAN-9)
		if l.Plan.Has(d.Step) && d.At.After(at) {
			at = d.At
		}
	}
	return at, true
}

func (w *World) plainDue(l *Life, s Step) (time.Time, bool) {
	if at, byHand := l.Dated[s.ID]; byHand { // it keeps that date, but is never due in a pause that is over
		for _, p := range l.Pauses {
			if !at.Before(p.From) && at.Before(p.To) {
				at = p.To
			}
		}
		return at, true
	}
	anchor := l.Start
	switch s.When.From {
	case "event":
		// Dated steps keep their date, whatever pauses there were.
		if l.Date.IsZero() {
			return time.Time{}, false
		}
		if s.When.daily() {
			return w.wall(l, s, l.Date, 0), true
		}
		return l.Date.Add(elapsed(s.When)), true
	case "previous":
		above := l.done(l.Plan.Steps[l.Plan.position(s.ID)-1].ID)
		if above == nil {
			return time.Time{}, false
		}
		anchor = above.At
	}
	if s.When.daily() {
		return w.dailyDue(l, s, anchor), true
	}
	at := anchor.Add(elapsed(s.When))
	for _, p := range l.Pauses {
		switch {
		case p.To.IsZero() || !p.To.After(anchor):
		case !at.After(p.From):
			at = p.To // what was due at or before the pause is due at resume
		default:
			at = at.Add(p.To.Sub(later(p.From, anchor)))
		}
	}
	return at, true
}

// dailyDue moves by whole days for each pause: the least number that brings the pause's wall clock to or past the resume's.
func (w *World) dailyDue(l *Life, s Step, anchor time.Time) time.Time {
	days := 0
	for !l.dated(s) && w.wall(l, s, anchor, days).Before(anchor) {
		days++ // never before its anchor, in whatever zone the task's day begins
	}
	at := w.wall(l, s, anchor, days)
	resumed := false
	for _, p := range l.Pauses {
		if p.To.IsZero() || !p.To.After(anchor) {
			continue
		}
		if !at.After(p.From) {
			at, resumed = p.To, true
			continue
		}
		from, to := calendar.Of(later(p.From, anchor), w.zone()), calendar.Of(p.To, w.zone())
		n := 0
		for ; from.Before(to); n++ {
			from.Date = from.Date.AddDays(1)
		}
		days += n
		if resumed {
			continue
		}
		if at = w.wall(l, s, anchor, days); at.Before(p.To) {
			at, resumed = p.To, true
		}
	}
	return at
}

// wall is the day-based timing, so many days later, before weekdays and clock changes apply.
func (w *World) wall(l *Life, s Step, anchor time.Time, days int) time.Time {
	is := calendar.Of(anchor, w.zone())
	n := s.When.N
	if s.When.Before {
		n = -n
	}
	day := is.Date.AddDays(n)
	switch s.When.Unit {
	case "week":
		day = is.Date.AddDays(7 * n)
	case "month":
		day = is.Date.AddMonths(n)
	}
	day = day.AddDays(days)
	for s.When.On != 0 && !s.When.On.Has(day.Weekday()) {
		day = day.AddDays(1)
	}
	switch nine := calendar.At(9, 0); {
	case s.When.At != nil:
		return calendar.Wall{Date: day, Time: *s.When.At}.In(w.zone())
	case l.Plan.At != nil:
		return calendar.Wall{Date: day, Time: *l.Plan.At}.In(w.zone())
	case s.Action == Task:
		return calendar.Wall{Date: day, Time: nine}.In(w.AccountZone) // the owner's, who has no zone of their own (PLAN-13)
	case s.When.From == "day":
		return calendar.Wall{Date: day, Time: nine}.In(w.zone())
	}
	return calendar.Wall{Date: day, Time: is.Time}.In(w.zone())
}

// limit is the last moment at which a dated step may leave (PLAN-10).
func (l *Life) limit(s Step, due time.Time) (time.Time, bool) {
	switch {
	case !l.dated(s):
		return time.Time{}, false
	case s.When.Before:
		return l.Date, true
	}
	return due.Add(24 * time.Hour), true
}

func (l *Life) dated(s Step) bool { return s.When.From == "event" }

// missed: a dated step whose moment lay in the past when the contact was put on the plan, or that a moved date or a pause put into the
// past (PLAN-10). One that was waiting already when the date moved goes on waiting.
func (l *Life) missed(s Step, due time.Time) bool {
	if !l.dated(s) {
		return false
	}
	for _, p := range l.Pauses {
		if !p.To.IsZero() && !due.Before(p.From) && due.Before(p.To) {
			return true
		}
	}
	return due.Before(l.Start) || due.Before(l.Moved) && l.waiting(s.ID) == nil
}

func elapsed(w When) time.Duration {
	d := time.Duration(w.N) * time.Minute
	if w.Unit == "hour" {
		d *= 60
	}
	if w.Before {
		return -d
	}
	return d
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
