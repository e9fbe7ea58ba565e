package gate

import (
	"net/mail"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/idna"
)

// CheckAddress looks at the shape of the address a message of the channel would go to, and returns "" or
// the reason code to fail with: no_email, bad_email, no_phone, bad_phone, no_address. Email: one bare address with a domain
// that has a dot, non-ASCII letters allowed. Phone: international form with "+", a possible length for its country; spaces
// and the usual punctuation don't matter. Paper: anything with a letter or digit.
func CheckAddress(channel, address string) string {
	address = strings.TrimSpace(address)
	switch channel {
	case EmailAddress:
		if address == "" {
			return NoEmail
		}
		if !validEmail(address) {
			return BadEmail
		}
	case PhoneAddress, sms, call:
		if address == "" {
			return NoPhone
		}
		if !validPhone(address) {
			return BadPhone
		}
	default:
		if !strings.ContainsFunc(address, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			return NoAddress
		}
	}
	return ""
}

// Kinds of address; a channel of the same name writes to it.
const (
	EmailAddress  = "email"
	PhoneAddress  = "phone"
	PostalAddress = "mail"
)

// kind is the kind of address of a request.
func (r Request) kind() string {
	if r.AddressKind != "" {
		return r.AddressKind
	}
	return r.Channel
}

// missing is the reason of a channel whose address is not there.
func missing(channel string) string { return CheckAddress(channel, "") }

// invalid is the reason of a channel whose address is known to be wrong. There is no code for a
// postal address that is wrong: it is none.
func invalid(channel string) string {
	switch channel {
	case EmailAddress:
		return BadEmail
	case PhoneAddress, sms, call:
		return BadPhone
	}
	return NoAddress
}

// The limits of RFC 5321, in octets.
const (
	maxEmail = 254
	maxLocal = 64
)

func validEmail(s string) bool {
	if len(s) > maxEmail || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return false
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s { // a name, angle brackets, a quoted local part, a comment
		return false
	}
	at := strings.LastIndexByte(s, '@')
	return at <= maxLocal && validDomain(s[at+1:])
}

// validDomain wants a name of the public DNS: two labels at least, the last not a number (that would be an IP address).
func validDomain(s string) bool {
	ascii, err := idna.Lookup.ToASCII(s)
	if err != nil || len(ascii) > 253 {
		return false
	}
	labels := strings.Split(ascii, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(labels) > 1 && strings.ContainsFunc(last, func(r rune) bool { return r < '0' || r > '9' })
}

// phonePunctuation is what people put between digits.
const phonePunctuation = " -.()/\u00a0\u2011\u2013"

func validPhone(s string) bool {
	if !strings.HasPrefix(s, "+") {
		return false
	}
	for _, r := range s[1:] {
		if (r < '0' || r > '9') && !strings.ContainsRune(phonePunctuation, r) {
			return false
		}
	}
	n, err := phonenumbers.Parse(s, "ZZ")
	return err == nil && phonenumbers.IsPossibleNumberWithReason(n) == phonenumbers.IS_POSSIBLE
}
