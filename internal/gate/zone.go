package gate

import (
	"slices"
	"strings"
	"time"
)

// Sources of a zone or a set of zones, as evidence.
const (
	fromGiven   = "given"
	fromAddress = "address"
	fromPhone   = "phone"
	fromCountry = "country"
	fromAccount = "account"
)

// Place is where a contact may be.
type Place struct {
	Country string           // ISO 3166 alpha-2; "" = unknown
	Region  string           // code of the state or province; "" = unknown, any
	Zones   []*time.Location // never empty, without doubles; shared, not to be changed
	Source  string           // the evidence: "address", "phone", "country", "account", "given+address" …
}

// ContactZone is the zone of a contact's wall clocks: the given one, else the address's, else the account's
// (PLAN-8), and which of them it is. An unknown given name counts as none. An address in
// a state with several zones is in the one of its ZIP code, if known, else of most of its people; an address without
// a usable state says its country's zone when there is only one. An empty country is the account's. A nil account is UTC.
func ContactZone(givenZone, countryName, state, postal string, accountZone *time.Location) (*time.Location, string) {
	if l := location(givenZone); l != nil {
		return l, fromGiven
	}
	if accountZone == nil {
		accountZone = time.UTC
	}
	cc := countryCode(countryName)
	if cc == "" {
		cc = countries().country[accountZone.String()]
	}
	cc, code, zones := addressZones(cc, state)
	if l := location(postalZone(cc, code, postal)); l != nil {
		return l, fromAddress
	}
	if code != "" || countryName != "" && len(zones) == 1 {
		return zones[0], fromAddress
	}
	return accountZone, fromAccount
}

// addressZones gives the zones of an address and the code of its region; without a known region, all of
// the country's; none for an unknown country. Where no country is known, the names of American and Canadian regions tell it.
func addressZones(cc, state string) (string, string, []*time.Location) {
	tried := []string{cc}
	if cc == "" {
		tried = []string{"US", "CA"}
	}
	for _, c := range tried {
		if code, r, ok := regionIn(c, state); ok {
			return c, code, locations(strings.Fields(r.zones))
		}
	}
	return cc, "", locations(countries().zones[cc])
}

// Candidates is the set of zones in which legal hours must be open (CMP-3): those of the address, else of the
// phone's area code, else of the whole country (the address's, else the phone's, else the account's). A
// zone that was given is added to what address and phone say, because nobody has checked it; where they say no more
// than the country, a given zone of that country is all the evidence and stands alone.
func Candidates(p *Policy, c Contact) Place {
	place := evidence(p, c)
	switch {
	case c.Zone == nil:
	case place.Source == fromAccount, place.Source == fromCountry && contains(place.Zones, c.Zone):
		place.Zones, place.Source = []*time.Location{c.Zone}, fromGiven
	default:
		place.Zones, place.Source = with(slices.Clone(place.Zones), c.Zone), fromGiven+"+"+place.Source
	}
	return place
}

// evidence is what address, phone and country say. The source is the country when they leave several of its zones.
func evidence(p *Policy, c Contact) Place {
	own := countryCode(c.Country)
	cc := own
	if cc == "" {
		cc = p.country()
	}
	cc, code, zones := addressZones(cc, c.Region)
	if code != "" || own != "" && len(zones) == 1 {
		return Place{cc, code, zones, fromAddress}
	}
	ph := placeOfPhone(c.Phone)
	switch elsewhere := own != "" && len(zones) > 0 && ph.country != own; {
	case elsewhere: // the address is better evidence than a phone of another country
	case len(ph.zones) > 0:
		return Place{ph.country, "", ph.zones, fromPhone}
	case ph.country != "" && (!ph.shared || len(zones) == 0):
		zones = locations(countries().zones[ph.country])
		if len(zones) == 1 {
			return Place{ph.country, "", zones, fromPhone}
		}
		cc = ph.country
	}
	if len(zones) == 0 {
		return Place{"", "", []*time.Location{p.zone()}, fromAccount}
	}
	return Place{cc, "", zones, fromCountry}
}

// ownPlace is the contact's own zone alone (PLAN-8).
func ownPlace(p *Policy, c Contact) Place {
	cc := countryCode(c.Country)
	if cc == "" {
		cc = p.country()
	}
	cc, code, _ := addressZones(cc, c.Region)
	if c.Zone != nil {
		return Place{cc, code, []*time.Location{c.Zone}, fromGiven}
	}
	l, source := ContactZone("", c.Country, c.Region, c.Postal, p.zone())
	return Place{cc, code, []*time.Location{l}, source}
}

// country is the account's.
func (p *Policy) country() string {
	if c := countryCode(p.Country); c != "" {
		return c
	}
	return countries().country[p.zone().String()]
}
