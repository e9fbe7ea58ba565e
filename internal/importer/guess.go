package importer

import (
	"slices"
	"strings"
	"unicode"
)

// vocabulary finds the field of a header's key.
func vocabulary() map[string]Field {
	out := map[string]Field{}
	for f, headers := range synonyms() {
		for _, h := range headers {
			out[h] = f
		}
	}
	return out
}

// synonyms are headers of well-known programs, in lower case without punctuation, by field.
func synonyms() map[Field][]string {
	return map[Field][]string{
		FirstName: {"first name", "first", "given name", "forename", "fname", "firstname", "contact first name", "lead first name", "vorname", "prénom", "nombre"},
		LastName:  {"last name", "last", "surname", "family name", "lname", "lastname", "contact last name", "lead last name", "nachname"},
		FullName:  {"name", "full name", "fullname", "contact name", "lead name", "client name", "display name", "contact", "client", "customer name"},
		Email: {
			"email", "e mail", "email address", "e mail address", "mail", "primary email", "personal email", "home email", "work email", "business email", "other email",
			"secondary email", "contact email", "lead email", "emails", "more emails", "email value", "e mail value", "additional email", "alternate email",
		},
		EmailType:   {"email type", "e mail type", "email label", "e mail label"},
		Phone:       {"phone", "phone number", "telephone", "tel", "primary phone", "main phone", "other phone", "contact phone", "lead phone", "phones", "more phones", "phone value", "secondary phone", "phone no", "number", "additional phone", "alternate phone"},
		PhoneMobile: {"mobile", "mobile phone", "cell", "cell phone", "cellphone", "mobile number", "cell number", "phone mobile", "phone cell", "mobile phone number", "sms number", "handy"},
		PhoneHome:   {"home phone", "phone home", "home", "home phone number", "home number", "landline"},
		PhoneWork:   {"work phone", "phone work", "business phone", "office phone", "work", "office", "work phone number", "work number", "business phone number"},
		PhoneType:   {"phone type", "phone label"},
		Street: {
			"street", "address", "street address", "address 1", "address line 1", "address1", "mailing address", "home address", "home street", "mailing street",
			"property address", "street 1", "address street", "postal address", "residential address",
		},
		Line2:    {"line2", "address 2", "address line 2", "address2", "apt", "unit", "suite", "apartment", "line 2", "street 2"},
		City:     {"city", "town", "home city", "mailing city", "locality", "address city", "city town", "ort"},
		State:    {"state", "province", "region", "home state", "mailing state", "state province", "address state", "state region", "county state", "prov"},
		Zip:      {"zip", "zip code", "zipcode", "postal code", "postcode", "postal", "home postal code", "mailing zip", "zip postal code", "address zip", "mailing zip code", "address postal code", "plz"},
		Country:  {"country", "home country", "mailing country", "country code", "country region", "address country"},
		Birthday: {"birthday", "birth date", "birthdate", "date of birth", "dob", "bday", "birth day", "geburtstag"},
		Source:   {"source", "lead source", "leadsource", "original source", "origin", "referral source", "contact source"},
		Stage:    {"stage", "lead stage", "pipeline stage"},
		Tags:     {"tags", "tag", "labels", "label", "categories", "category", "keywords"},
		Groups:   {"groups", "group", "lists", "list", "group membership", "segments", "mailing lists"},
		Assigned: {"assigned", "assigned to", "assigned user", "agent", "agent email", "owner", "owner email", "assigned agent", "lead owner", "contact owner", "assigned user email", "assigned to email", "assigned email"},
		Zone:     {"zone", "time zone", "timezone", "tz"},
		Language: {"language", "lang", "preferred language", "locale"},
		Note:     {"note", "notes", "comments", "comment", "description", "remarks", "background", "details", "message", "memo"},
		OptOut:   {"opt out", "opted out", "optout", "do not contact", "do not contact me", "dnc all", "no contact", "suppressed", "all opt out"},
		OptOutEmail: {
			"do not email", "email opt out", "email opted out", "unsubscribed", "unsubscribe", "email unsubscribed", "has opted out of email", "opted out of email", "no email",
			"unsubscribed from all email", "donotemail", "email optout", "email do not contact",
		},
		OptOutSMS:  {"do not text", "sms opt out", "text opt out", "sms opted out", "opted out of sms", "opted out of texts", "no text", "no texts", "do not sms", "text opted out", "sms unsubscribed"},
		OptOutCall: {"call opt out"},
		// Who does not want calls has not asked for texts: the strictest wins (CON-3).
		OptOutPhone: {"do not call", "dnc", "phone opt out", "no call", "no calls", "do not phone", "on dnc", "dnc status", "dnc list"},
		OptOutMail:  {"do not mail", "mail opt out", "no mail", "do not send mail", "direct mail opt out"},
		OptIn:       {"opt in", "opted in", "consent", "optin", "marketing consent", "accepts marketing", "gdpr consent", "permission"},
		OptInEmail:  {"email opt in", "email consent", "subscribed", "email opted in", "newsletter", "email subscribed", "accepts email marketing", "subscribed to email", "email permission"},
		OptInSMS:    {"sms opt in", "text opt in", "sms consent", "text consent", "sms opted in", "accepts sms marketing", "sms permission", "texting consent"},
		OptInCall:   {"call opt in", "call consent", "phone consent", "call permission", "phone opt in"},
	}
}

// Guess says what columns probably mean, by their names and, where those say nothing, by what stands in a sample of
// rows. Each single field is guessed at most once; what is not understood is left out.
func Guess(headers []string, sample []Row) Mapping {
	var m Mapping
	words := vocabulary()
	taken := map[Field]bool{}
	for _, h := range headers {
		f, _ := meaning(h, words)
		if f.once() && taken[f] {
			f = ""
		}
		taken[f] = true
		m.Columns = append(m.Columns, Column{h, f})
	}
	for i, h := range headers {
		if m.Columns[i].Field == "" && anonymous(h) && mostly(sample, i, looksLikeEmail) {
			m.Columns[i].Field = Email
		}
	}
	for i := range m.Columns { // an owner is a user's address; a name would refuse every row
		c := &m.Columns[i]
		if c.Field == Assigned && !mostly(sample, i, looksLikeEmail) {
			c.Field = ""
		}
		if slices.Contains([]string{"number", "home", "work", "office"}, key(c.Column)) && !mostly(sample, i, looksLikePhone) {
			c.Field = ""
		}
	}
	m.settleNames()
	return m
}

// settleNames chooses between a full name and its parts: parts are surer.
func (m *Mapping) settleNames() {
	has := func(f Field) bool {
		return slices.ContainsFunc(m.Columns, func(c Column) bool { return c.Field == f })
	}
	if !has(FullName) || !has(FirstName) && !has(LastName) {
		return
	}
	for i := range m.Columns {
		switch c := &m.Columns[i]; {
		case c.Field != FullName:
		case has(FirstName) && !has(LastName) && key(c.Column) == "name":
			c.Field = LastName
		default:
			c.Field = ""
		}
	}
}

// meaning is the field of a header; ok reports whether there is one.
func meaning(header string, words map[string]Field) (f Field, ok bool) {
	h := strings.TrimSpace(header)
	if f := Field(strings.ToLower(h)); f.known() && !strings.Contains(h, ":") {
		return f, true
	}
	for _, kind := range named { // as Export writes them
		if len(h) > len(kind) && strings.EqualFold(h[:len(kind)], kind) {
			return Field(kind + strings.TrimSpace(h[len(kind):])), true
		}
	}
	k := key(h)
	for _, try := range []string{k, unnumbered(k)} {
		if f, ok := words[try]; ok {
			return f, true
		}
	}
	return "", false
}

// key is a header as it is compared: lower case, words apart, without punctuation.
func key(header string) string {
	var b strings.Builder
	last := ' '
	runes := []rune(header)
	for i, r := range runes {
		acronymEnds := unicode.IsUpper(last) && i+1 < len(runes) && unicode.IsLower(runes[i+1]) // SMSOptOut
		switch {
		case unicode.IsUpper(r) && (unicode.IsLower(last) || acronymEnds): // FirstName
			b.WriteByte(' ')
			b.WriteRune(unicode.ToLower(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteByte(' ')
		}
		last = r
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// unnumbered takes the number out of "email 2", "phone2", "e mail 1 value".
func unnumbered(k string) string {
	words := strings.Fields(k)
	for i, w := range words {
		if len(words) > 1 && len(w) <= 2 && strings.Trim(w, "0123456789") == "" {
			return strings.Join(slices.Delete(words, i, i+1), " ")
		}
	}
	return strings.TrimRight(k, "0123456789")
}

// anonymous reports whether a header is one that Open made up.
func anonymous(header string) bool { return strings.HasPrefix(header, "Column ") }

// mostly reports whether nine in ten of the sample's cells of a column that are not empty look so, one at least.
func mostly(sample []Row, column int, looks func(string) bool) bool {
	all, like := 0, 0
	for _, r := range sample {
		if r.Problem != "" || column >= len(r.Cells) {
			continue
		}
		if c := strings.TrimSpace(r.Cells[column]); c != "" {
			all++
			if looks(c) {
				like++
			}
		}
	}
	return all > 0 && like*10 >= all*9
}

func looksLikePhone(s string) bool {
	digits := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			digits++
		} else if !strings.ContainsRune("+-. ()/x", r) {
			return false
		}
	}
	return digits >= 7 && digits <= 15
}
