package gate

import (
	"time"

	"tactus/internal/calendar"
)

// day is the wall clock 24:00.
const day = calendar.TimeOfDay(24 * time.Hour)

// horizon bounds every search for an opening: beyond it a gate counts as one that never opens.
const horizon = 400 * 24 * time.Hour

// span is a window within one day, from start until before end, end at most 24:00.
type span struct{ start, end calendar.TimeOfDay }

// days gives the windows of each day.
type days interface {
	on(d calendar.Date) []span
}

// IsZero reports whether there is no window: always open.
func (h Hours) IsZero() bool { return h == Hours{} }

// String prints the hours as ParseHours reads them.
func (h Hours) String() string {
	if h.IsZero() {
		return "off"
	}
	return h.Open.String() + "-" + h.Close.String()
}

func (h Hours) on(calendar.Date) []span {
	if h.Open < h.Close {
		return []span{{h.Open, h.Close}}
	}
	return []span{{0, h.Close}, {h.Open, day}}
}

// WeeklyHours are an account's business hours (CMP-4). The zero value is never open.
type WeeklyHours struct {
	Days     [7][]Hours               // by time.Weekday; hours over midnight belong to the day they begin on
	Closed   map[calendar.Date]bool   // closed days; nothing begins on them
	Holidays func(calendar.Date) bool // days closed by rule, such as USFederalHoliday; nil = none
}

// begins gives the windows that begin on the day.
func (w *WeeklyHours) begins(d calendar.Date) []Hours {
	if w.Closed[d] || w.Holidays != nil && w.Holidays(d) {
		return nil
	}
	return w.Days[d.Weekday()]
}

func (w *WeeklyHours) on(d calendar.Date) []span {
	var spans []span
	for _, h := range w.begins(d) {
		if h.Open < h.Close {
			spans = append(spans, span{h.Open, h.Close})
		} else {
			spans = append(spans, span{h.Open, day})
		}
	}
	for _, h := range w.begins(d.AddDays(-1)) {
		if h.Close <= h.Open {
			spans = append(spans, span{0, h.Close})
		}
	}
	return spans
}

// next is the first moment from t on at which clocks in loc stand within a window. It follows the zone's
// periods of constant offset one by one, so that it is exact over clock changes: a window that a gap
// swallows never opens, one that begins in a gap opens at the change, and a doubled hour counts by what the
// clock says, both times. False when there is none within the horizon.
func next(t time.Time, loc *time.Location, windows days) (time.Time, bool) {
	for cur, end := t, t.Add(horizon); cur.Before(end); {
		_, until := cur.In(loc).ZoneBounds()
		if until.IsZero() || until.After(end) {
			until = end
		}
		if u, ok := nextIn(cur, until, loc, windows); ok {
			return u.UTC(), true
		}
		cur = until
	}
	return time.Time{}, false
}

// nextIn searches from cur until before until, between which the offset doesn't change, so that wall clocks
// and elapsed time run alike.
func nextIn(cur, until time.Time, loc *time.Location, windows days) (time.Time, bool) {
	wall := calendar.Of(cur, loc)
	midnight := cur.Add(-time.Duration(wall.Time))
	for d := wall.Date; midnight.Before(until); d = d.AddDays(1) {
		var best time.Time
		for _, s := range windows.on(d) {
			opens, closes := midnight.Add(time.Duration(s.start)), midnight.Add(time.Duration(s.end))
			if opens.Before(cur) {
				opens = cur
			}
			if opens.Before(closes) && opens.Before(until) && (best.IsZero() || opens.Before(best)) {
				best = opens
			}
		}
		if !best.IsZero() {
			return best, true
		}
		midnight = midnight.Add(24 * time.Hour)
	}
	return time.Time{}, false
}
