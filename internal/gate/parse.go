package gate

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"tactus/internal/calendar"
	"tactus/internal/fault"
)

const (
	hoursExample  = "08:00-21:00"
	weeklyExample = "mon-fri 09:00-17:00, sat 10:00-14:00"
	maxHours      = 1000 // characters of an input that is still read
)

// dash matches the hyphens and dashes of a range with the spaces around them.
var dash = regexp.MustCompile(`\s*[-–—]\s*`)

// ParseHours reads "08:00-21:00", also over midnight ("21:00-06:00"), or "off" for the zero Hours. Errors are
// fault.Invalid and say what is wrong.
func ParseHours(s string) (Hours, error) {
	text, err := tidy(s)
	if err != nil {
		return Hours{}, err
	}
	if text == "" {
		return Hours{}, fault.New(fault.Invalid, "no hours given; write them like %s, or off", hoursExample)
	}
	if text == "off" {
		return Hours{}, nil
	}
	return hours(text)
}

// ParseWeeklyHours reads entries of days and hours joined by commas, such as
// "mon-fri 09:00-12:00 13:00-17:00, sat 10:00-14:00": days are names or ranges ("fri-mon" goes over the weekend),
// several joined by commas share the next hours ("mon, wed 09:00-17:00"), a day may have several hours and stand in
// several entries. Hours over midnight belong to the day they begin on. "off" is nil. Errors are fault.Invalid and
// say what is wrong.
func ParseWeeklyHours(s string) (*WeeklyHours, error) {
	text, err := tidy(s)
	if err != nil {
		return nil, err
	}
	if text == "off" {
		return nil, nil //nolint:nilnil // nil is the value that means "off"
	}
	var week WeeklyHours
	var waiting calendar.Weekdays // days whose hours are still to come
	for entry := range strings.SplitSeq(text, ",") {
		words := strings.Fields(entry)
		if len(words) == 0 {
			return nil, fault.New(fault.Invalid, "a part without days and hours; write them like %q, or off", weeklyExample)
		}
		daysOf, err := weekdays(words[0])
		if err != nil {
			return nil, err
		}
		waiting |= daysOf
		for _, w := range words[1:] {
			h, err := hours(w)
			if err != nil {
				return nil, err
			}
			week.add(waiting, h)
		}
		if len(words) > 1 {
			waiting = 0
		}
	}
	if waiting != 0 {
		return nil, fault.New(fault.Invalid, "%q names days without hours; write them like %q", strings.TrimSpace(s), weeklyExample)
	}
	return &week, nil
}

// add puts the hours on the days, once.
func (w *WeeklyHours) add(set calendar.Weekdays, h Hours) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if !set.Has(d) {
			continue
		}
		double := false
		for _, have := range w.Days[d] {
			double = double || have == h
		}
		if !double {
			w.Days[d] = append(w.Days[d], h)
		}
	}
}

// String prints the weekly hours as ParseWeeklyHours reads them, Monday first; nil and a week without hours are "off".
func (w *WeeklyHours) String() string {
	if w == nil {
		return "off"
	}
	var parts []string
	for i := range 7 {
		d := time.Weekday((i + 1) % 7)
		if len(w.Days[d]) == 0 {
			continue
		}
		part := dayName(d)
		for _, h := range w.Days[d] {
			part += " " + h.String()
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return "off"
	}
	return strings.Join(parts, ", ")
}

// tidy brings an input to lower case with plain, closed-up ranges.
func tidy(s string) (string, error) {
	if len(s) > maxHours {
		return "", fault.New(fault.Invalid, "the hours are longer than %d characters", maxHours)
	}
	return dash.ReplaceAllString(strings.ToLower(strings.TrimSpace(s)), "-"), nil
}

func hours(s string) (Hours, error) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		return Hours{}, fault.New(fault.Invalid, "%q is not a span of hours; write it like %s", s, hoursExample)
	}
	opens, err := clockTime(from)
	if err != nil {
		return Hours{}, err
	}
	closes, err := clockTime(to)
	if err != nil {
		return Hours{}, err
	}
	switch {
	case opens == day:
		return Hours{}, fault.New(fault.Invalid, "%q begins at 24:00; that is 00:00 of the next day", s)
	case opens == closes:
		return Hours{}, fault.New(fault.Invalid, "%q begins when it ends; a whole day is 00:00-24:00", s)
	}
	return Hours{opens, closes}, nil
}

// clockTime reads 9:00, 09:00 or 24:00.
func clockTime(s string) (calendar.TimeOfDay, error) {
	h, m, ok := strings.Cut(s, ":")
	hour, err1 := number(h)
	minute, err2 := number(m)
	if !ok || len(m) != 2 || err1 != nil || err2 != nil {
		return 0, fault.New(fault.Invalid, "%q is not a time of day; write it like 09:30", s)
	}
	if minute > 59 || hour > 24 || hour == 24 && minute > 0 {
		return 0, fault.New(fault.Invalid, "%q is not a time of day; the last is 24:00", s)
	}
	return calendar.At(hour, minute), nil
}

// number reads one or two digits.
func number(s string) (int, error) {
	if len(s) > 2 {
		return 0, strconv.ErrRange
	}
	n, err := strconv.ParseUint(s, 10, 8)
	return int(n), err
}

// weekdays reads a day or a range of days.
func weekdays(s string) (calendar.Weekdays, error) {
	first, last, ranged := strings.Cut(s, "-")
	from, err := weekday(first)
	if err != nil {
		return 0, err
	}
	var set calendar.Weekdays
	if !ranged {
		return set.With(from), nil
	}
	to, err := weekday(last)
	if err != nil {
		return 0, err
	}
	for d := from; ; d = (d + 1) % 7 {
		set = set.With(d)
		if d == to {
			return set, nil
		}
	}
}

// weekday reads the name of a day, shortened to three letters or more.
func weekday(s string) (time.Weekday, error) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if len(s) >= 3 && strings.HasPrefix(strings.ToLower(d.String()), s) {
			return d, nil
		}
	}
	return 0, fault.New(fault.Invalid, "%q is not a day of the week; write hours like %q", s, weeklyExample)
}

func dayName(d time.Weekday) string { return strings.ToLower(d.String()[:3]) }
