package calendar

import "time"

// Kept reports whether an instant is one that may be stored: in the years 1900 to 9000 of UTC, whichever zone it was written in. JSON cannot
// say years beyond 0 and 9999, so one such moment would break every page that it stands on; what is counted from a moment must fit, too.
func Kept(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1900 && year <= 9000
}
