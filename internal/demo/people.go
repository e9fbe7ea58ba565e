package demo

import (
	"fmt"
	"strings"
	"time"

	"tactus/internal/channel"
	"tactus/internal/contact"
)

// Count is how many contacts the demo starts with.
const Count = 200

var (
	firstNames = []string{
		"Anna", "Ben", "Carmen", "Diego", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jamal", "Kim", "Liam", "Maya", "Noah", "Olga", "Pedro",
		"Quinn", "Rosa", "Sam", "Tara", "Uma", "Victor", "Wren", "Xavier", "Yara", "Zoë", "Amir", "Bella", "Chidi", "Dana",
	}
	lastNames = []string{
		"Alvarez", "Brooks", "Chen", "Diallo", "Evans", "Fischer", "García", "Haddad", "Ito", "Jensen", "Kowalski", "Lopez", "Müller", "Nguyen",
		"O'Brien", "Patel", "Quist", "Rossi", "Silva", "Tanaka", "Umarov", "Volkov", "Williams", "Young", "Zimmer", "Okafor", "Berg",
	}
	places = []struct{ city, state, zip, area string }{
		{"Portland", "ME", "04101", "207"},
		{"Boston", "MA", "02108", "617"},
		{"Providence", "RI", "02903", "401"},
		{"Chicago", "IL", "60601", "312"},
		{"Denver", "CO", "80202", "303"},
		{"Phoenix", "AZ", "85004", "602"},
		{"Seattle", "WA", "98101", "206"},
		{"Austin", "TX", "78701", "512"},
		{"Honolulu", "HI", "96813", "808"},
	}
	sources = []string{"Zillow", "Open house", "Referral", "Website"}
	stages  = []string{"New", "Attempted", "Working", "Appointment", "Under contract", "Closed"}
)

// Person makes the n-th contact: the same one for the same number, and nobody who exists (555 numbers, example.com).
func Person(n int, now time.Time) contact.Lead {
	first, last := firstNames[n%len(firstNames)], lastNames[(n*7+n/len(firstNames))%len(lastNames)]
	at := places[(n*5+n/3)%len(places)]
	l := contact.Lead{}
	l.FirstName, l.LastName = first, last
	l.Emails = []contact.Email{{Address: fmt.Sprintf("%s.%s.%d@example.com", plain(first), plain(last), n)}}
	l.Phones = []contact.Phone{{Number: fmt.Sprintf("+1%s555%04d", at.area, 100+n%100), Type: "mobile"}}
	l.Address = contact.Address{Street: fmt.Sprintf("%d Maple Avenue", 10+n*3), City: at.city, State: at.state, Zip: at.zip, Country: "US"}
	l.Birthday = now.AddDate(-25-n%40, 0, 3+n*5%360).Format("2006-01-02")
	l.Stage = stages[n*n%len(stages)]
	l.Source = sources[1+n%3]
	if n%4 == 0 || n >= Count {
		l.Source, l.Stage = sources[0], "New"
	}
	if l.Stage == "Closed" {
		l.Groups = []string{"Past clients"}
	}
	if n%11 == 0 {
		l.Tags = []string{"Investor"}
	}
	for _, ch := range []string{channel.Email, channel.SMS, channel.Mail} {
		l.Consents = append(l.Consents, contact.Consent{
			Channel: ch, Act: contact.Grant, Basis: "express", Method: "form", Wording: "I agree to hear from Harbor Street Realty.",
		})
	}
	return l
}

// plain is a name as an address writes it.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r
		case r == 'ë':
			return 'e'
		case r == 'í':
			return 'i'
		case r == 'ü':
			return 'u'
		}
		return -1
	}, strings.ToLower(name))
}
