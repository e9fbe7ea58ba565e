package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// bound is one postponing gate in one zone: next gives its first open moment from t on; false = never.
type bound struct {
	reason string
	rule   string
	zone   string // of the wall clock it follows; "" = none
	source string // why that zone
	next   func(t time.Time) (time.Time, bool)
}

// bounds lists the postponing gates that bind the request, in the order of CMP-2.
func bounds(p *Policy, r Request) []bound {
	var list []bound
	if r.Channel != "" && r.Class == Plan {
		list = append(list, caps(p, r)...)
		list = append(list, gap(p, r)...)
	}
	if r.Channel != "" && r.Class != System {
		list = append(list, quiet(p, r)...)
	}
	if p.Business != nil && (r.BusinessHours || delayedText(p, r)) {
		list = append(list, window(BusinessHoursClosed, "business_hours:"+p.Business.String(), p.zone(), fromAccount, p.Business))
	}
	if r.Channel != "" && !r.CarrierOpensAt.IsZero() {
		list = append(list, moment(CarrierLimit, strings.TrimSuffix("carrier_limit:"+r.CarrierEvidence, ":"), r.CarrierOpensAt))
	}
	return list
}

// joint is the first moment from now on at which all gates are open, and the gate that moved there last (nil: none
// had to). Each gate moves the moment to its own first opening, which no common opening can precede; so
// the moment at which none moves it any more is the earliest. False, with the last mover, when there is
// none within the horizon; a moment past the limit is returned as it is, since nobody cares for a later one.
func joint(gates []bound, now, limit time.Time) (time.Time, *bound, bool) {
	t, end := now, now.Add(horizon)
	var last *bound
	for moved := true; moved; {
		moved = false
		for i := range gates {
			u, ok := gates[i].next(t)
			if !ok {
				return t, &gates[i], false
			}
			if u.After(t) {
				t, last, moved = u, &gates[i], true
			}
			if t.After(end) {
				return t, last, false
			}
			if !limit.IsZero() && t.After(limit) {
				return t, last, true
			}
		}
	}
	return t, last, true
}

// evidence says which rule, where, and why there.
func (b bound) evidence() string {
	if b.zone == "" {
		return b.rule
	}
	return b.rule + " " + b.zone + " by " + b.source
}

// passed is the evidence of an open decision: each rule once, with the first of its zones and their number.
func passed(gates []bound) string {
	var rules []string
	for i := 0; i < len(gates); {
		n := 1
		for i+n < len(gates) && gates[i+n].rule == gates[i].rule {
			n++
		}
		text := gates[i].evidence()
		if n > 1 {
			text += fmt.Sprintf(" and %d more zones", n-1)
		}
		rules = append(rules, text)
		i += n
	}
	return strings.Join(rules, "; ")
}

// caps are the frequency caps: with Max messages in the window, the next may go when the Max-th latest has left it.
func caps(p *Policy, r Request) []bound {
	var list []bound
	for _, c := range p.Caps {
		if c.Max <= 0 || !slices.Contains(c.Channels, r.Channel) {
			continue
		}
		var at []time.Time
		for _, s := range r.Contact.Recent {
			if slices.Contains(c.Channels, s.Channel) {
				at = append(at, s.At)
			}
		}
		if len(at) < c.Max {
			continue
		}
		slices.SortFunc(at, func(a, b time.Time) int { return b.Compare(a) })
		rule := fmt.Sprintf("frequency_cap:%d in %s", c.Max, c.Window)
		list = append(list, moment(FrequencyCap, rule, at[c.Max-1].Add(c.Window)))
	}
	return list
}

// gap keeps messages of one channel from different enrollments apart (PLAN-26).
func gap(p *Policy, r Request) []bound {
	var last Sent
	for _, s := range r.Contact.Recent {
		if s.Channel == r.Channel && s.Enrollment != r.Enrollment && s.At.After(last.At) {
			last = s
		}
	}
	if p.Gap <= 0 || last.At.IsZero() {
		return nil
	}
	rule := fmt.Sprintf("message_gap:%s after enrollment %d", p.Gap, last.Enrollment)
	return []bound{moment(MessageGap, rule, last.At.Add(p.Gap))}
}

// quiet are the legal hours and the account's own, in every zone that counts (CMP-3).
func quiet(p *Policy, r Request) []bound {
	own := p.hours(r.Channel)
	if r.Class == Manual {
		own = Hours{} // a person who presses "send" has chosen the hour; the law still binds
	}
	law := slices.ContainsFunc(p.Rules, func(rule Rule) bool { return rule.covers(r.Channel) })
	if own.IsZero() && !law {
		return nil // most emails: no need to know where the contact is
	}
	place := placeOf(p, r)
	var list []bound
	add := func(rule string, w days) {
		for _, zone := range place.Zones {
			list = append(list, window(QuietHours, "quiet_hours:"+rule, zone, place.Source, w))
		}
	}
	for _, c := range codesFor(p.Rules, r.Channel, place) {
		add(c.id(), c)
	}
	if !own.IsZero() {
		add("account "+own.String(), own)
	}
	return list
}

// placeOf is where the contact may be for quiet hours: for texts and calls wherever the evidence
// allows, otherwise its own zone.
func placeOf(p *Policy, r Request) Place {
	if p.QuietZoneContactOnly || r.Channel != sms && r.Channel != call {
		return ownPlace(p, r.Contact)
	}
	c := r.Contact
	if c.Phone == "" {
		c.Phone = c.Address // the number that is called is evidence too
	}
	return Candidates(p, c)
}

// delayedText reports whether the setting of CMP-4 binds the request.
func delayedText(p *Policy, r Request) bool {
	return p.DelayedTextsInBusinessHours && r.Channel == sms && r.Class == Plan && !r.DueAtRunStart
}

func (p *Policy) hours(channel string) Hours {
	if h, ok := p.QuietHours[channel]; ok {
		return h
	}
	return p.QuietHours[AnyChannel]
}

func (p *Policy) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// window is a gate that follows wall clocks.
func window(reason, rule string, loc *time.Location, source string, w days) bound {
	return bound{reason, rule, loc.String(), source, func(t time.Time) (time.Time, bool) { return next(t, loc, w) }}
}

// moment is a gate that opens once.
func moment(reason, rule string, opens time.Time) bound {
	return bound{reason: reason, rule: rule, next: func(t time.Time) (time.Time, bool) {
		if t.Before(opens) {
			return opens, true
		}
		return t, true
	}}
}
