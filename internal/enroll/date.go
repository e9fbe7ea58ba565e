package enroll

import (
	"maps"
	"slices"
	"strings"
	"time"

	"tactus/internal/calendar"
	"tactus/internal/contact"
	"tactus/internal/plan"
)

// dateSource is what gives a plan its date (PLAN-6): a wall clock in a zone, or a moment, perhaps every year.
type dateSource struct {
	wall   calendar.Wall
	zone   *time.Location
	moment time.Time // of an event that is not yearly
	yearly bool
	known  bool
}

// dateSource tells what dates this row's run.
func (e *env) dateSource() dateSource {
	d := &e.p.Document
	switch {
	case d.Event != "":
		ev, ok := e.b.events[e.row.EventID]
		return eventSource(ev, ok && !ev.Deleted, d.Yearly, e.b.account.Zone)
	case d.DateField != "":
		e.personal = true
		return fieldSource(e.fullContact(), d, e.zone())
	case d.Date != nil:
		return dateSource{wall: d.Date.Wall, zone: e.b.account.Zone, yearly: d.Yearly, known: true}
	}
	return dateSource{}
}

func eventSource(ev DatedEvent, known, yearly bool, zone *time.Location) dateSource {
	return dateSource{
		wall: calendar.Of(ev.At, zone), zone: zone, moment: ev.At, yearly: yearly || ev.Yearly, known: known,
	}
}

// fieldSource reads a date field of the contact; without a time it is 00:00 in the contact's zone.
func fieldSource(c *contact.Contact, d *plan.Document, zone *time.Location) dateSource {
	wall, ok := ParseWall(fieldDate(c, d.DateField))
	return dateSource{wall: wall, zone: zone, yearly: d.RepeatsYearly(), known: ok}
}

// fieldDate is what a contact has in a date field: one of that very name, else one that differs in case alone, as people write names.
func fieldDate(c *contact.Contact, name string) string {
	if name == "birthday" {
		return c.Birthday
	}
	if value, ok := c.Dates[name]; ok {
		return value
	}
	for _, other := range slices.Sorted(maps.Keys(c.Dates)) {
		if strings.EqualFold(other, name) {
			return c.Dates[other]
		}
	}
	return ""
}

// ParseWall reads YYYY-MM-DD, with an optional THH:MM or THH:MM:SS; false for anything else.
func ParseWall(s string) (calendar.Wall, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return calendar.Of(t, time.UTC), true
		}
	}
	return calendar.Wall{}, false
}

// firstDate is the date of a run that starts now: the next occurrence that is not past of a yearly one, else the date itself.
func firstDate(d dateSource, now time.Time) time.Time {
	switch {
	case !d.known:
		return time.Time{}
	case !d.yearly:
		if !d.moment.IsZero() {
			return d.moment
		}
		return d.wall.In(d.zone)
	}
	next, _ := nextOccurrence(d, now.Add(-time.Millisecond))
	return next
}

// nextOccurrence is the first yearly occurrence after a moment, never before the date itself; 29 February falls on the 28th (PLAN-11).
func nextOccurrence(d dateSource, after time.Time) (time.Time, bool) {
	if !d.known || !d.yearly {
		return time.Time{}, false
	}
	year := calendar.Of(after, d.zone).Date.Year
	for y := max(year-1, d.wall.Date.Year); ; y++ {
		w := d.wall
		w.Date = w.Date.InYear(y)
		if at := w.In(d.zone); at.After(after) {
			return at, true
		}
	}
}
