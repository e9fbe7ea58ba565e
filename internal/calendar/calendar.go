// Package calendar is calendar arithmetic in a time zone: wall clocks, days, weeks and
// months as people mean them (PLAN-8). Go's own arithmetic differs on gaps and month ends:
// time.Date moves a skipped local time backward and lets 31 January + 1 month overflow.
package calendar

import (
	"fmt"
	"time"
)

// Date is a day of the proleptic Gregorian calendar, without a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// TimeOfDay is a wall clock reading as the time since 00:00, at most 24 hours.
type TimeOfDay time.Duration

// Wall is a local date and time without a zone. Comparing two of the same zone compares wall clocks.
type Wall struct {
	Date Date
	Time TimeOfDay
}

// At makes a TimeOfDay from hours and minutes.
func At(hour, minute int) TimeOfDay {
	return TimeOfDay(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

// String prints 09:30, with seconds only when there are any.
func (t TimeOfDay) String() string {
	d := time.Duration(t)
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	if s != 0 {
		return fmt.Sprintf("%02d:%02d:%02d", h, m, s)
	}
	return fmt.Sprintf("%02d:%02d", h, m)
}

// String prints 2026-11-22.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Of returns the wall clock that t shows in loc.
func Of(t time.Time, loc *time.Location) Wall { return fromUTC(shift(t, loc)) }

// AddDays moves the date by n days.
func (d Date) AddDays(n int) Date { return fromUTC(d.utc().AddDate(0, 0, n)).Date }

// AddMonths moves the date by n months; a day that the month lacks becomes its last day (PLAN-8).
func (d Date) AddMonths(n int) Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date{first.Year(), first.Month(), min(d.Day, last)}
}

// InYear is the same day of another year; 29 February becomes the 28th (PLAN-11).
func (d Date) InYear(year int) Date { return d.AddMonths(12 * (year - d.Year)) }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Before reports whether d is an earlier day than o.
func (d Date) Before(o Date) bool { return d.utc().Before(o.utc()) }

// Before reports whether the wall clock w is earlier than o.
func (w Wall) Before(o Wall) bool { return w.utc().Before(o.utc()) }

// DaysTo is the least whole number of days, not negative, that brings w to or past o (PLAN-16).
func (w Wall) DaysTo(o Wall) int {
	gap := o.utc().Sub(w.utc())
	if gap <= 0 {
		return 0
	}
	const day = 24 * time.Hour
	return int((gap + day - 1) / day)
}

// In is the moment when clocks in loc show w. A time that a clock change skips is the first moment
// after the change; a time that occurs twice is its first occurrence (PLAN-8).
func (w Wall) In(loc *time.Location) time.Time {
	u := w.utc()
	// Offsets lie within ±16 h and a whole day may be skipped (Apia 2011), so the moment
	// lies in one of the zone periods that touch u ± 40 h.
	for t := u.Add(-40 * time.Hour); ; {
		local := t.In(loc)
		_, offset := local.Zone()
		start, end := local.ZoneBounds()
		c := u.Add(-time.Duration(offset) * time.Second)
		if (start.IsZero() || !c.Before(start)) && (end.IsZero() || c.Before(end)) {
			return c
		}
		if end.IsZero() {
			return c
		}
		// Before this period's end clocks show less than w, after it more: w was skipped.
		_, after := end.In(loc).Zone()
		if !c.Before(end) && u.Before(end.UTC().Add(time.Duration(after)*time.Second)) {
			return end.UTC()
		}
		t = end
	}
}

// NextOf is d, or the first later day whose weekday is in days; an empty set is every day.
func (d Date) NextOf(days Weekdays) Date {
	for i := 0; i < 7 && days != 0 && !days.Has(d.Weekday()); i++ {
		d = d.AddDays(1)
	}
	return d
}

// Weekdays is a set of days of the week; bit n is time.Weekday n. The zero value means "any day".
type Weekdays uint8

// Has reports whether the set names the day.
func (w Weekdays) Has(d time.Weekday) bool { return w&(1<<d) != 0 }

// With returns the set with the day added.
func (w Weekdays) With(d time.Weekday) Weekdays { return w | 1<<d }

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }
func (w Wall) utc() time.Time { return w.Date.utc().Add(time.Duration(w.Time)) }

func shift(t time.Time, loc *time.Location) time.Time {
	_, offset := t.In(loc).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

func fromUTC(u time.Time) Wall {
	y, m, d := u.Date()
	date := Date{y, m, d}
	return Wall{date, TimeOfDay(u.Sub(date.utc()))}
}
