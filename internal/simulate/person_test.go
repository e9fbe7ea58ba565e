package simulate_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"tactus/internal/contact"
	"tactus/internal/simulate"
)

// PLAN-25, 1a: what --set says goes over the contact's file however that says the same, and always alike.
func TestSetGoesOverEveryWayToSayIt(t *testing.T) {
	t.Parallel()
	person := func(first, last string) contact.Contact { return contact.Contact{FirstName: first, LastName: last} }
	mail := func(address string) contact.Contact {
		return contact.Contact{Emails: []contact.Email{{Address: address}}}
	}
	cases := map[string]struct {
		file string
		set  []string
		want contact.Contact
	}{
		"part of an address":   {`{"address": {"city": "Denver", "zip": "80202"}}`, []string{"city=Boulder", "postal_code=80301"}, contact.Contact{Address: contact.Address{City: "Boulder", Zip: "80301"}}},
		"part of one, emptied": {`{"address": {"city": "Denver", "zip": "80202"}}`, []string{"address.city="}, contact.Contact{Address: contact.Address{Zip: "80202"}}},
		"a whole address":      {`{"street": "1 Main", "city": "Denver", "country": "US"}`, []string{"address=2 Side"}, contact.Contact{Address: contact.Address{Street: "2 Side"}}},
		"emails":               {`{"emails": ["a@x.example", {"address": "b@x.example"}]}`, []string{"email=c@x.example"}, mail("c@x.example")},
		"email":                {`{"email": "a@x.example"}`, []string{"emails=c@x.example"}, mail("c@x.example")},
		"no email":             {`{"emails": ["a@x.example"]}`, []string{"email="}, contact.Contact{}},
		"name":                 {`{"first_name": "Ann", "last_name": "Lee"}`, []string{"name=Bob Roe"}, person("Bob", "Roe")},
		"part of a name":       {`{"name": "Ann Lee"}`, []string{"contact.first_name="}, person("", "Lee")},
		"zone":                 {`{"timezone": "America/Denver"}`, []string{"zone=Europe/Berlin"}, contact.Contact{Zone: "Europe/Berlin"}},
		"own field":            {`{"fields": {"budget": 1}}`, []string{"budget=2"}, contact.Contact{Fields: map[string]any{"budget": 2.0}}},
		"own field, emptied":   {`{"budget": 1, "custom": {"budget": 2, "x": 3}}`, []string{"fields.budget="}, contact.Contact{Fields: map[string]any{"x": 3.0}}},
		"own date":             {`{"dates": {"closing": "2026-05-01"}}`, []string{"closing=2026-06-01"}, contact.Contact{Dates: map[string]string{"closing": "2026-06-01"}}},
		"both ways in a file":  {`{"address": {"city": "Denver"}, "city": "Boulder", "zip": "1", "postal_code": "2"}`, nil, contact.Contact{Address: contact.Address{City: "Boulder", Zip: "1"}}},
		"a phone is no number": {`{"phone": 12125550123}`, nil, contact.Contact{Phones: []contact.Phone{{Number: "12125550123"}}}},
	}
	for name, tc := range cases {
		for range 8 { // maps have no order
			c := map[string]any{}
			if err := json.Unmarshal([]byte(tc.file), &c); err != nil {
				t.Fatal(name, err)
			}
			for _, pair := range tc.set {
				if err := simulate.Set(c, pair); err != nil {
					t.Fatal(name, err)
				}
			}
			got, _, err := simulate.Lead(c)
			if len(got.Fields) == 0 {
				got.Fields = nil
			}
			if len(got.Dates) == 0 {
				got.Dates = nil
			}
			if err != nil || !reflect.DeepEqual(got.Contact, tc.want) {
				t.Errorf("%s: %+v %v", name, got.Contact, err)
				break
			}
		}
	}
}
