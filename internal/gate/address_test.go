package gate_test

import (
	"strings"
	"testing"

	"tactus/internal/channel"
	"tactus/internal/gate"
)

// CMP-2: a missing or malformed address fails the step with its own code.
func TestCheckAddress(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 65) + "@example.com"
	for _, c := range []struct{ channel, address, want string }{
		{channel.Email, "", gate.NoEmail},
		{channel.Email, "  ", gate.NoEmail},
		{channel.Email, "ann@example.com", ""},
		{channel.Email, "ann+home@mail.example.co.uk", ""},
		{channel.Email, "o'neil@example.com", ""},
		{channel.Email, "jürgen@müller.de", ""},
		{channel.Email, "ann@xn--mller-kva.de", ""},
		{channel.Email, "ann", gate.BadEmail},
		{channel.Email, "ann@", gate.BadEmail},
		{channel.Email, "@example.com", gate.BadEmail},
		{channel.Email, "ann@localhost", gate.BadEmail},
		{channel.Email, "ann@example.", gate.BadEmail},
		{channel.Email, "ann@.com", gate.BadEmail},
		{channel.Email, "ann@ex..com", gate.BadEmail},
		{channel.Email, "a..b@example.com", gate.BadEmail},
		{channel.Email, "ann.@example.com", gate.BadEmail},
		{channel.Email, "ann@-example.com", gate.BadEmail},
		{channel.Email, "ann@exa_mple.com", gate.BadEmail},
		{channel.Email, "ann@10.0.0.1", gate.BadEmail},
		{channel.Email, "ann@[10.0.0.1]", gate.BadEmail},
		{channel.Email, "Ann <ann@example.com>", gate.BadEmail},
		{channel.Email, "<ann@example.com>", gate.BadEmail},
		{channel.Email, "ann@example.com, bob@example.com", gate.BadEmail},
		{channel.Email, `"ann lee"@example.com`, gate.BadEmail},
		{channel.Email, "ann@example.com\r\nBcc: x@y.z", gate.BadEmail},
		{channel.Email, "ann\u00a0lee@example.com", gate.BadEmail},
		{channel.Email, "a@b@example.com", gate.BadEmail},
		{channel.Email, long, gate.BadEmail},
		{channel.SMS, "", gate.NoPhone},
		{channel.SMS, "+12125550100", ""},
		{channel.SMS, "+1 (212) 555-0100", ""},
		{channel.SMS, "+447911123456", ""},
		{channel.SMS, "2125550100", gate.BadPhone},
		{channel.SMS, "+1212555010", gate.BadPhone},
		{channel.SMS, "+121255501000", gate.BadPhone},
		{channel.SMS, "+5550100", gate.BadPhone},
		{channel.SMS, "+1212555CALL", gate.BadPhone},
		{channel.SMS, "+12125550100 ext 5", gate.BadPhone},
		{channel.Call, "", gate.NoPhone},
		{channel.Call, "+999", gate.BadPhone},
		{channel.Mail, "", gate.NoAddress},
		{channel.Mail, " , ", gate.NoAddress},
		{channel.Mail, "1 Main St, Springfield, IL 62701", ""},
		{"carrier_pigeon", "", gate.NoAddress},
	} {
		if got := gate.CheckAddress(c.channel, c.address); got != c.want {
			t.Errorf("%s %q = %q, want %q", c.channel, c.address, got, c.want)
		}
	}
}

func FuzzCheckAddress(f *testing.F) {
	f.Add("ann@example.com")
	f.Add("+12125550100")
	f.Fuzz(func(t *testing.T, s string) {
		if gate.CheckAddress(channel.Email, s) == "" && strings.ContainsAny(strings.TrimSpace(s), " \r\n\t<>,") {
			t.Fatalf("%q passed", s)
		}
		gate.CheckAddress(channel.SMS, s)
	})
}
