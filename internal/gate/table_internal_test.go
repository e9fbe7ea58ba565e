package gate

import (
	"strings"
	"testing"
)

// A misspelt zone would silently drop out of a set of candidates, so every name of every table must exist.
func TestTablesNameZones(t *testing.T) {
	t.Parallel()
	check := func(where, names string) {
		if names == "" {
			t.Errorf("%s has no zone", where)
		}
		for _, n := range strings.Fields(names) {
			if location(n) == nil {
				t.Errorf("%s: no zone %s", where, n)
			}
		}
	}
	for _, country := range []string{"US", "CA", "AU"} {
		for code, r := range regionsOf(country) {
			check(country+"-"+code, r.zones)
		}
	}
	for zip, zone := range zips {
		check(zip, zone)
		// A ZIP code chooses among the state's own zones, or a twin of one of them.
		if zone != "America/Boise" && !strings.Contains(states[zip[:2]].zones, zone) {
			t.Errorf("%s: %s is no zone of the state", zip, zone)
		}
	}
	if n := len(states); n != 56 {
		t.Errorf("%d states, districts and territories", n)
	}
	if n := len(countries().zones); n < 240 {
		t.Errorf("only %d countries", n)
	}
	for country, zones := range countries().zones {
		check(country, strings.Join(zones, " "))
	}
}
