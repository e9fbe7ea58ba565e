package oracle

import (
	"time"

	"tactus/internal/calendar"
)

// source is what gives a plan its date (PLAN-6): a wall clock in a zone, or the moment of an event; perhaps every year.
type source struct {
	wall   calendar.Wall
	zone   *time.Location
	moment time.Time
	yearly bool
	known  bool // else it is not yearly either
}

func (w *World) source(p *Plan) source {
	switch {
	case p.Event && !w.Event.IsZero():
		return source{calendar.Of(w.Event, w.AccountZone), w.AccountZone, w.Event, w.EveryYear, true}
	case p.Field != "":
		if wall := w.Fields[p.Field]; wall != nil {
			return source{wall: *wall, zone: w.zone(), yearly: p.Field == Birthday, known: true}
		}
	case p.Date != nil:
		return source{wall: *p.Date, zone: w.AccountZone, yearly: p.Yearly, known: true}
	}
	return source{}
}

// comesAgain: each occurrence of the plan's date is a run of its own (PLAN-11).
func (w *World) comesAgain(p *Plan) bool { return w.source(p).yearly }

// date is that of a run which starts now: of a yearly one the next occurrence that is not past. Zero = unknown.
func (w *World) date(p *Plan) time.Time {
	switch src := w.source(p); {
	case !src.known:
		return time.Time{}
	case src.yearly:
		return src.occurrence(w.Now.Add(-time.Millisecond))
	case !src.moment.IsZero():
		return src.moment
	default:
		return src.wall.In(src.zone)
	}
}

// movedDate is the run's date after it has moved: of a yearly one the occurrence nearest to the one that it is for.
func (w *World) movedDate(l *Life, p *Plan) time.Time {
	if src := w.source(p); src.yearly && !l.Date.IsZero() {
		return src.occurrence(l.Date.UTC().AddDate(0, -6, 0))
	}
	return w.date(p)
}

// occurrence is the first one of a yearly date after a moment, never before the date itself; 29 February falls on the 28th (PLAN-11).
func (s source) occurrence(after time.Time) time.Time {
	for year := s.wall.Date.Year; ; year++ {
		wall := calendar.Wall{Date: s.wall.Date.InYear(year), Time: s.wall.Time}
		if at := wall.In(s.zone); at.After(after) {
			return at
		}
	}
}

// restOfTheYear: the run is over, the next one begins by itself, at the earliest the day after the event (PLAN-11, DEC-7).
func (w *World) restOfTheYear(l *Life) {
	after := calendar.Of(l.Date, w.zone()).Date.AddDays(1)
	l.Again = later(calendar.Wall{Date: after}.In(w.zone()), w.Now)
}

// nextYear begins the run of the next occurrence that is not past; it is none of those that this run stood for. When the date does not come
// again, nothing is left to wait for.
func (w *World) nextYear(l *Life) {
	src := w.source(l.Plan)
	if !src.yearly {
		w.finish(l)
		return
	}
	date := src.occurrence(later(later(l.Date, l.Held), w.Now.Add(-time.Millisecond)))
	*l = Life{Serial: l.Serial, Plan: l.Plan, Own: l.Own, Status: l.Status, Run: l.Run + 1, Round: 1, Start: w.Now, Began: w.Now, Date: date}
}
