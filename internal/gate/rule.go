package gate

import (
	"slices"
	"strconv"
	"strings"

	"tactus/internal/calendar"
)

// Rule is one row of the law on hours: in its jurisdiction, on its weekdays, messages of its channels
// may go from Start until before End by the wall clock of every place where the contact may be. Where
// a jurisdiction has rows for a channel in force, a day without a row is closed (CMP-3).
type Rule struct {
	Name         string            // "us-federal"
	Version      int               // grows with every change of the row
	Jurisdiction string            // "" = everywhere, "US" = a country, "US-FL" = a state
	Channels     []string          // names of channels
	Weekdays     calendar.Weekdays // zero = every day
	Start, End   calendar.TimeOfDay
	NoHolidays   bool          // closed on federal holidays
	From, To     calendar.Date // first and last day in force; zero = without beginning, end
	Source       string        // where the text of the law is found
}

// LegalRules are the rows known to this version. The federal hours are the default everywhere.
func LegalRules() []Rule {
	return []Rule{{
		Name: "us-federal", Version: 1,
		Channels: []string{sms, call},
		Start:    calendar.At(8, 0), End: calendar.At(21, 0),
		Source: "47 CFR 64.1200(c)(1); 16 CFR 310.4(c)",
	}}
}

// id is the rule and its version as evidence.
func (r Rule) id() string { return r.Name + "@" + strconv.Itoa(r.Version) }

// covers reports whether the rule binds the channel.
func (r Rule) covers(channel string) bool {
	return slices.Contains(r.Channels, channel)
}

// reaches reports whether the rule binds someone who may be in the place. An unknown country or state may be any
// (CMP-2: in doubt, closed).
func (r Rule) reaches(p Place) bool {
	country, state, _ := strings.Cut(r.Jurisdiction, "-")
	switch {
	case r.Jurisdiction == "":
		return true
	case p.Country != "" && country != p.Country:
		return false
	}
	return state == "" || p.Region == "" || state == p.Region
}

// inForce reports whether the rule is law on the day.
func (r Rule) inForce(d calendar.Date) bool {
	var none calendar.Date
	return (r.From == none || !d.Before(r.From)) && (r.To == none || !r.To.Before(d))
}

// on gives the rule's window of a day, if it has one.
func (r Rule) on(d calendar.Date) (span, bool) {
	if r.Weekdays != 0 && !r.Weekdays.Has(d.Weekday()) || r.NoHolidays && USFederalHoliday(d) {
		return span{}, false
	}
	return span{r.Start, r.End}, true
}

// code is the set of rows of one jurisdiction that bind one channel.
type code struct {
	rules []Rule
}

// codesFor groups the rows that bind the channel in the place by jurisdiction, in order of appearance.
func codesFor(rules []Rule, channel string, p Place) []code {
	var codes []code
	at := map[string]int{}
	for _, r := range rules {
		if !r.covers(channel) || !r.reaches(p) {
			continue
		}
		i, ok := at[r.Jurisdiction]
		if !ok {
			i = len(codes)
			at[r.Jurisdiction] = i
			codes = append(codes, code{})
		}
		codes[i].rules = append(codes[i].rules, r)
	}
	return codes
}

// id names the rows as evidence.
func (c code) id() string {
	ids := make([]string, len(c.rules))
	for i, r := range c.rules {
		ids[i] = r.id()
	}
	return strings.Join(ids, "+")
}

// on gives the windows of a day; a day on which no row is in force is open.
func (c code) on(d calendar.Date) []span {
	var spans []span
	law := false
	for _, r := range c.rules {
		if !r.inForce(d) {
			continue
		}
		law = true
		if s, ok := r.on(d); ok {
			spans = append(spans, s)
		}
	}
	if !law {
		return []span{{0, day}}
	}
	return spans
}
