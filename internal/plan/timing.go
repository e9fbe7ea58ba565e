package plan

import (
	"slices"
	"strconv"
	"strings"

	"tactus/internal/fault"
)

// The longest wait of one timing: ten years, in each unit.
const (
	maxDays    = 3650
	maxMonths  = 120
	maxWeeks   = maxDays / 7
	maxHours   = maxDays * 24
	maxMinutes = maxHours * 60
)

// The words after which a timing counts.
const (
	wordStart    = "start"
	wordPrevious = "previous"
	wordEvent    = "event"
)

// ParseTiming reads a timing as people say it, in one of the forms of 1a. Case, singular and plural, "the" and extra
// blanks don't matter. The error is a fault.Invalid whose message says what is wrong and what to write instead. Whether the
// plan has a date or the step a step above it is not its business.
func ParseTiming(s string) (Timing, error) {
	p := &timingParser{}
	lower := strings.NewReplacer("–", "-", "—", "-").Replace(strings.ToLower(s))
	for _, w := range strings.Fields(lower) {
		if w != "the" {
			p.words = append(p.words, w)
		}
	}
	t, err := p.parse()
	if err != nil {
		return Timing{}, err
	}
	return t, nil
}

type timingParser struct{ words []string }

func (p *timingParser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

func (p *timingParser) next() string {
	w := p.peek()
	if w != "" {
		p.words = p.words[1:]
	}
	return w
}

func (p *timingParser) parse() (Timing, error) {
	first := p.next()
	switch {
	case first == "":
		return Timing{}, wrong(`the timing is empty; write it like "immediately" or "3 days after start at 09:30"`)
	case first == "immediately":
		return p.rest(Timing{Anchor: AtStart})
	case first == "at":
		if p.peek() != wordEvent {
			return Timing{}, wrong(`%q needs a day before it, like "on day 1 at 09:00" or "1 day after start at 09:00"; without one there is only "at event"`, p.phrase("at"))
		}
		p.next()
		return p.rest(Timing{Anchor: AtDate})
	case first == "on":
		return p.onDay()
	case first == "after" || first == "before":
		return Timing{}, wrong(`the number and its unit come first, like "3 days %s %s"`, first, map[string]string{"after": wordStart, "before": wordEvent}[first])
	case isWordNumber(first):
		return Timing{}, wrong(`write the number %q with digits, like "1 day after start"`, first)
	case strings.ContainsAny(first[:1], "0123456789-+."):
		return p.counted(first)
	}
	return Timing{}, wrong(`%q is not a timing%s; write it like "immediately", "10 minutes after start", "on day 3 at 09:30", "1 day after previous" or "3 days before event"`,
		p.phrase(first), didYouMean(first, []string{"immediately"}))
}

// onDay reads "day N" and what may follow.
func (p *timingParser) onDay() (Timing, error) {
	if w := p.peek(); w != "day" && w != "days" {
		if _, err := weekday(strings.Trim(w, ",")); err == nil {
			return Timing{}, wrong(`weekdays only move a day-based timing forward: write "1 day after start on %s"`, w)
		}
		return Timing{}, wrong(`after "on" comes "day" and its number, like "on day 3 at 09:30"`)
	}
	p.next()
	w := p.next()
	if w == "" {
		return Timing{}, wrong(`"on day" needs a number, like "on day 3"`)
	}
	n, err := count(w, Day, `day 1 is the day after the assignment`)
	if err != nil {
		return Timing{}, err
	}
	return p.rest(Timing{Anchor: OnDay, N: n, Unit: Day})
}

// counted reads "N units after|before anchor" and what may follow.
func (p *timingParser) counted(number string) (Timing, error) {
	if digits := strings.TrimRight(number, "abcdefghijklmnopqrstuvwxyz"); digits != number && digits != "" {
		return Timing{}, wrong(`put a blank between the number and its unit: "%s %s"`, digits, number[len(digits):])
	}
	word := p.next()
	if word == "" {
		return Timing{}, wrong(`%q needs a unit and an anchor, like "%s days after start"`, number, number)
	}
	unit, err := parseUnit(number, word)
	if err != nil {
		return Timing{}, err
	}
	n, err := count(number, unit, `for the moment itself write "immediately" or "at event"`)
	if err != nil {
		return Timing{}, err
	}
	t := Timing{N: n, Unit: unit}
	direction := p.next()
	if direction != "after" && direction != "before" {
		return Timing{}, wrong(`%q must be followed by "after start", "after previous", "after event" or "before event"%s`,
			number+" "+word, didYouMean(direction, []string{"after", "before"}))
	}
	t.Before = direction == "before"
	switch anchor := p.next(); anchor {
	case wordStart:
		t.Anchor = AtStart
	case wordPrevious:
		t.Anchor = Previous
	case wordEvent:
		t.Anchor = AtDate
	case "":
		return Timing{}, wrong(`%q needs an anchor: start, previous or event`, number+" "+word+" "+direction)
	default:
		return Timing{}, wrong(`%q is not an anchor%s; there are start, previous and event`, anchor, didYouMean(anchor, []string{wordStart, wordPrevious, wordEvent}))
	}
	if t.Before && t.Anchor != AtDate {
		return Timing{}, wrong(`"before" goes with event only: write "%s %s after …" or "%s %s before event"`, number, word, number, word)
	}
	return p.rest(t)
}

// rest reads "at 09:30" and "on tue-thu", each at most once, in any order, up to the end.
func (p *timingParser) rest(t Timing) (Timing, error) {
	for {
		switch w := p.next(); w {
		case "":
			return t, nil
		case "at":
			if err := p.timeOfDay(&t); err != nil {
				return t, err
			}
		case "on":
			if err := p.weekdays(&t); err != nil {
				return t, err
			}
		default:
			return t, wrong(`%q is not understood here; after %q may follow only a time and weekdays, like "at 09:30 on tue-thu"`, w, t.String())
		}
	}
}

func (p *timingParser) timeOfDay(t *Timing) error {
	w := p.next()
	switch {
	case t.At != nil:
		return wrong(`there are two times of day; name one`)
	case w == "":
		return wrong(`after "at" comes a time of day, like "at 09:30"`)
	case !t.DayBased():
		return wrong(`a time of day goes only with days, weeks and months, and %q is not counted in them%s`, t.String(), insteadOf(*t))
	}
	at, err := ParseTimeOfDay(w)
	if err != nil {
		return wrong(`"at %s" is not a time of day; write it like "at 09:30"`, w)
	}
	t.At = &at
	return nil
}

func (p *timingParser) weekdays(t *Timing) error {
	end := slices.IndexFunc(p.words, func(w string) bool { return w == "at" || w == "on" })
	if end < 0 {
		end = len(p.words)
	}
	text := strings.Join(p.words[:end], " ")
	p.words = p.words[end:]
	switch {
	case t.Weekdays != 0:
		return wrong(`there are two lists of weekdays; join them with commas, like "on mon,wed-fri"`)
	case !t.DayBased():
		return wrong(`weekdays go only with days, weeks and months, and %q is not counted in them`, t.String())
	}
	days, err := ParseWeekdays(text)
	if err != nil {
		return err
	}
	t.Weekdays = days
	return nil
}

func (p *timingParser) phrase(first string) string {
	return strings.Join(append([]string{first}, p.words...), " ")
}

// insteadOf is the advice for a time of day at a moment that has its own.
func insteadOf(t Timing) string {
	switch {
	case t.Anchor == AtDate && t.N == 0:
		return `; write "1 day before event at …", or "9 hours after event" for a date without a time`
	case t.N == 0:
		return `; write "on day 1 at …"`
	}
	return ""
}

// count reads a number of units within its bounds; zero is the advice when it is 0.
func count(w string, unit Unit, zero string) (int, error) {
	n, err := strconv.Atoi(w)
	most := mostOf(unit)
	switch {
	case err != nil && strings.Trim(w, "0123456789") == "": // digits only: out of range
		n = most + 1
	case err != nil:
		return 0, wrong(`%q is not a whole number`, w)
	case w[0] == '+':
		return 0, wrong(`write the number without a sign`)
	}
	switch {
	case n < 0:
		return 0, wrong(`the number must be at least 1, not %s; write "before event" for what comes before the date`, w)
	case n == 0:
		return 0, wrong(`the number must be at least 1; %s`, zero)
	case n > most:
		return 0, wrong(`%s %ss is too far ahead; the most is %d (ten years)`, w, unit, most)
	}
	return n, nil
}

func mostOf(u Unit) int {
	switch u {
	case Minute:
		return maxMinutes
	case Hour:
		return maxHours
	case Week:
		return maxWeeks
	case Month:
		return maxMonths
	case Day:
	}
	return maxDays
}

func parseUnit(number, w string) (Unit, error) {
	units := []Unit{Minute, Hour, Day, Week, Month}
	for _, u := range units {
		if w == string(u) || w == string(u)+"s" {
			return u, nil
		}
	}
	const known = "the units are minute, hour, day, week and month"
	switch strings.TrimSuffix(w, "s") {
	case "year":
		return "", wrong(`"year" is not a unit; write it in months ("12 months after start"); %s`, known)
	case "second", "sec":
		return "", wrong(`"second" is not a unit; the smallest is the minute`)
	case "weekday", "workday", "busines", "working": // "business" without its s
		return "", wrong(`%q is not a unit; for working days write "%s days after start on mon-fri"`, w, number)
	case "min":
		return "", wrong(`%q is not a unit; did you mean "minutes"? %s`, w, known)
	case "hr", "h":
		return "", wrong(`%q is not a unit; did you mean "hours"? %s`, w, known)
	case "after", "before":
		return "", wrong(`a unit is missing between %q and %q; %s`, number, w, known)
	}
	return "", wrong(`%q is not a unit%s; %s`, w, didYouMean(w, []string{"minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months"}), known)
}

func isWordNumber(w string) bool {
	return slices.Contains([]string{"a", "an", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "half"}, w)
}

func wrong(format string, args ...any) error { return fault.New(fault.Invalid, format, args...) }
