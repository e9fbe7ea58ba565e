package contact

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"tactus/internal/account"
	"tactus/internal/fault"
	"tactus/internal/gate"
)

// Bounds of what one contact holds.
const (
	maxText      = 500
	maxAddresses = 50
	maxFields    = 200
)

// normalise tidies a contact (addresses as they are compared, dates checked) and returns the fields at fault;
// country is where phones without a country code are dialled.
func (c *Contact) normalise(country string) []fault.Field {
	var bad []fault.Field
	add := func(name, format string, args ...any) {
		bad = append(bad, fault.Field{Name: name, Message: fmt.Sprintf(format, args...)})
	}
	for _, f := range []struct {
		name string
		text *string
	}{
		{"first_name", &c.FirstName},
		{"last_name", &c.LastName},
		{"language", &c.Language},
		{"zone", &c.Zone},
		{"birthday", &c.Birthday},
		{"address.street", &c.Address.Street},
		{"address.line2", &c.Address.Line2},
		{"address.city", &c.Address.City},
		{"address.state", &c.Address.State},
		{"address.zip", &c.Address.Zip},
		{"address.country", &c.Address.Country},
	} {
		if f.name == "address.street" { // people write it in lines
			*f.text = strings.TrimSpace(*f.text)
		} else {
			*f.text = account.OneLine(*f.text)
		}
		if len(*f.text) > maxText {
			add(f.name, "this is longer than %d characters", maxText)
		}
	}
	if c.Address.Country = strings.ToUpper(c.Address.Country); c.Address.Country != "" {
		if len(c.Address.Country) != 2 {
			add("address.country", "write the two letters of the country, such as US")
		} else {
			country = c.Address.Country
		}
	}
	bad = append(bad, c.normaliseEmails()...)
	bad = append(bad, c.normalisePhones(country)...)
	if c.Zone != "" {
		if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "Local" {
			add("zone", "choose a time zone by its name, such as America/Denver")
		}
	}
	if c.Birthday != "" {
		if _, err := time.Parse(time.DateOnly, c.Birthday); err != nil || !isDate(c.Birthday) {
			add("birthday", "write the day as 1980-12-31")
		}
	}
	for name, text := range c.Dates {
		if !isDate(text) {
			add("dates."+name, "write the day as 2026-12-31, with a time as 2026-12-31T15:00, of the years 1000 to 9000")
		}
	}
	if len(c.Dates)+len(c.Fields) > maxFields {
		add("fields", "there are more than %d fields", maxFields)
	}
	for name, v := range c.Fields {
		switch v := v.(type) {
		case string, bool, float64:
		case int:
			c.Fields[name] = float64(v)
		case int64:
			c.Fields[name] = float64(v)
		default:
			add("fields."+name, "a field is a text, a number or yes/no")
		}
	}
	return bad
}

func (c *Contact) normaliseEmails() []fault.Field {
	var bad []fault.Field
	kept := make([]Email, 0, len(c.Emails))
	for i, e := range c.Emails {
		e.Address = account.NormalEmail(e.Address)
		switch {
		case e.Address == "" || slices.ContainsFunc(kept, func(k Email) bool { return k.Address == e.Address }):
			continue
		case gate.CheckAddress("email", e.Address) != "":
			bad = append(bad, fault.Field{Name: fmt.Sprintf("emails[%d]", i), Message: fmt.Sprintf("%q is not an email address", e.Address)})
		}
		kept = append(kept, e)
	}
	if len(kept) > maxAddresses {
		bad = append(bad, fault.Field{Name: "emails", Message: fmt.Sprintf("there are more than %d", maxAddresses)})
	}
	c.Emails = kept
	return bad
}

func (c *Contact) normalisePhones(country string) []fault.Field {
	var bad []fault.Field
	kept := make([]Phone, 0, len(c.Phones))
	for i, p := range c.Phones {
		if strings.TrimSpace(p.Number) == "" {
			continue
		}
		number, ok := account.NormalPhone(p.Number, country)
		if !ok {
			bad = append(bad, fault.Field{Name: fmt.Sprintf("phones[%d]", i), Message: fmt.Sprintf("%q is not a phone number", p.Number)})
			kept = append(kept, p)
			continue
		}
		p.Number = number
		if !slices.ContainsFunc(kept, func(k Phone) bool { return k.Number == number }) {
			kept = append(kept, p)
		}
	}
	if len(kept) > maxAddresses {
		bad = append(bad, fault.Field{Name: "phones", Message: fmt.Sprintf("there are more than %d", maxAddresses)})
	}
	c.Phones = kept
	return bad
}

// isDate reports whether a text is a day, or a day and a time, of years that leave room for steps around it (calendar.Kept).
func isDate(text string) bool {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Year() >= 1000 && t.Year() <= 9000
		}
	}
	return false
}

// nameKey is the whole name as it is compared.
func (c *Contact) nameKey() string { return account.NameKey(c.FirstName + " " + c.LastName) }

// looksLikePhone reports whether a search is for a phone number: digits with what people put between them.
func looksLikePhone(text string) bool {
	digits := 0
	for _, r := range strings.TrimSpace(text) {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+ -.()/", r):
			return false
		}
	}
	return digits >= 3
}

// phonePrefix is the beginning of a number in E.164, of a beginning as people dial it.
func phonePrefix(text, country string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
	if strings.HasPrefix(strings.TrimSpace(text), "+") {
		return "+" + digits
	}
	code := phonenumbers.GetCountryCodeForRegion(country)
	if code == 1 {
		digits = strings.TrimPrefix(digits, "1")
	} else {
		digits = strings.TrimPrefix(digits, "0")
	}
	return fmt.Sprintf("+%d%s", code, digits)
}
