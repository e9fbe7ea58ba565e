package enroll

import (
	"time"

	"tactus/internal/calendar"
	"tactus/internal/contact"
	"tactus/internal/gate"
)

// GateContact is what the gates need of one contact for a channel that writes to a kind of address.
func GateContact(kind string, f GateFacts) gate.Contact {
	c := gate.Contact{
		Country: f.Country, Region: f.State, Postal: f.Zip, Phone: f.Phone,
		Address: f.Address, AddressValid: f.Address != "" && gate.CheckAddress(gateKinds[kind], f.Address) == "",
		KillSwitch: f.Kill, Suppressed: f.Suppressed, OptedOut: f.OptedOut, DoNotContact: f.DoNotContact,
		ConsentRequired: true, Consent: f.Consent,
	}
	if f.Zone != "" {
		if z, err := calendar.Zone(f.Zone); err == nil {
			c.Zone = z
		}
	}
	for _, r := range f.Recent {
		c.Recent = append(c.Recent, gate.Sent{At: r.At, Enrollment: r.Enrollment, Channel: r.Channel})
	}
	return c
}

// GateWindow is how far back the gates look.
func GateWindow(p *gate.Policy) time.Duration {
	w := p.Gap
	for _, c := range p.Caps {
		w = max(w, c.Window)
	}
	return w
}

// gateKinds are the gates' names of the kinds of address.
var gateKinds = map[string]string{
	contact.EmailAddress: gate.EmailAddress, contact.PhoneAddress: gate.PhoneAddress, contact.PostalAddress: gate.PostalAddress,
}

// Channels sets which kind of address each channel writes to.
func (s *Service) Channels(c contact.Channels) { s.channels = c }

// AddressKind is the kind of address that a channel writes to, as contacts have it.
func (s *Service) AddressKind(channel string) string { return s.channels[channel] }

// gateKind is the same in the gates' words.
func (s *Service) gateKind(channel string) string { return gateKinds[s.channels[channel]] }
