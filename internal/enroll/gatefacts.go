package enroll

import (
	"time"

	"tactus/internal/calendar"
	"tactus/internal/gate"
)

// GateContact is what the gates need of one contact for a channel.
func GateContact(channel string, f GateFacts) gate.Contact {
	c := gate.Contact{
		Country: f.Country, Region: f.State, Postal: f.Zip, Phone: f.Phone,
		Address: f.Address, AddressValid: f.Address != "" && gate.CheckAddress(channel, f.Address) == "",
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
