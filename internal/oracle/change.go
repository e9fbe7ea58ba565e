package oracle

import (
	"slices"
	"time"
)

// MoveEvent re-times what is dated by the event (PLAN-11).
func (w *World) MoveEvent(to time.Time) {
	w.Event = to
	for _, l := range w.Lives {
		if l.Plan.Event && l.live() {
			w.redate(l, to)
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
	l.Date, l.Moved = date, w.Now
	// Steps skipped as too late become due again if their moment is now ahead.
	l.Done = slices.DeleteFunc(l.Done, func(d Done) bool {
		pos := l.Plan.position(d.Step)
		if pos < 0 || d.Reason != "too_late" || !l.dated(l.Plan.Steps[pos]) {
			return false
		}
		at, _ := w.due(l, l.Plan.Steps[pos])
		return !at.Before(w.Now)
	})
	for _, s := range l.Plan.Steps {
		if !l.dated(s) || l.done(s.ID) != nil {
			continue
		}
		at, _ := w.due(l, s)
		inHand := l.Hand != nil && l.Hand.Step == s.ID
		if at.After(w.Now) { // re-timed: it waits for its new moment
			if inHand {
				l.Hand = nil
			}
			l.unwait(s.ID)
		}
	}
}

// Rezone gives the contact another zone: what has not fired is computed anew (PLAN-8).
func (w *World) Rezone(zone *time.Location) {
	if zone.String() == w.zone().String() {
		w.Zone = zone
		return
	}
	w.Zone = zone
	for _, l := range w.Lives {
		if !l.live() {
			continue
		}
		for i := range l.Waits {
			if l.Waits[i].Reason != "carrier_down" {
				l.Waits[i].Until = time.Time{}
			}
		}
		w.show(l)
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
	if !l.Begun && p.Date != nil && *p.Date != *old.Date { // it begins with the date as it is now
		l.Date = w.date(p)
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
	if p.Date != nil && *p.Date != *old.Date {
		w.redate(l, w.date(p))
	}
	if l.Hand != nil {
		if pos := p.position(l.Hand.Step); pos >= 0 {
			if at, ok := w.due(l, p.Steps[pos]); !ok || at.After(w.Now) { // re-timed: it waits for its new moment
				w.withdraw(l)
			}
		}
	}
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
