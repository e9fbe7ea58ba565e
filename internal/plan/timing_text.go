package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tactus/internal/calendar"
)

// String is the canonical form of 1a, which ParseTiming reads back as the same value; "" for the zero value.
func (t Timing) String() string {
	var b strings.Builder
	switch {
	case t.Anchor == "":
		return ""
	case t.Anchor == OnDay:
		b.WriteString("on day " + strconv.Itoa(t.N))
	case t.N == 0 && t.Anchor == AtDate:
		return "at event"
	case t.N == 0:
		return "immediately"
	default:
		b.WriteString(strconv.Itoa(t.N) + " " + string(t.Unit))
		if t.N != 1 {
			b.WriteByte('s')
		}
		b.WriteString(t.anchorWords())
	}
	if t.At != nil {
		b.WriteString(" at " + t.At.String())
	}
	if t.Weekdays != 0 {
		b.WriteString(" on " + FormatWeekdays(t.Weekdays))
	}
	return b.String()
}

func (t Timing) anchorWords() string {
	switch {
	case t.Anchor == Previous:
		return " after " + wordPrevious
	case t.Anchor == AtDate && t.Before:
		return " before " + wordEvent
	case t.Anchor == AtDate:
		return " after " + wordEvent
	}
	return " after " + wordStart
}

// MarshalText writes the canonical form.
func (t Timing) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads any form of ParseTiming.
func (t *Timing) UnmarshalText(b []byte) error {
	parsed, err := ParseTiming(string(b))
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}

// ParseTimeOfDay reads a time of day like 9:30, 09:30 or 09:30:15, from 00:00 until before 24:00.
func ParseTimeOfDay(s string) (calendar.TimeOfDay, error) {
	parts := strings.Split(strings.TrimSpace(s), ":")
	if len(parts) < 2 || len(parts) > 3 || len(parts[0]) > 2 {
		return 0, wrong(`%q is not a time of day; write it like "09:30"`, s)
	}
	var n [3]int
	for i, part := range parts {
		most := 59
		if i == 0 {
			most = 23
		}
		v, err := strconv.ParseUint(part, 10, 8)
		if err != nil || int(v) > most || i > 0 && len(part) != 2 {
			return 0, wrong(`%q is not a time of day; write it like "09:30"`, s)
		}
		n[i] = int(v)
	}
	return calendar.At(n[0], n[1]) + calendar.TimeOfDay(time.Duration(n[2])*time.Second), nil
}

// ParseWeekdays reads weekdays as names or ranges joined by commas: "mon,wed", "fri-mon", "Tuesday-Thursday".
func ParseWeekdays(s string) (calendar.Weekdays, error) {
	var days calendar.Weekdays
	if strings.TrimSpace(s) == "" {
		return 0, wrong(`after "on" come weekdays, like "on mon,wed" or "on tue-thu"`)
	}
	for part := range strings.SplitSeq(strings.ToLower(s), ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := weekday(from)
		if err != nil {
			return 0, err
		}
		last := first
		if isRange {
			if last, err = weekday(to); err != nil {
				return 0, err
			}
		}
		for d := first; ; d = (d + 1) % 7 {
			days = days.With(d)
			if d == last {
				break
			}
		}
	}
	return days, nil
}

// FormatWeekdays writes a set as ParseWeekdays reads it, ranges of three and more with a dash; "" for the empty set.
func FormatWeekdays(days calendar.Weekdays) string {
	const all = calendar.Weekdays(1<<7 - 1)
	if days&all == all {
		return "mon-sun"
	}
	var parts []string
	for i := range 7 {
		first := time.Weekday((i + 1) % 7) // from Monday on
		if !days.Has(first) || days.Has((first+6)%7) {
			continue
		}
		length := 1
		for days.Has((first + time.Weekday(length)) % 7) {
			length++
		}
		if length > 2 {
			parts = append(parts, short(first)+"-"+short((first+time.Weekday(length-1))%7))
			continue
		}
		for n := range length {
			parts = append(parts, short((first+time.Weekday(n))%7))
		}
	}
	return strings.Join(parts, ",")
}

func short(d time.Weekday) string { return strings.ToLower(d.String()[:3]) }

// weekday reads one name: whole, of three letters, or one of the usual longer short forms; a plural is fine.
func weekday(s string) (time.Weekday, error) {
	w := strings.TrimSuffix(strings.TrimSpace(s), ".")
	names := make([]string, 7)
	for d := range 7 {
		name := strings.ToLower(time.Weekday(d).String())
		names[d] = name
		if w == name || w == name+"s" || w == name[:3] {
			return time.Weekday(d), nil
		}
	}
	switch w {
	case "tues":
		return time.Tuesday, nil
	case "weds":
		return time.Wednesday, nil
	case "thur", "thurs":
		return time.Thursday, nil
	case "":
		return 0, wrong(`a weekday is missing; write them like "mon,wed" or "fri-mon"`)
	}
	return 0, wrong(`%q is not a weekday%s; write them like "mon,wed" or "fri-mon"`, w, didYouMean(w, names))
}

// ParseDate reads a plan's own date: local time like 2026-12-24T09:00, or a day alone, which is 00:00.
func ParseDate(s string) (Date, error) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if len(s) != len(layout) {
			continue
		}
		if t, err := time.Parse(layout, s); err == nil && calendar.Kept(t) {
			return Date{calendar.Of(t, time.UTC)}, nil
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return Date{}, wrong(`%q has a zone; a plan's date is local time in the account's zone: write %q`, s, t.Format("2006-01-02T15:04"))
		}
	}
	return Date{}, wrong(`%q is not a date; write it like "2026-12-24T09:00" or "2026-12-24"`, s)
}

// String writes the date as ParseDate reads it, without a time when it is 00:00.
func (d Date) String() string {
	if d.Wall.Time == 0 {
		return d.Wall.Date.String()
	}
	return fmt.Sprintf("%sT%s", d.Wall.Date, d.Wall.Time)
}

// ParseAgain reads what an automatic start does with a contact whose run has ended: never, when finished, after N days.
func ParseAgain(s string) (Again, error) {
	words := strings.Fields(strings.ReplaceAll(strings.ToLower(s), "_", " "))
	const forms = `write "never", "when finished" or "after 30 days"`
	switch {
	case len(words) == 1 && words[0] == "never":
		return Again{Mode: AgainNever}, nil
	case len(words) == 2 && words[0] == "when" && words[1] == "finished":
		return Again{Mode: AgainFinished}, nil
	case len(words) == 3 && words[0] == "after":
		if words[2] != "day" && words[2] != "days" {
			return Again{}, wrong(`"again" counts in days only; write it like "after 30 days"`)
		}
		n, err := count(words[1], Day, `for at once write "when finished"`)
		if err != nil {
			return Again{}, err
		}
		return Again{Mode: AgainAfter, Days: n}, nil
	}
	return Again{}, wrong(`%q is not a way to start again; %s`, s, forms)
}

// String writes the form that ParseAgain reads; "" for the default.
func (a Again) String() string {
	switch a.Mode {
	case AgainNever:
		return "never"
	case AgainFinished:
		return "when finished"
	case AgainAfter:
		if a.Days == 1 {
			return "after 1 day"
		}
		return fmt.Sprintf("after %d days", a.Days)
	case AgainDefault:
	}
	return ""
}
