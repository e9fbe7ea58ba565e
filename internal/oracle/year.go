package oracle

import (
	"time"

	"tactus/internal/calendar"
)

// occurrence is the first one of a yearly date after a moment, never before the date itself; 29 February falls on the 28th (PLAN-11).
func (w *World) occurrence(p *Plan, after time.Time) time.Time {
	for year := p.Date.Date.Year; ; year++ {
		wall := calendar.Wall{Date: p.Date.Date.InYear(year), Time: p.Date.Time}
		if at := wall.In(w.AccountZone); at.After(after) {
			return at
		}
	}
}

// restOfTheYear: the run is over, the next one begins by itself, at the earliest the day after the event (PLAN-11, DEC-7).
func (w *World) restOfTheYear(l *Life) {
	after := calendar.Of(l.Date, w.zone()).Date.AddDays(1)
	l.Again = later(calendar.Wall{Date: after}.In(w.zone()), w.Now)
}

// nextYear begins the run of the next occurrence that is not past.
func (w *World) nextYear(l *Life) {
	date := w.occurrence(l.Plan, later(l.Date, w.Now.Add(-time.Millisecond)))
	*l = Life{Serial: l.Serial, Plan: l.Plan, Own: l.Own, Status: l.Status, Run: l.Run + 1, Round: 1, Start: w.Now, Began: w.Now, Date: date}
}
