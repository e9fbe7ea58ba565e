package gate_test

import (
	"strings"
	"testing"
	"time"

	"tactus/internal/calendar"
	"tactus/internal/channel"
	"tactus/internal/gate"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func hours(t testing.TB, s string) gate.Hours {
	t.Helper()
	h, err := gate.ParseHours(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func weekly(t testing.TB, s string) *gate.WeeklyHours {
	t.Helper()
	w, err := gate.ParseWeeklyHours(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// fine is a contact whom everything may reach; it lives in New York.
func fine() gate.Contact {
	return gate.Contact{
		Country: "US", Region: "NY", Phone: "+12125550100", Address: "x", AddressValid: true,
		ConsentRequired: true, Consent: true,
	}
}

// text is a plan's text to a fine contact.
func text(now time.Time) gate.Request {
	return gate.Request{Channel: channel.SMS, Now: now, Enrollment: 1, RunActive: true, Contact: fine()}
}

// CMP-2: the first closed gate names the reason; a closed one of the last four postpones, the address fails, any other skips.
func TestOrder(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-23T03:00:00Z") // 22:00 in New York
	p := gate.DefaultPolicy(zone(t, "America/New_York"))
	p.Business = weekly(t, "mon-fri 09:00-17:00")
	off := p
	off.ChannelsOff = map[string]bool{channel.SMS: true}
	killed := p
	killed.Kill = true
	sent := []gate.Sent{{now.Add(-3 * time.Hour), 1, channel.SMS}, {now.Add(-2 * time.Hour), 2, channel.Call}, {now.Add(-30 * time.Minute), 2, channel.SMS}}

	// Every line opens one more gate, so that the next one speaks.
	r := gate.Request{
		Channel: channel.SMS, Now: now, Limit: now.Add(-time.Second), SenderKilled: true, BusinessHours: true,
		CarrierOpensAt: at(t, "2026-11-25T00:00:00Z"), CarrierEvidence: "sender 1/s", Enrollment: 1,
		Contact: gate.Contact{
			Country: "US", Region: "NY", KillSwitch: true, Suppressed: true, OptedOut: true, DoNotContact: true, ConsentRequired: true, Recent: sent,
		},
	}
	policy := &killed
	c := &r.Contact
	for _, s := range []struct {
		open    func()
		verdict gate.Verdict
		reason  string
		rule    string
	}{
		{func() {}, gate.Skip, gate.ActionOff, "kill_switch:account"},
		{func() { policy = &off }, gate.Skip, gate.ActionOff, "kill_switch:user"},
		{func() { r.SenderKilled = false }, gate.Skip, gate.DoNotContact, "kill_switch:address"},
		{func() { c.KillSwitch = false }, gate.Skip, gate.ActionOff, "action_off:sms"},
		{func() { policy = &p }, gate.Skip, gate.RunEnded, "enrollment 1"},
		{func() { r.RunActive = true }, gate.Skip, gate.TooLate, "limit 2026-11-23T02:59:59Z"},
		{func() { r.Limit = time.Time{} }, gate.Fail, gate.NoPhone, "address:sms"},
		{func() { c.Address = "x" }, gate.Fail, gate.BadPhone, "address:sms"},
		{func() { c.AddressValid = true }, gate.Skip, gate.Suppressed, ""},
		{func() { c.Suppressed = false }, gate.Skip, gate.OptedOut, ""},
		{func() { c.OptedOut = false }, gate.Skip, gate.DoNotContact, ""},
		{func() { c.DoNotContact = false }, gate.Skip, gate.NotConsented, ""},
		// The carrier opens on Tuesday at 19:00, business hours after it on Wednesday.
		{func() { c.Consent = true }, gate.Postpone, gate.BusinessHoursClosed, "business_hours:mon 09:00-17:00, tue"},
		{func() { r.BusinessHours = false }, gate.Postpone, gate.CarrierLimit, "carrier_limit:sender 1/s"},
		{func() { r.CarrierOpensAt = time.Time{} }, gate.Postpone, gate.FrequencyCap, "frequency_cap:3 in 24h0m0s"},
		{func() { c.Recent = c.Recent[2:] }, gate.Postpone, gate.QuietHours, "quiet_hours:us-federal@1 America/New_York by address"},
		{func() { r.Now = at(t, "2026-11-23T13:00:00Z"); c.Recent[0].At = r.Now }, gate.Postpone, gate.MessageGap, "message_gap:1h0m0s after enrollment 2"},
		{func() { c.Recent = nil }, gate.Open, "", "quiet_hours:us-federal@1"},
	} {
		s.open()
		d := gate.Decide(policy, r)
		if d.Verdict != s.verdict || d.Reason != s.reason || !strings.Contains(d.Rule, s.rule) || d.Rule == "" {
			t.Errorf("%v %s %q, want %v %s %q", d.Verdict, d.Reason, d.Rule, s.verdict, s.reason, s.rule)
		}
	}
}

// Each postponing gate alone, and together.
func TestPostpone(t *testing.T) {
	t.Parallel()
	ny := zone(t, "America/New_York")
	p := gate.DefaultPolicy(ny)
	noon := at(t, "2026-11-23T17:00:00Z") // Monday
	night := at(t, "2026-11-24T02:00:00Z")
	texts := func(minutes ...int) (list []gate.Sent) {
		for _, m := range minutes {
			list = append(list, gate.Sent{At: noon.Add(-time.Duration(m) * time.Minute), Enrollment: 1, Channel: channel.SMS})
		}
		return list
	}
	for _, c := range []struct {
		name   string
		change func(p *gate.Policy, r *gate.Request)
		want   string // reason and moment, or "open"
	}{
		{"nothing", func(*gate.Policy, *gate.Request) {}, "open"},
		{"two of three texts", func(_ *gate.Policy, r *gate.Request) { r.Contact.Recent = texts(60, 120) }, "open"},
		// CMP-5: 24 h after the first of three is 16:00Z the next day.
		{"three texts", func(_ *gate.Policy, r *gate.Request) { r.Contact.Recent = texts(60, 1, 30) }, "frequency_cap 2026-11-24T16:00:00Z"},
		{"four texts", func(_ *gate.Policy, r *gate.Request) { r.Contact.Recent = texts(60, 30, 2, 1) }, "frequency_cap 2026-11-24T16:30:00Z"},
		{"the window is over", func(_ *gate.Policy, r *gate.Request) { r.Contact.Recent = texts(1440, 30, 20) }, "open"},
		{"calls count with texts", func(_ *gate.Policy, r *gate.Request) {
			r.Contact.Recent = texts(60, 30, 20)
			r.Contact.Recent[1].Channel = channel.Call
		}, "frequency_cap 2026-11-24T16:00:00Z"},
		{"emails don't", func(_ *gate.Policy, r *gate.Request) {
			r.Contact.Recent = texts(60, 30, 20)
			r.Contact.Recent[1].Channel = channel.Email
		}, "open"},
		{"caps bind plans", func(_ *gate.Policy, r *gate.Request) { r.Contact.Recent = texts(60, 30, 20); r.Class = gate.Bulk }, "open"},
		// PLAN-26: the gap is between enrollments, within one channel.
		{"gap", func(_ *gate.Policy, r *gate.Request) { r.Contact.Recent = texts(20, 50); r.Enrollment = 2 }, "message_gap 2026-11-23T17:40:00Z"},
		{"gap is over", func(_ *gate.Policy, r *gate.Request) { r.Contact.Recent = texts(60); r.Enrollment = 2 }, "open"},
		{"gap of another channel", func(_ *gate.Policy, r *gate.Request) {
			r.Contact.Recent = texts(20)
			r.Contact.Recent[0].Channel = channel.Call
			r.Enrollment = 2
		}, "open"},
		{"no gap", func(p *gate.Policy, r *gate.Request) { r.Contact.Recent = texts(20); r.Enrollment = 2; p.Gap = 0 }, "open"},
		// CMP-3: 8:00 until before 21:00.
		{"quiet", func(_ *gate.Policy, r *gate.Request) { r.Now = night }, "quiet_hours 2026-11-24T13:00:00Z"},
		{"the last second", func(_ *gate.Policy, r *gate.Request) { r.Now = night.Add(-time.Second) }, "open"},
		{"first moment", func(_ *gate.Policy, r *gate.Request) { r.Now = at(t, "2026-11-24T13:00:00Z") }, "open"},
		{"email is never quiet by law", func(_ *gate.Policy, r *gate.Request) { r.Now = night; r.Channel = channel.Email }, "open"},
		{"the account's own hours for email", func(p *gate.Policy, r *gate.Request) {
			r.Now, r.Channel = night, channel.Email
			p.QuietHours = map[string]gate.Hours{channel.Email: hours(t, "09:30-17:00")}
		}, "quiet_hours 2026-11-24T14:30:00Z"},
		{"not by hand", func(p *gate.Policy, r *gate.Request) {
			r.Now, r.Channel, r.Class = night, channel.Email, gate.Manual
			p.QuietHours = map[string]gate.Hours{gate.AnyChannel: hours(t, "09:30-17:00")}
		}, "open"},
		{"but the law by hand too", func(_ *gate.Policy, r *gate.Request) { r.Now, r.Class = night, gate.Manual }, "quiet_hours 2026-11-24T13:00:00Z"},
		{"the answer to STOP goes", func(_ *gate.Policy, r *gate.Request) { r.Now, r.Class = night, gate.System }, "open"},
		{"narrower hours of the account for texts", func(p *gate.Policy, r *gate.Request) {
			p.QuietHours = map[string]gate.Hours{gate.AnyChannel: hours(t, "13:00-14:00")}
		}, "quiet_hours 2026-11-23T18:00:00Z"},
		{"over midnight", func(p *gate.Policy, r *gate.Request) {
			p.Rules, p.QuietHours = nil, map[string]gate.Hours{gate.AnyChannel: hours(t, "21:00-06:00")}
		}, "quiet_hours 2026-11-24T02:00:00Z"},
		// CMP-4
		{"delayed text", func(p *gate.Policy, r *gate.Request) {
			p.Business, p.DelayedTextsInBusinessHours = weekly(t, "tue-fri 09:00-17:00"), true
		}, "business_hours 2026-11-24T14:00:00Z"},
		{"due at the run's start", func(p *gate.Policy, r *gate.Request) {
			p.Business, p.DelayedTextsInBusinessHours, r.DueAtRunStart = weekly(t, "tue-fri 09:00-17:00"), true, true
		}, "open"},
		{"quiet hours bind it", func(p *gate.Policy, r *gate.Request) {
			p.Business, p.DelayedTextsInBusinessHours, r.DueAtRunStart, r.Now = weekly(t, "tue-fri 09:00-17:00"), true, true, night
		}, "quiet_hours 2026-11-24T13:00:00Z"},
		{"a call is no text", func(p *gate.Policy, r *gate.Request) {
			p.Business, p.DelayedTextsInBusinessHours, r.Channel = weekly(t, "tue-fri 09:00-17:00"), true, channel.Call
		}, "open"},
		{"any action that asks", func(p *gate.Policy, r *gate.Request) {
			p.Business = weekly(t, "tue-fri 09:00-17:00")
			*r = gate.Request{Now: noon, RunActive: true, BusinessHours: true}
		}, "business_hours 2026-11-24T14:00:00Z"},
		{"an action that doesn't ask", func(p *gate.Policy, r *gate.Request) {
			p.Business = weekly(t, "tue-fri 09:00-17:00")
			*r = gate.Request{Now: noon, RunActive: true}
		}, "open"},
		{"business hours are off", func(_ *gate.Policy, r *gate.Request) { r.BusinessHours = true }, "open"},
		{"Thanksgiving and a closed day", func(p *gate.Policy, r *gate.Request) {
			p.Business = weekly(t, "mon-fri 09:00-17:00")
			p.Business.Holidays = gate.USFederalHoliday
			r.Now, r.BusinessHours = at(t, "2026-11-25T22:00:00Z"), true // Wednesday 17:00
		}, "business_hours 2026-11-27T14:00:00Z"},
		{"business hours over midnight", func(p *gate.Policy, r *gate.Request) {
			p.Business, p.Rules = weekly(t, "tue 22:00-06:00"), nil
			r.Now, r.BusinessHours = at(t, "2026-11-25T10:59:00Z"), true // Wednesday 5:59
		}, "open"},
		{"but not after a closed day", func(p *gate.Policy, r *gate.Request) {
			p.Business, p.Rules = weekly(t, "tue 22:00-06:00"), nil
			p.Business.Closed = map[calendar.Date]bool{{Year: 2026, Month: 11, Day: 24}: true}
			r.Now, r.BusinessHours = at(t, "2026-11-25T10:59:00Z"), true
		}, "business_hours 2026-12-02T03:00:00Z"},
		{"quiet until Saturday, then closed until Monday", func(p *gate.Policy, r *gate.Request) {
			p.Business = weekly(t, "mon-fri 09:00-17:00")
			r.Now, r.BusinessHours = at(t, "2026-11-28T04:00:00Z"), true
		}, "business_hours 2026-11-30T14:00:00Z"},
		{"the cap ends in the night", func(_ *gate.Policy, r *gate.Request) {
			r.Contact.Recent = texts(60, 30, 1)
			for i := range r.Contact.Recent {
				r.Contact.Recent[i].At = at(t, "2026-11-23T02:30:00Z")
			}
			r.Now = at(t, "2026-11-24T01:59:00Z")
		}, "quiet_hours 2026-11-24T13:00:00Z"},
		// PLAN-10
		{"the limit itself is in time", func(_ *gate.Policy, r *gate.Request) { r.Now, r.Limit = night, at(t, "2026-11-24T13:00:00Z") }, "quiet_hours 2026-11-24T13:00:00Z"},
		{"the opening is too late", func(_ *gate.Policy, r *gate.Request) { r.Now, r.Limit = night, at(t, "2026-11-24T12:59:59Z") }, "too_late"},
		// Never
		{"hours that exclude each other", func(p *gate.Policy, r *gate.Request) {
			p.Business, r.BusinessHours = weekly(t, "mon-fri 05:00-06:00"), true
		}, "business_hours 2026-11-24T17:00:00Z"},
		{"never, and a limit", func(p *gate.Policy, r *gate.Request) {
			p.Business, r.BusinessHours, r.Limit = &gate.WeeklyHours{}, true, noon.Add(time.Hour)
		}, "too_late"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, r := p, text(noon)
			c.change(&p, &r)
			d := gate.Decide(&p, r)
			got := strings.TrimSpace(d.Reason + " " + strings.TrimPrefix(d.Until.Format(time.RFC3339), "0001-01-01T00:00:00Z"))
			if d.Verdict == gate.Open {
				got = "open" + got
			}
			if got != c.want {
				t.Errorf("%s (%s), want %s", got, d.Rule, c.want)
			}
		})
	}
}

// CMP-8: consent binds what a machine sends; a refusal binds everyone.
func TestClasses(t *testing.T) {
	t.Parallel()
	p := gate.DefaultPolicy(zone(t, "America/New_York"))
	for class, want := range map[gate.Class]string{
		gate.Plan: gate.NotConsented, gate.Completion: gate.NotConsented, gate.Bulk: gate.NotConsented, gate.Manual: "", gate.System: "",
	} {
		r := text(at(t, "2026-11-23T17:00:00Z"))
		r.Class, r.Contact.Consent = class, false
		if d := gate.Decide(&p, r); d.Reason != want {
			t.Errorf("class %d: %s, want %q", class, d.Reason, want)
		}
		r.Contact.OptedOut = true
		if d := gate.Decide(&p, r); d.Reason != gate.OptedOut {
			t.Errorf("class %d after an opt-out: %s", class, d.Reason)
		}
		// ENG-4: the run check binds plan steps only.
		r = text(at(t, "2026-11-23T17:00:00Z"))
		r.Class, r.RunActive = class, false
		if d := gate.Decide(&p, r); (d.Verdict == gate.Open) == (class == gate.Plan) {
			t.Errorf("class %d without a run: %v", class, d.Verdict)
		}
	}
}
