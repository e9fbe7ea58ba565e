package gate_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tactus/internal/calendar"
	"tactus/internal/channel"
	"tactus/internal/gate"
)

// shows reports whether clocks in loc stand within the hours: the obvious reading of the rule, minute by minute.
func shows(t time.Time, loc *time.Location, h gate.Hours) bool {
	if h.IsZero() {
		return true
	}
	l := t.In(loc)
	now := calendar.At(l.Hour(), l.Minute())
	if h.Open < h.Close {
		return h.Open <= now && now < h.Close
	}
	return now >= h.Open || now < h.Close
}

// works is the same for a week.
func works(t time.Time, loc *time.Location, w *gate.WeeklyHours) bool {
	l := t.In(loc)
	now := calendar.At(l.Hour(), l.Minute())
	d := calendar.Of(t, loc).Date
	for _, h := range w.Days[d.Weekday()] {
		if !w.Closed[d] && h.Open <= now && (now < h.Close || h.Close < h.Open) {
			return true
		}
	}
	before := d.AddDays(-1)
	for _, h := range w.Days[before.Weekday()] {
		if !w.Closed[before] && h.Close < h.Open && now < h.Close {
			return true
		}
	}
	return false
}

// facts is a situation whose openings can be told minute by minute.
type facts struct {
	policy   gate.Policy
	request  gate.Request
	own      gate.Hours
	law      gate.Hours
	zones    []*time.Location
	business *gate.WeeklyHours
}

// open is the second, plain implementation of the postponing gates.
func (f facts) open(t time.Time) bool {
	inWindow := 0
	for _, s := range f.request.Contact.Recent {
		if t.Before(s.At.Add(f.policy.Caps[0].Window)) {
			inWindow++
		}
		if s.Enrollment != f.request.Enrollment && t.Before(s.At.Add(f.policy.Gap)) {
			return false
		}
	}
	if inWindow >= f.policy.Caps[0].Max || !works(t, f.policy.Zone, f.business) || t.Before(f.request.CarrierOpensAt) {
		return false
	}
	for _, z := range f.zones {
		if !shows(t, z, f.own) || !shows(t, z, f.law) {
			return false
		}
	}
	return true
}

// changes are nights on which clocks change, as the moment before it: gaps and doubled hours of all sizes, at
// midnight too, and a day that never was.
func changes(t *testing.T) map[string][]time.Time {
	t.Helper()
	list := map[string][]time.Time{}
	for name, moments := range map[string][]string{
		"America/New_York":    {"2026-03-08T05:00:00Z", "2026-11-01T04:00:00Z", "2026-07-01T00:00:00Z"},
		"America/Havana":      {"2026-03-08T04:00:00Z", "2026-11-01T04:00:00Z"},
		"America/St_Johns":    {"2026-03-08T04:00:00Z", "2026-11-01T03:00:00Z"},
		"Australia/Lord_Howe": {"2026-10-03T14:00:00Z", "2026-04-04T14:00:00Z"},
		"Antarctica/Troll":    {"2026-03-29T00:00:00Z", "2026-10-25T00:00:00Z"},
		"Pacific/Apia":        {"2011-12-30T08:00:00Z"},
		"Europe/Dublin":       {"2026-03-29T00:00:00Z", "2026-10-25T00:00:00Z"},
		"Asia/Kathmandu":      {"2026-01-01T00:00:00Z"},
		"UTC":                 {"2026-01-01T00:00:00Z"},
	} {
		for _, m := range moments {
			list[name] = append(list[name], at(t, m))
		}
	}
	return list
}

// CMP-3, CMP-4: the joint opening is the first open minute, over clock changes of every kind.
func TestOpeningIsTheFirst(t *testing.T) {
	t.Parallel()
	moments := changes(t)
	names := []string{"America/New_York", "America/Havana", "America/St_Johns", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia", "Europe/Dublin", "Asia/Kathmandu", "UTC"}
	rapid.Check(t, func(rt *rapid.T) {
		f := draw(rt, names, moments)
		d := gate.Decide(&f.policy, f.request)
		const scan = 9 * 24 * 60
		first := -1
		for m := 0; m < scan && first < 0; m++ {
			if f.open(f.request.Now.Add(time.Duration(m) * time.Minute)) {
				first = m
			}
		}
		switch {
		case first == 0:
			if d.Verdict != gate.Open {
				rt.Fatalf("open now, but %+v", d)
			}
		case first > 0:
			want := f.request.Now.Add(time.Duration(first) * time.Minute)
			if d.Verdict != gate.Postpone || !d.Until.Equal(want) {
				rt.Fatalf("opens at %s, but %+v", want, d)
			}
			again := f.request
			again.Now = d.Until
			if e := gate.Decide(&f.policy, again); e.Verdict != gate.Open {
				rt.Fatalf("%+v, and then %+v", d, e)
			}
			again = f.request
			again.Limit = want.Add(-time.Millisecond)
			if e := gate.Decide(&f.policy, again); e.Verdict != gate.Skip || e.Reason != gate.TooLate {
				rt.Fatalf("%+v, with a limit before it %+v", d, e)
			}
		case d.Verdict != gate.Postpone:
			rt.Fatalf("nothing opens in nine days, but %+v", d)
		}
	})
}

// draw makes a situation near a clock change: hours that meet it, business days, texts sent before.
func draw(rt *rapid.T, names []string, moments map[string][]time.Time) facts {
	name := rapid.SampledFrom(names).Draw(rt, "zone")
	loc := mustZone(rt, name)
	now := rapid.SampledFrom(moments[name]).Draw(rt, "change").Add(time.Duration(rapid.IntRange(-2000, 2000).Draw(rt, "minutes")) * time.Minute)
	clock := rapid.Custom(func(rt *rapid.T) calendar.TimeOfDay {
		return calendar.At(rapid.IntRange(0, 23).Draw(rt, "hour"), rapid.SampledFrom([]int{0, 0, 15, 30, 59}).Draw(rt, "minute"))
	})
	span := rapid.Custom(func(rt *rapid.T) gate.Hours {
		h := gate.Hours{Open: clock.Draw(rt, "open"), Close: clock.Draw(rt, "close")}
		if h.Open == h.Close {
			h.Close = calendar.At(24, 0)
		}
		return h
	})
	f := facts{business: &gate.WeeklyHours{Closed: map[calendar.Date]bool{}}, zones: []*time.Location{loc}}
	for day := range 7 {
		f.business.Days[day] = rapid.SliceOfN(span, 0, 2).Draw(rt, "business")
		if rapid.Bool().Draw(rt, "all day") {
			f.business.Days[day] = []gate.Hours{{Close: calendar.At(24, 0)}}
		}
	}
	f.business.Closed[calendar.Of(now, loc).Date.AddDays(rapid.IntRange(0, 3).Draw(rt, "closed"))] = true
	if rapid.Bool().Draw(rt, "account hours") {
		f.own = span.Draw(rt, "own")
	}
	f.policy = gate.DefaultPolicy(loc)
	f.policy.Business = f.business
	if rapid.Bool().Draw(rt, "law") {
		f.law = gate.Hours{Open: calendar.At(8, 0), Close: calendar.At(21, 0)}
	} else {
		f.policy.Rules = nil
	}
	f.policy.QuietHours = map[string]gate.Hours{channel.SMS: f.own}
	f.request = gate.Request{Channel: channel.SMS, Now: now, Enrollment: 1, RunActive: true, BusinessHours: true}
	f.request.Contact = gate.Contact{Region: "NY", Country: "US", Zone: loc, Address: "x", AddressValid: true, Consent: true}
	if rapid.Bool().Draw(rt, "every zone") {
		f.zones = append(f.zones, mustZone(rt, "America/New_York"))
	} else {
		f.policy.QuietZoneContactOnly = true
	}
	for range rapid.IntRange(0, 5).Draw(rt, "texts") {
		f.request.Contact.Recent = append(f.request.Contact.Recent, gate.Sent{
			At:         now.Add(-time.Duration(rapid.IntRange(0, 1500).Draw(rt, "ago")) * time.Minute),
			Enrollment: rapid.Int64Range(1, 2).Draw(rt, "enrollment"), Channel: channel.SMS,
		})
	}
	if rapid.Bool().Draw(rt, "carrier") {
		f.request.CarrierOpensAt = now.Add(time.Duration(rapid.IntRange(-10, 600).Draw(rt, "carrier opens")) * time.Minute)
	}
	return f
}

func mustZone(rt *rapid.T, name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		rt.Fatal(err)
	}
	return l
}

// A window in a gap never opens that day, one that begins in it opens at the change, and a doubled hour opens twice.
func TestClockChanges(t *testing.T) {
	t.Parallel()
	ny := zone(t, "America/New_York")
	for _, c := range []struct{ hours, now, want string }{
		{"02:00-02:30", "2026-03-08T05:00:00Z", "2026-03-09T06:00:00Z"}, // swallowed
		{"02:30-05:00", "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z"}, // 3:00, the first moment after
		{"23:00-02:15", "2026-03-08T07:00:00Z", "2026-03-09T03:00:00Z"}, // closed from the change on
		{"01:30-05:00", "2026-11-01T06:10:00Z", "2026-11-01T06:30:00Z"}, // 1:10 for the second time
		{"00:30-01:30", "2026-11-01T05:40:00Z", "2026-11-01T06:00:00Z"}, // 1:00 again
		{"02:00-24:00", "2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z"},
	} {
		p := gate.Policy{Zone: ny, QuietHours: map[string]gate.Hours{channel.Email: hours(t, c.hours)}}
		r := text(at(t, c.now))
		r.Channel = channel.Email
		if d := gate.Decide(&p, r); d.Until.Format(time.RFC3339) != c.want {
			t.Errorf("%+v: %+v", c, d)
		}
	}
}

func BenchmarkDecideEmail(b *testing.B) { bench(b, channel.Email, fine()) }

func BenchmarkDecideText(b *testing.B) { bench(b, channel.SMS, fine()) }

func BenchmarkDecideTextAnywhere(b *testing.B) {
	c := fine()
	c.Country, c.Region, c.Phone = "", "", "+18005550100"
	bench(b, channel.SMS, c)
}

func bench(b *testing.B, ch string, c gate.Contact) {
	p := gate.DefaultPolicy(zone(b, "America/New_York"))
	r := text(at(b, "2026-11-24T04:00:00Z"))
	r.Channel, r.Contact = ch, c
	for b.Loop() {
		gate.Decide(&p, r)
	}
}
