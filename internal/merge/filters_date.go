package merge

import (
	"strconv"
	"strings"
	"time"

	"tactus/internal/calendar"
)

// dateFilters print moments.
func dateFilters() []filterSpec {
	return []filterSpec{{"date", 1, 1, date}}
}

// date prints a moment in the zone of the render. What doesn't read as a moment stays as it is.
func date(st *state, in any, args []any) any {
	format := st.text(args[0])
	if format == "" {
		return in
	}
	t, ok := st.moment(in)
	if !ok {
		return in
	}
	return st.made(strftime(st, t.In(st.zone), format))
}

// moment reads a time, seconds since 1970, the words now and today, or a text that is a date. Texts without a zone are
// in the zone of the render.
func (st *state) moment(v any) (time.Time, bool) {
	switch v := st.norm(v).(type) {
	case time.Time:
		return v, true
	case int64:
		if v > -1<<40 && v < 1<<40 {
			return time.Unix(v, 0), true
		}
		return time.Time{}, false
	}
	s, ok := textOf(v)
	if !ok {
		return time.Time{}, false
	}
	s = strings.TrimSpace(s)
	if len(s) == 0 || len(s) > 64 {
		return time.Time{}, false
	}
	switch strings.ToLower(s) {
	case "now", "today":
		return st.now, true
	}
	if strings.Trim(s, "0123456789") == "" {
		n, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(n, 0), err == nil && n < 1<<40
	}
	st.spend(10)
	for _, layout := range dateLayouts() {
		if t, ok := st.parseMoment(layout, s); ok {
			return t, true
		}
	}
	return time.Time{}, false
}

// parseMoment reads a text by one layout. Where a clock change skips what it says, as midnight in Santiago, it is the first moment after:
// the library's own choice is the hour before, on the day before.
func (st *state) parseMoment(layout, s string) (time.Time, bool) {
	switch {
	case strings.Contains(layout, "07"): // an offset
		t, err := time.Parse(layout, s)
		return t, err == nil
	case strings.Contains(layout, "MST"):
		t, err := time.ParseInLocation(layout, s, st.zone)
		if err != nil {
			return time.Time{}, false
		}
		return abbreviated(t, st.zone)
	}
	t, err := time.Parse(layout, s)
	if err != nil {
		return time.Time{}, false
	}
	return calendar.Of(t, time.UTC).In(st.zone), true
}

// abbreviated puts a moment right whose zone was written as an abbreviation: one that the zone of the render does not know is taken for UTC
// by the library. Those of RFC 822 are known everywhere; others mean several zones, and the text stays as it is.
func abbreviated(t time.Time, zone *time.Location) (time.Time, bool) {
	name, offset := t.Zone()
	if t.Location() == zone || offset != 0 || name == "UTC" || name == "GMT" {
		return t, true
	}
	hours, ok := map[string]int{"EST": 5, "EDT": 4, "CST": 6, "CDT": 5, "MST": 7, "MDT": 6, "PST": 8, "PDT": 7}[name]
	return t.Add(time.Duration(hours) * time.Hour), ok
}

// dateLayouts are the ways to write a date that are understood; month before day where only digits stand.
func dateLayouts() [30]string {
	return [...]string{
		"2006-01-02", time.RFC3339Nano, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05",
		"2006-01-02T15:04", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 MST", "2006/01/02",
		"January 2, 2006", "January 2 2006", "January 2, 2006 15:04", "January 2, 2006 3:04 PM", "January 2, 2006 3:04PM",
		"Jan 2, 2006", "Jan 2 2006", "Jan 2, 2006 15:04", "Jan 2, 2006 3:04 PM", "2 January 2006", "2 Jan 2006", "2 January 2006 15:04",
		"Monday, January 2, 2006", "Mon, 2 Jan 2006", "Mon Jan 2 2006",
		time.RFC1123Z, time.RFC1123, time.ANSIC, "1/2/2006", "1/2/2006 15:04",
	}
}
