package oracle

import (
	"slices"
	"time"

	"tactus/internal/calendar"
)

// MoveEvent re-times what is dated by the event (PLAN-11).
func (w *World) MoveEvent(to time.Time, everyYear bool) {
	w.Event, w.EveryYear = to, everyYear
	w.follow(func(l *Life) bool { return l.Plan.Event })
}

// SetField is a date of the contact's that became known, moved, or is no longer known (PLAN-6, PLAN-11).
func (w *World) SetField(name string, to *calendar.Wall) {
	if w.Fields == nil {
		w.Fields = map[string]*calendar.Wall{}
	}
	w.Fields[name] = to
	w.follow(func(l *Life) bool { return l.Plan.Field == name })
}

// follow re-times live runs whose date may have moved.
func (w *World) follow(which func(l *Life) bool) {
	for _, l := range w.Lives {
		if l.live() && which(l) {
			w.redate(l, w.movedDate(l, l.Plan))
			w.show(l)
		}
	}
}

// DeleteEvent ends the runs that are dated by it (PLAN-11).
func (w *World) DeleteEvent() {
	w.Event = time.Time{}
	for _, l := range w.Lives {
		if l.Plan.Event && l.live() {
			w.stop(l, "event_deleted")
		}
	}
}

func (w *World) redate(l *Life, date time.Time) {
	if date.Equal(l.Date) {
		return // nothing has moved: what is overdue is not put into the past by it (PLAN-10)
	}
	if l.Held.IsZero() {
		l.Held = l.Date
	}
	if l.Date = date; !l.Again.IsZero() {
		w.restOfTheYear(l) // the run that is over stays so; the next begins after the moved date
		return
	}
	l.Moved = w.Now
	// Steps skipped as too late become due again if their moment is now ahead.
	l.Done = slices.DeleteFunc(l.Done, func(d Done) bool {
		pos := l.Plan.position(d.Step)
		if pos < 0 || d.Reason != "too_late" || !l.dated(l.Plan.Steps[pos]) {
			return false
		}
		at, ok := w.due(l, l.Plan.Steps[pos])
		return ok && !at.Before(w.Now)
	})
	for _, s := range l.Plan.Steps {
		if !l.dated(s) || l.done(s.ID) != nil {
			continue
		}
		at, ok := w.due(l, s)
		inHand := l.Hand != nil && l.Hand.Step == s.ID
		if !ok || at.After(w.Now) { // re-timed: it waits for its new moment, which may not be known
			if inHand {
				l.Hand = nil
			}
			l.unwait(s.ID)
		}
	}
	w.retimedHand(l) // also of a step after one that is due again
}

// Rezone gives the contact another zone: what has not fired is computed anew (PLAN-8).
func (w *World) Rezone(zone *time.Location) {
	if w.Zone != nil && zone.String() == w.Zone.String() {
		return
	}
	w.Zone = zone
	for _, l := range w.Lives {
		if l.live() {
			l.judgeAnew()
			w.show(l)
		}
	}
	w.follow(func(l *Life) bool { return l.Plan.Field != "" })
}

// RezoneAccount gives the account another zone: contacts without one of their own live by it, and so do the plan's own dates and yearly events (PLAN-6, PLAN-8).
func (w *World) RezoneAccount(zone *time.Location) {
	w.AccountZone, w.shut = zone, nil
	for _, l := range w.Lives {
		if !l.live() {
			continue
		}
		if w.source(l.Plan).known && !l.Date.IsZero() {
			w.redate(l, w.movedDate(l, l.Plan))
		}
		if !l.Again.IsZero() {
			w.restOfTheYear(l)
		}
		w.retimedHand(l)
		l.judgeAnew()
		w.show(l)
	}
}

// judgeAnew asks the gates again, but for a carrier's next try.
func (l *Life) judgeAnew() {
	for i := range l.Waits {
		if l.Waits[i].Reason != "carrier_down" {
			l.Waits[i].Until = time.Time{}
		}
	}
}

// retimedHand takes a message back whose step has another moment now, which lies ahead or is not known.
func (w *World) retimedHand(l *Life) {
	if l.Hand == nil {
		return
	}
	if pos := l.Plan.position(l.Hand.Step); pos >= 0 {
		if at, ok := w.due(l, l.Plan.Steps[pos]); !ok || at.After(w.Now) {
			w.withdraw(l)
		}
	}
}

// Edit saves a new version; everyone says whether it reaches live runs (PLAN-22).
func (w *World) Edit(p *Plan, everyone bool) {
	w.Plans[p.Name] = p
	l := w.On(p.Name)
	if l == nil || !l.live() || !everyone || l.Own {
		return
	}
	old := l.Plan
	l.Plan = p
	date, moved := w.movedDate(l, p), p.Date != nil && (*p.Date != *old.Date || p.Yearly != old.Yearly) || p.Field != old.Field
	if !l.Begun && moved { // it begins with the date as it is now
		l.Date = date
	}
	if !l.Begun || !l.Again.IsZero() {
		return
	}
	for _, s := range old.Steps {
		if p.Has(s.ID) || l.done(s.ID) != nil {
			continue
		}
		w.dropTask(l, s.ID)
		w.end(l, s.ID, "skipped", "removed", time.Time{})
	}
	if moved {
		w.redate(l, date)
	}
	w.retimedHand(l)
	from := w.Now // what is new and already past is skipped; in a pause time stands still
	if n := len(l.Pauses); n > 0 && l.Pauses[n-1].To.IsZero() {
		from = l.Pauses[n-1].From
	}
	for _, s := range p.Steps {
		if old.Has(s.ID) || l.done(s.ID) != nil || s.Action == Repeat {
			continue
		}
		if at, ok := w.due(l, s); ok && at.Before(from) {
			w.end(l, s.ID, "skipped", "too_late", at)
		}
	}
	w.show(l)
}
