package oracle

import (
	"strings"
	"time"

	"tactus/internal/calendar"
)

// Window is a daily window of wall clocks, from Open until before Close, on some weekdays (zero: all).
type Window struct {
	Open, Close calendar.TimeOfDay
	On          calendar.Weekdays
}

func (h *Window) open(t time.Time, zone *time.Location) bool {
	is := calendar.Of(t, zone)
	return (h.On == 0 || h.On.Has(is.Date.Weekday())) && is.Time >= h.Open && is.Time < h.Close
}

// closed names the gates that are closed for a step at a moment.
func (w *World) closed(l *Life, s Step, t time.Time) []string {
	var out []string
	for _, m := range w.Sent {
		if s.Action == Email && m.Serial != l.Serial && t.Before(m.At.Add(w.Gap)) {
			out = append(out, "message_gap")
			break
		}
	}
	return append(out, w.outside(s, t)...)
}

// outside names the hours that a moment is out of.
func (w *World) outside(s Step, t time.Time) (out []string) {
	if s.Action == Email && w.Quiet != nil && !w.Quiet.open(t, w.zone()) {
		out = append(out, "quiet_hours")
	}
	if s.Business && w.Business != nil && !w.Business.open(t, w.AccountZone) {
		out = append(out, "business_hours")
	}
	return out
}

// hours are what decides which hours bind a step: what is found shut for one is shut for all like it.
type hours struct {
	email, business bool
	zone            string
}

func (w *World) hours(s Step) hours {
	if w.shut == nil {
		w.shut = map[hours]time.Time{}
	}
	return hours{s.Action == Email, s.Business, w.zone().String()}
}

// quarter is where windows open and close.
const quarter = 15 * time.Minute

// opening is the first moment from now on at which no gate is closed, and which gates were closed up to it. Windows open at quarters of
// an hour, gaps end at any moment: so these are all the moments to look at. Hours that never open together are asked again a day later, for
// settings change; a step that would be too late by any date is not (the zero time).
func (w *World) opening(l *Life, s Step) (time.Time, string) {
	if len(w.closed(l, s, w.Now)) == 0 {
		return w.Now, ""
	}
	horizon := w.Now.AddDate(0, 0, 400)
	first, together := horizon, false
	for _, m := range w.Sent {
		if end := m.At.Add(w.Gap); end.After(w.Now) && end.Before(first) && len(w.closed(l, s, end)) == 0 {
			first = end
		}
	}
	for t := later(w.Now.Truncate(quarter).Add(quarter), w.shut[w.hours(s)]); t.Before(first); t = t.Add(quarter) {
		if len(w.outside(s, t)) > 0 {
			continue
		}
		together = true
		if len(w.closed(l, s, t)) == 0 {
			first = t
		}
	}
	switch {
	case first.Before(horizon):
		return first, strings.Join(w.closed(l, s, first.Add(-time.Millisecond)), "|")
	case !together:
		w.shut[w.hours(s)] = horizon
	}
	if l.dated(s) {
		return time.Time{}, "too_late"
	}
	return w.Now.Add(24 * time.Hour), "quiet_hours|business_hours"
}
