package gate

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nyaruka/phonenumbers"
)

// nanp is the calling code of the North American numbering plan.
const nanp = 1

// phonePlace is what a number says of where its holder may be.
type phonePlace struct {
	country string           // "" = the number belongs to no country in particular
	zones   []*time.Location // empty = anywhere in the country
	shared  bool             // toll-free or unassigned: the country is only the numbering plan's main one
}

// swept remembers the zones by calling and area code: a sweep asks a thousand prefixes.
var swept sync.Map

// placeOfPhone reads a number in E.164. The table of zones is not safe number by number (an area code's
// row is a catch-all for exchanges that keep another time), so a number stands for all exchanges of its area code (CMP-3).
// A number without an area code (mobile numbers in most countries, toll-free, made-up ones) may be anywhere.
func placeOfPhone(number string) phonePlace {
	n, err := phonenumbers.Parse(number, "ZZ")
	if err != nil {
		return phonePlace{}
	}
	code := int(n.GetCountryCode())
	country := phonenumbers.GetRegionCodeForNumber(n)
	if len(countries().zones[country]) == 0 {
		country = phonenumbers.GetRegionCodeForCountryCode(code) // an area code nobody uses: the plan's main country
	}
	if len(countries().zones[country]) == 0 {
		return phonePlace{}
	}
	digits := phonenumbers.GetNationalSignificantNumber(n)
	area := phonenumbers.GetLengthOfGeographicalAreaCode(n)
	if code == nanp {
		area = 3 // also for the countries of the plan whose numbers are not told apart as geographic
	}
	if area == 0 || len(digits) <= area {
		return phonePlace{country: country, shared: code == nanp}
	}
	zones := sweep(code, digits[:area])
	return phonePlace{country, zones, code == nanp && zones == nil}
}

// sweep is the union of the zones of all exchanges of an area code; nil when they say no more than the calling
// code (toll-free, unassigned).
func sweep(code int, area string) []*time.Location {
	prefix := strconv.Itoa(code) + area
	if zones, ok := swept.Load(prefix); ok {
		return zones.([]*time.Location) //nolint:errcheck // nothing else is put there
	}
	// Exchanges that the table doesn't know fall back to every zone of the calling code: that says nothing of the area.
	anywhere, _ := phonenumbers.GetTimezonesForPrefix(strconv.Itoa(code))
	var names []string
	for exchange := range 1000 {
		found, err := phonenumbers.GetTimezonesForPrefix(fmt.Sprintf("%s%03d", prefix, exchange))
		if err != nil || len(found) > 1 && slices.Equal(found, anywhere) {
			continue
		}
		for _, name := range found {
			if name != phonenumbers.UNKNOWN_TIMEZONE && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	zones := locations(names)
	swept.Store(prefix, zones)
	return zones
}
