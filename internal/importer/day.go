package importer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// DayOrder says whether 3/4 is March 4 or April 3.
type DayOrder string

// The orders.
const (
	MonthFirst DayOrder = "mdy"
	DayFirst   DayOrder = "dmy"
)

// orderIn is how people write days in a country. Where nothing is known of it, the month comes first, as in the country whose phones are the default.
func orderIn(country string) DayOrder {
	if country == "" || slices.Contains(monthFirst, country) {
		return MonthFirst
	}
	return DayFirst
}

// monthFirst are the countries where the month comes first: the United States, what belongs to them or was theirs, and the Philippines.
var monthFirst = []string{"US", "PR", "GU", "VI", "AS", "MP", "UM", "FM", "MH", "PW", "PH"}

// months by their first three letters.
var months = map[string]int{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}

// orderOf returns the one order in which a day can be read, "" when both can or none.
func orderOf(text string) DayOrder {
	p, letters := parts(text)
	if letters || len(p) < 3 || len(p[0]) > 2 || dotted(text) {
		return ""
	}
	a, errA := strconv.Atoi(p[0])
	b, errB := strconv.Atoi(p[1])
	switch {
	case errA != nil || errB != nil:
	case a > 12 && a <= 31 && b <= 12:
		return DayFirst
	case b > 12 && b <= 31 && a <= 12:
		return MonthFirst
	}
	return ""
}

// day reads a day as people write it and returns it as 1980-12-31; past says that it has been, so that '68 is 1968.
func day(text string, order DayOrder, now time.Time, past bool) (string, error) {
	p, letters := parts(text)
	if len(p) == 1 && len(p[0]) == 8 && !letters { // 19801231
		p = []string{p[0][:4], p[0][4:6], p[0][6:]}
	}
	if len(p) == 2 {
		return "", fmt.Errorf("%q has no year", text)
	}
	if len(p) < 3 {
		return "", fmt.Errorf("%q is not a day; write it as 1980-12-31", text)
	}
	var y, m, d string
	switch {
	case letters && unicode.IsLetter(rune(p[0][0])): // December 31, 1980
		m, d, y = p[0], p[1], p[2]
	case letters: // 31 Dec 1980
		d, m, y = p[0], p[1], p[2]
	case len(p[0]) == 4:
		y, m, d = p[0], p[1], p[2]
	case order == DayFirst:
		d, m, y = p[0], p[1], p[2]
	default:
		m, d, y = p[0], p[1], p[2]
	}
	month := months[strings.ToLower(m[:min(3, len(m))])]
	if month == 0 {
		month, _ = strconv.Atoi(m)
	}
	dayOf, errD := strconv.Atoi(d)
	year, errY := strconv.Atoi(y)
	if len(y) == 2 {
		year += now.Year() / 100 * 100
		if past && year > now.Year() {
			year -= 100
		}
	}
	t := time.Date(year, time.Month(month), dayOf, 0, 0, 0, 0, time.UTC)
	if errD != nil || errY != nil || len(y) != 4 && len(y) != 2 || month < 1 || month > 12 || t.Day() != dayOf || year < 1800 {
		hint := "month/day/year"
		if order == DayFirst {
			hint = "day/month/year"
		}
		return "", fmt.Errorf("%q is not a day (read as %s); write it as 1980-12-31", text, hint)
	}
	return t.Format(time.DateOnly), nil
}

// dotted reports whether a day is written as 31.12.1980, which is day first wherever people write so. Points elsewhere, in the time or behind
// the weekday, say nothing.
func dotted(text string) bool {
	text, _ = clockTime(text)
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	from := strings.IndexFunc(text, digit)
	if from < 0 {
		return false
	}
	return strings.HasPrefix(strings.TrimLeftFunc(text[from:], digit), ".")
}

// parts splits a day into numbers and names, without weekday and time; letters reports whether the month is a name.
func parts(text string) (out []string, letters bool) {
	text, _ = clockTime(text)
	for _, p := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if unicode.IsLetter(rune(p[0])) {
			if months[strings.ToLower(p[:min(3, len(p))])] == 0 { // Monday
				continue
			}
			letters = true
		} else {
			p = strings.TrimRightFunc(p, unicode.IsLetter) // 31st
		}
		out = append(out, p)
	}
	return out, letters
}

// clockTime takes the time of day off a text and returns it as 15:04, "" when there is none.
func clockTime(text string) (rest, hours string) {
	text = strings.TrimSpace(text)
	at := strings.IndexByte(text, ':')
	if at < 0 {
		return text, ""
	}
	from := strings.LastIndexAny(text[:at], " T,")
	if from < 0 {
		return text, ""
	}
	rest, tail := strings.TrimRight(text[:from], " ,"), strings.ToUpper(strings.TrimSpace(text[from+1:]))
	if len(rest) == 0 {
		return text, ""
	}
	tail = strings.NewReplacer("A.M.", "AM", "A.M", "AM", "P.M.", "PM", "P.M", "PM", " ", "", "\u00a0", "", "\u202f", "").Replace(tail) // spreadsheets put narrow spaces there
	for _, layout := range []string{"15:04", "15:04:05", "15:04:05.999999999", "3:04PM", "3:04:05PM", "15:04:05Z", "15:04Z"} {
		if t, err := time.Parse(layout, tail); err == nil {
			return rest, t.Format("15:04")
		}
	}
	return text, ""
}
