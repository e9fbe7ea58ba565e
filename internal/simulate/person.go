package simulate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/fault"
)

// MadeUp is the contact when nobody says who: an email, a phone, a postal address, no tags (1a).
func MadeUp() map[string]any {
	return map[string]any{
		"first_name": "Anna", "last_name": "Example",
		"email": "anna@example.com", "phone": "+12125550123",
		"street": "350 Fifth Avenue", "city": "New York", "state": "NY", "zip": "10118", "country": "US",
		"stage": "New",
	}
}

// Lead reads a contact as people write it for the simulator: the keys of merge fields, emails and phones also as lists, address also as an
// object, consent and opted_out by channel. Without consent it has consent to every channel.
func Lead(c map[string]any) (contact.Lead, []string, error) {
	r := &reader{}
	var l contact.Lead
	var optedOut []string
	consents := map[string]bool{channel.Email: true, channel.SMS: true, channel.Call: true, channel.Mail: true}
	for _, key := range inOrder(c) {
		v := c[key]
		switch key {
		case "id", "name", "groups_joined":
			if key == "name" {
				first, last, _ := strings.Cut(r.text(key, v), " ")
				l.FirstName, l.LastName = either(l.FirstName, first), either(l.LastName, last)
			}
		case "first_name":
			l.FirstName = r.text(key, v)
		case "last_name":
			l.LastName = r.text(key, v)
		case "email", "emails":
			for _, a := range r.addresses(key, v, "address") {
				l.Emails = append(l.Emails, contact.Email{Address: a})
			}
		case "phone", "phones":
			for _, a := range r.addresses(key, v, "number") {
				l.Phones = append(l.Phones, contact.Phone{Number: a})
			}
		case "street", "line2", "city", "state", "zip", "postal_code", "country":
			*l.Address.Field(key) = r.text(key, v)
		case "address":
			r.address(v, &l.Address)
		case "source":
			l.Source = r.text(key, v)
		case "stage":
			l.Stage = r.text(key, v)
		case "tags":
			l.Tags = r.list(key, v)
		case "groups":
			l.Groups = r.list(key, v)
		case "zone", "time_zone", "timezone":
			l.Zone = r.text(key, v)
		case "language":
			l.Language = r.text(key, v)
		case "birthday":
			l.Birthday = r.text(key, v)
		case "dates":
			l.Dates = merged(l.Dates, r.texts(key, v))
		case "fields", "custom":
			l.Fields = merged(l.Fields, r.object(key, v))
		case "consent":
			r.consent(v, consents)
		case "opted_out":
			optedOut = r.list(key, v)
		default:
			r.other(&l, key, v)
		}
	}
	slices.Sort(optedOut)
	for _, ch := range []string{channel.Email, channel.SMS, channel.Call, channel.Mail} {
		if consents[ch] {
			l.Consents = append(l.Consents, contact.Consent{Channel: ch, Act: contact.Grant, Basis: "express", Method: "hand"})
		}
	}
	return l, optedOut, fault.InvalidFields(r.bad)
}

// inOrder makes one thing of several ways to say it, always the same: what is said in parts goes over what is said as a whole.
func inOrder(c map[string]any) []string {
	return slices.SortedFunc(maps.Keys(c), func(a, b string) int {
		whole := func(key string) int {
			if key == "name" || key == "address" {
				return 0
			}
			return 1
		}
		return cmp.Or(whole(a)-whole(b), strings.Compare(a, b))
	})
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func merged[V any](into, from map[string]V) map[string]V {
	if into == nil {
		return from
	}
	for k, v := range from {
		into[k] = v
	}
	return into
}

// reader reads loosely typed values and gathers what is wrong with them.
type reader struct{ bad []fault.Field }

func (r *reader) fail(key, format string, args ...any) {
	r.bad = append(r.bad, fault.Field{Name: "contact." + key, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) text(key string, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64: // a phone without quotes is no power of ten
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool, json.Number:
		return fmt.Sprint(v)
	}
	r.fail(key, "must be a text")
	return ""
}

// list takes a list of texts, or one text with commas.
func (r *reader) list(key string, v any) []string {
	var out []string
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if t := strings.TrimSpace(r.text(key, e)); t != "" {
				out = append(out, t)
			}
		}
	default:
		for _, t := range strings.Split(r.text(key, v), ",") {
			if t = strings.TrimSpace(t); t != "" {
				out = append(out, t)
			}
		}
	}
	return out
}

// addresses takes a text, a list of texts, or a list of objects with the inner key.
func (r *reader) addresses(key string, v any, inner string) []string {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	var out []string
	for _, e := range items {
		if o, ok := e.(map[string]any); ok {
			e = o[inner]
		}
		if t := strings.TrimSpace(r.text(key, e)); t != "" {
			out = append(out, t)
		}
	}
	return out
}

func (r *reader) object(key string, v any) map[string]any {
	o, ok := v.(map[string]any)
	if !ok {
		r.fail(key, "must be an object")
	}
	return o
}

func (r *reader) texts(key string, v any) map[string]string {
	out := map[string]string{}
	for k, e := range r.object(key, v) {
		out[k] = r.text(key+"."+k, e)
	}
	return out
}

func (r *reader) address(v any, into *contact.Address) {
	if text, ok := v.(string); ok {
		if text == "" {
			*into = contact.Address{}
		} else {
			into.Street = text
		}
		return
	}
	for k, e := range r.object("address", v) {
		if f := into.Field(k); f != nil {
			*f = r.text("address."+k, e)
		} else {
			r.fail("address."+k, "is no part of an address; use street, line2, city, state, zip, country")
		}
	}
}

// consent takes {"email": true, "sms": false}, or a list of channels.
func (r *reader) consent(v any, into map[string]bool) {
	o, ok := v.(map[string]any)
	if !ok {
		for ch := range into {
			into[ch] = slices.Contains(r.list("consent", v), ch)
		}
		return
	}
	for ch := range into {
		into[ch] = o[ch] == true || o[ch] == "true"
	}
}

// other is a dated field where the value is a date, else a custom field.
func (r *reader) other(l *contact.Lead, key string, v any) {
	if text, ok := v.(string); ok && isDate(text) {
		l.Dates = merged(map[string]string{key: text}, l.Dates)
		return
	}
	if text, ok := v.(string); ok {
		if text == "" {
			return
		}
		v = typed(text)
	}
	l.Fields = merged(map[string]any{key: v}, l.Fields)
}

func isDate(s string) bool {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return false
	}
	for i, c := range s[:10] {
		if i != 4 && i != 7 && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
