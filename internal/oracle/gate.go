package oracle

import (
	"slices"
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
	if s.Action == Email && w.Quiet != nil && !w.Quiet.open(t, w.zone()) {
		out = append(out, "quiet_hours")
	}
	if s.Business && w.Business != nil && !w.Business.open(t, w.AccountZone) {
		out = append(out, "business_hours")
	}
	return out
}

// opening is the first moment from now on at which no gate is closed, and which gates were closed up to it. Windows open at quarters of
// an hour, gaps end at any moment: so these are all the moments to look at. Hours that never open together are asked again a day later, for
// settings change; a step that would be too late by any date is not (the zero time).
func (w *World) opening(l *Life, s Step) (time.Time, string) {
	if len(w.closed(l, s, w.Now)) == 0 {
		return w.Now, ""
	}
	var moments []time.Time
	for _, m := range w.Sent {
		moments = append(moments, m.At.Add(w.Gap))
	}
	for t := w.Now.Truncate(15 * time.Minute); t.Before(w.Now.AddDate(0, 0, 400)); t = t.Add(15 * time.Minute) {
		moments = append(moments, t)
	}
	slices.SortFunc(moments, time.Time.Compare)
	for _, t := range moments {
		if t.After(w.Now) && len(w.closed(l, s, t)) == 0 {
			return t, strings.Join(w.closed(l, s, t.Add(-time.Millisecond)), "|")
		}
	}
	if l.dated(s) {
		return time.Time{}, "too_late"
	}
	return w.Now.Add(24 * time.Hour), "quiet_hours|business_hours"
}
