package gate

import (
	"time"

	"tactus/internal/calendar"
)

// USFederalHoliday reports whether the day is a federal holiday of the United States (5 U.S.C. 6103) or the weekday
// on which one that falls on a weekend is observed.
func USFederalHoliday(d calendar.Date) bool {
	for _, shift := range []int{0, 1, -1} {
		h := d.AddDays(shift)
		if !federal(h) {
			continue
		}
		// Saturday's holiday is kept on Friday, Sunday's on Monday.
		if shift == 0 || shift == 1 && h.Weekday() == time.Saturday || shift == -1 && h.Weekday() == time.Sunday {
			return true
		}
	}
	return false
}

// federal reports whether a holiday falls on the day itself.
func federal(d calendar.Date) bool {
	week := (d.Day-1)/7 + 1 // which one of its weekday in the month
	switch d.Weekday() {
	case time.Monday:
		switch d.Month {
		case time.January, time.February: // Martin Luther King, Washington
			return week == 3 || d.Month == time.January && d.Day == 1
		case time.May: // Memorial Day, the last Monday
			return d.AddDays(7).Month == time.June
		case time.September: // Labor Day
			return week == 1
		case time.October: // Columbus Day
			return week == 2
		}
	case time.Thursday:
		if d.Month == time.November && week == 4 { // Thanksgiving
			return true
		}
	}
	switch d.Month {
	case time.January:
		return d.Day == 1
	case time.June: // Juneteenth, since 2021
		return d.Day == 19 && d.Year >= 2021
	case time.July:
		return d.Day == 4
	case time.November: // Veterans Day
		return d.Day == 11
	case time.December:
		return d.Day == 25
	}
	return false
}
