package gate_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"tactus/internal/calendar"
	"tactus/internal/gate"
)

// PLAN-8: the given zone, else the address's, else the account's.
func TestContactZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ given, country, region, postal, want string }{
		{"Asia/Tokyo", "US", "NY", "", "Asia/Tokyo given"},
		{"Nowhere/Land", "US", "NY", "", "America/New_York address"},
		{"", "US", "TX", "77001", "America/Chicago address"},
		{"", "US", "tx", "79901", "America/Denver address"},
		{"", "us", "Florida", "32501-1234", "America/Chicago address"},
		{"", "US", "FL", "33101", "America/New_York address"},
		{"", "USA", "N.Y.", "", "America/New_York address"},
		{"", "", "CA", "", "America/Los_Angeles address"},
		{"", "CA", "british  columbia", "", "America/Vancouver address"},
		{"", "AU", "WA", "", "Australia/Perth address"},
		{"", "FR", "", "75001", "Europe/Paris address"},
		{"", "US", "", "", "America/Denver account"},
		{"", "US", "Narnia", "", "America/Denver account"},
		{"", "XX", "", "", "America/Denver account"},
		{"", "", "", "", "America/Denver account"},
	} {
		l, source := gate.ContactZone(c.given, c.country, c.region, c.postal, zone(t, "America/Denver"))
		if got := l.String() + " " + source; got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if l, _ := gate.ContactZone("", "", "", "", nil); l != time.UTC {
		t.Errorf("without an account's zone: %s", l)
	}
}

// CMP-3: the address, else all exchanges of the phone's area code, else the country.
func TestCandidates(t *testing.T) {
	t.Parallel()
	ny := &gate.Policy{Zone: zone(t, "America/New_York")}
	berlin := &gate.Policy{Zone: zone(t, "Europe/Berlin")}
	for _, c := range []struct {
		name    string
		policy  *gate.Policy
		contact gate.Contact
		want    string // source, country, region, and zones or their number
	}{
		{"address", ny, gate.Contact{Region: "FL", Phone: "+14155550100"}, "address US FL America/New_York America/Chicago"},
		{"a given zone is added", ny, gate.Contact{Region: "CA", Zone: zone(t, "Asia/Tokyo")}, "given+address US CA America/Los_Angeles Asia/Tokyo"},
		{"and stands once", ny, gate.Contact{Region: "CA", Zone: zone(t, "America/Los_Angeles")}, "given+address US CA America/Los_Angeles"},
		{"phone", ny, gate.Contact{Phone: "+14155550100"}, "phone US  America/Los_Angeles"},
		{"an area code of two zones", ny, gate.Contact{Phone: "+12705550100"}, "phone US  America/New_York America/Chicago"},
		{"another", ny, gate.Contact{Phone: "+18505550100"}, "phone US  America/New_York America/Chicago"},
		{"one with gaps in the table", ny, gate.Contact{Phone: "+12085550100"}, "phone US  America/Boise America/Los_Angeles America/Denver"},
		{"Canadian phone", ny, gate.Contact{Phone: "+14165550100"}, "phone CA  America/Toronto"},
		{"Bahamas", ny, gate.Contact{Phone: "+12425550100"}, "phone BS  America/Nassau"},
		{"only the country, phone there", ny, gate.Contact{Country: "US", Phone: "+14155550100"}, "phone US  America/Los_Angeles"},
		{"only the country, phone elsewhere", ny, gate.Contact{Country: "US", Phone: "+493012345678"}, "country US  29"},
		{"a country of one zone", ny, gate.Contact{Country: "FR", Phone: "+14155550100"}, "address FR  Europe/Paris"},
		{"toll-free", ny, gate.Contact{Phone: "+18005550100"}, "country US  29"},
		{"nobody's area code", ny, gate.Contact{Phone: "+15555550100"}, "country US  29"},
		{"toll-free for a German", berlin, gate.Contact{Phone: "+18005550100"}, "country DE  2"},
		{"mobile, anywhere in the country", ny, gate.Contact{Phone: "+61412345678"}, "country AU  12"},
		{"a given zone settles it", ny, gate.Contact{Phone: "+61412345678", Zone: zone(t, "Australia/Perth")}, "given AU  Australia/Perth"},
		{"unless it lies elsewhere", ny, gate.Contact{Phone: "+61412345678", Zone: zone(t, "Asia/Tokyo")}, "given+country AU  13"},
		{"and for a toll-free number", &gate.Policy{}, gate.Contact{Phone: "+18005550100", Zone: zone(t, "America/Denver")}, "given US  America/Denver"},
		{"but not an area code", ny, gate.Contact{Phone: "+14155550100", Zone: zone(t, "America/Denver")}, "given+phone US  America/Los_Angeles America/Denver"},
		{"given, and nothing else", &gate.Policy{}, gate.Contact{Zone: zone(t, "Asia/Tokyo")}, "given   Asia/Tokyo"},
		{"fixed line", ny, gate.Contact{Phone: "+493012345678"}, "phone DE  Europe/Berlin"},
		{"a plan without area codes", ny, gate.Contact{Phone: "+34922123456"}, "country ES  3"},
		{"nothing", ny, gate.Contact{}, "country US  29"},
		{"no phone at all", ny, gate.Contact{Phone: "call me"}, "country US  29"},
		{"nothing, and no country", &gate.Policy{}, gate.Contact{}, "account   UTC"},
		{"toll-free, and no country", &gate.Policy{}, gate.Contact{Phone: "+18005550100"}, "country US  29"},
		{"the account's country", &gate.Policy{Country: "CA"}, gate.Contact{Region: "Ontario"}, "address CA ON America/Toronto America/Winnipeg America/Atikokan"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			place := gate.Candidates(c.policy, c.contact)
			var names []string
			for _, z := range place.Zones {
				names = append(names, z.String())
			}
			got := strings.Join(append([]string{place.Source, place.Country, place.Region}, names...), " ")
			count := strings.Join([]string{place.Source, place.Country, place.Region}, " ") + " " + strconv.Itoa(len(names))
			if got != c.want && count != c.want {
				t.Errorf("%s (%s), want %s", got, count, c.want)
			}
		})
	}
}

// CMP-3: the window must be open in every candidate zone.
func TestQuietInEveryZone(t *testing.T) {
	t.Parallel()
	p := gate.DefaultPolicy(zone(t, "America/New_York"))
	r := text(at(t, "2026-07-01T12:30:00Z")) // 8:30 in New York, 7:30 in Chicago
	r.Contact.Region, r.Contact.Phone = "", "+12705550100"
	r.Contact.Country = ""
	d := gate.Decide(&p, r)
	if d.Verdict != gate.Postpone || !d.Until.Equal(at(t, "2026-07-01T13:00:00Z")) || d.Rule != "quiet_hours:us-federal@1 America/Chicago by phone" {
		t.Errorf("%+v", d)
	}
	p.QuietZoneContactOnly = true
	r.Contact.Zone = zone(t, "America/New_York")
	if d := gate.Decide(&p, r); d.Verdict != gate.Open || d.Rule != "quiet_hours:us-federal@1 America/New_York by given" {
		t.Errorf("%+v", d)
	}
	// Toll-free: 8:00 in Adak until before 21:00 in New York.
	p.QuietZoneContactOnly = false
	r.Contact.Zone, r.Contact.Phone = nil, "+18005550100"
	if d := gate.Decide(&p, r); !d.Until.Equal(at(t, "2026-07-01T18:00:00Z")) || d.Reason != gate.QuietHours {
		t.Errorf("%+v", d)
	}
	r.Now = at(t, "2026-07-02T00:59:00Z")
	if d := gate.Decide(&p, r); d.Verdict != gate.Open || d.Rule != "quiet_hours:us-federal@1 America/New_York by country and 28 more zones" {
		t.Errorf("%+v", d)
	}
}

// Rows of states narrow the hours of those who may be there, within their dates.
func TestStateRules(t *testing.T) {
	t.Parallel()
	p := gate.DefaultPolicy(zone(t, "America/New_York"))
	var mondayToSaturday calendar.Weekdays
	for d := time.Monday; d <= time.Saturday; d++ {
		mondayToSaturday = mondayToSaturday.With(d)
	}
	texts := []string{"sms"}
	p.Rules = append(p.Rules,
		gate.Rule{Name: "us-ga", Version: 2, Jurisdiction: "US-GA", Channels: texts, Weekdays: mondayToSaturday, Start: calendar.At(9, 0), End: calendar.At(20, 0), NoHolidays: true, From: calendar.Date{Year: 2026, Month: 7, Day: 1}},
		gate.Rule{Name: "us-ny", Version: 1, Jurisdiction: "US-NY", Channels: texts, Start: calendar.At(10, 0), End: calendar.At(12, 0), To: calendar.Date{Year: 2026, Month: 6, Day: 30}},
	)
	for _, c := range []struct{ region, now, until, rule string }{
		{"GA", "2026-07-02T00:30:00Z", "2026-07-02T13:00:00Z", "us-ga@2"},    // 20:30
		{"GA", "2026-07-03T00:30:00Z", "2026-07-06T13:00:00Z", "us-ga@2"},    // the 3rd keeps the 4th, then Sunday
		{"GA", "2026-06-30T00:30:00Z", "", ""},                               // not yet law
		{"SC", "2026-07-02T00:30:00Z", "", ""},                               // elsewhere
		{"NY", "2026-06-30T16:00:00Z", "2026-07-01T12:00:00Z", "us-federal"}, // law until the 30th
		{"", "2026-07-02T00:30:00Z", "2026-07-02T13:00:00Z", "us-ga@2"},      // may be in Georgia
		{"ON", "2026-07-02T00:30:00Z", "", ""},                               // Canada
	} {
		r := text(at(t, c.now))
		r.Contact.Region = c.region
		r.Contact.Country, r.Contact.Phone = "US", "+14045550100"
		if c.region == "ON" {
			r.Contact.Country = "CA"
			r.Now = r.Now.Add(-3 * time.Hour)
		}
		d := gate.Decide(&p, r)
		got := ""
		if d.Verdict == gate.Postpone {
			got = d.Until.Format(time.RFC3339)
		}
		if got != c.until || !strings.Contains(d.Rule, c.rule) {
			t.Errorf("%+v: %+v", c, d)
		}
	}
}

// The days of 5 U.S.C. 6103, as the Office of Personnel Management lists them.
func TestUSFederalHoliday(t *testing.T) {
	t.Parallel()
	var got []string
	for d := (calendar.Date{Year: 2026, Month: 1, Day: 1}); d.Year < 2028; d = d.AddDays(1) {
		if gate.USFederalHoliday(d) && d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
			got = append(got, d.String())
		}
	}
	want := "2026-01-01 2026-01-19 2026-02-16 2026-05-25 2026-06-19 2026-07-03 2026-09-07 2026-10-12 2026-11-11 2026-11-26 2026-12-25 " +
		"2027-01-01 2027-01-18 2027-02-15 2027-05-31 2027-06-18 2027-07-05 2027-09-06 2027-10-11 2027-11-11 2027-11-25 2027-12-24 2027-12-31"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
}
