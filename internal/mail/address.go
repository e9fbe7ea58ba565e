package mail

import (
	netmail "net/mail"
	"strings"

	"golang.org/x/net/idna"

	"tactus/internal/channel"
)

// address is a checked mailbox: the domain in ASCII, the local part as given (beyond ASCII it needs SMTPUTF8).
type address struct{ name, addr string }

// parseMailbox returns the address, or what is wrong with it.
func parseMailbox(m channel.Mailbox) (address, string) {
	name := nameLine(m.Name)
	at := strings.LastIndexByte(m.Address, '@')
	if at < 1 || at == len(m.Address)-1 {
		return address{}, "is not an email address"
	}
	local, domain := m.Address[:at], m.Address[at+1:]
	if !isPrintableASCII(domain) {
		ascii, err := idna.Lookup.ToASCII(domain)
		if err != nil {
			return address{}, "has a domain that is not valid"
		}
		domain = ascii
	}
	addr := local + "@" + domain
	if len(local) > 64 || len(addr) > 254 { // RFC 5321, 4.5.3.1
		return address{}, "is too long for an email address"
	}
	// The parser also takes names, comments and quoted local parts; only the bare address is one here.
	if parsed, err := netmail.ParseAddress("<" + addr + ">"); err != nil || parsed.Address != addr {
		return address{}, "is not an email address"
	}
	return address{name: name, addr: addr}, ""
}

func (a address) asciiDomain() string { return a.addr[strings.LastIndexByte(a.addr, '@')+1:] }
