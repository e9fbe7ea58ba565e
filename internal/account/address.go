package account

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// NormalEmail is an email address as it is compared and stored: without spaces around it, in lower
// case. (Local parts may differ by case in theory; in practice people type the same mailbox in both.)
func NormalEmail(address string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(address), "mailto:"))
}

// NormalPhone is a phone number in E.164, read as dialled within the country when it has no country
// code; false when it cannot be one. Extensions are dropped.
func NormalPhone(number, country string) (string, bool) {
	number = strings.TrimPrefix(strings.TrimSpace(number), "tel:")
	if country == "" {
		country = "US"
	}
	n, err := phonenumbers.Parse(number, country)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// OneLine is a text as a field of one line holds it: line breaks and other control characters become single spaces, and there are no
// spaces around it. In a name they would reach the headers of mail.
func OneLine(text string) string {
	if strings.IndexFunc(text, breaksLine) >= 0 {
		text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || breaksLine(r) }), " ")
	}
	return strings.TrimSpace(text)
}

func breaksLine(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// NameKey is a name as it is compared: lower case, single spaces, and no NUL, which the database does not keep. "" = it says nothing.
func NameKey(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(name, "\x00", "")), " "))
}
