package gate

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the zones are part of the program: the same everywhere, never missing
)

//go:embed countries.txt
var countriesText string

// atlas is the table of countries, both ways.
type atlas struct {
	zones   map[string][]string // by country
	country map[string]string   // by zone; zones shared by countries stand with the first
}

// countries reads the table once.
var countries = sync.OnceValue(func() atlas {
	a := atlas{map[string][]string{}, map[string]string{}}
	for line := range strings.Lines(countriesText) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] == "#" {
			continue
		}
		a.zones[f[0]] = f[1:]
		for _, z := range f[1:] {
			if a.country[z] == "" {
				a.country[z] = f[0]
			}
		}
	}
	return a
})

// loaded remembers locations by name; loading one parses it anew each time.
var loaded sync.Map

// location finds a zone by its IANA name; nil when there is none.
func location(name string) *time.Location {
	if known, ok := loaded.Load(name); ok {
		if l, ok := known.(*time.Location); ok {
			return l
		}
	}
	l, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil
	}
	loaded.Store(name, l)
	return l
}

// locations finds the zones, without doubles and unknown names.
func locations(names []string) []*time.Location {
	var list []*time.Location
	for _, n := range names {
		if l := location(n); l != nil {
			list = with(list, l)
		}
	}
	return list
}

// with adds a zone that is not in the list yet.
func with(list []*time.Location, l *time.Location) []*time.Location {
	if contains(list, l) {
		return list
	}
	return append(list, l)
}

func contains(list []*time.Location, l *time.Location) bool {
	return slices.ContainsFunc(list, func(have *time.Location) bool { return have.String() == l.String() })
}

// countryCode tidies what people write: codes in any case and the usual names of the countries we know best.
func countryCode(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	switch strings.ReplaceAll(s, ".", "") {
	case "USA", "UNITED STATES", "UNITED STATES OF AMERICA":
		return "US"
	case "CAN", "CANADA":
		return "CA"
	case "UK", "UNITED KINGDOM", "GREAT BRITAIN":
		return "GB"
	}
	return s
}
