package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// CON-3: leads of one person add addresses and fields as far as a contact holds them; what is left out is in a note, for nothing is lost silently.
func TestLeadsStopAtBounds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		full := func(from int) contact.Lead {
			l := person("Ann", "Lee", "ann@example.com", "")
			l.Dates, l.Fields = map[string]string{}, map[string]any{}
			for i := range 40 {
				l.Emails = append(l.Emails, contact.Email{Address: fmt.Sprintf("ann%d@example.com", from+i)})
				l.Phones = append(l.Phones, contact.Phone{Number: fmt.Sprintf("21255501%02d", from+i)})
				l.Dates[fmt.Sprintf("date%02d", from+i)] = "2026-12-01"
			}
			for i := range 90 {
				l.Fields[fmt.Sprintf("field%03d", from+i)] = "x"
			}
			return l
		}
		id := o.lead(full(0)).ID
		results, err := o.contacts.UpsertBatch(t.Context(), o.id, []contact.Lead{full(40), full(50)}, "import:1")
		o.ok(err)
		if results[0].ID != id || results[1].ID != id {
			t.Fatalf("%+v", results)
		}
		c := o.contact(id)
		if len(c.Emails) != 50 || len(c.Phones) != 50 || len(c.Dates)+len(c.Fields) != 200 {
			t.Errorf("%d emails, %d phones, %d dates, %d fields", len(c.Emails), len(c.Phones), len(c.Dates), len(c.Fields))
		}
		note := ""
		for _, line := range o.timeline(id) {
			if strings.HasPrefix(line, "note|") {
				note += line + "\n"
			}
		}
		for _, want := range []string{"Left out", "ann49@example.com", "ann89@example.com", "+12125550150", "+12125550189", "field139: x"} {
			if !strings.Contains(note, want) {
				t.Errorf("%s is not in the note:\n%.500s", want, note)
			}
		}
		if strings.Contains(note, "ann48@") || strings.Contains(note, "+12125550149") {
			t.Errorf("what was kept is in the note:\n%.500s", note)
		}
		// One that comes with too much is taken, too, where leads must not be lost.
		l := full(0)
		l.Lenient, l.Emails = true, nil
		l.Phones = append(l.Phones, full(40).Phones...)
		id = o.lead(l).ID
		if c := o.contact(id); len(c.Phones) != 50 || !strings.Contains(strings.Join(o.timeline(id), "\n"), "+12125550179") {
			t.Errorf("lenient: %d phones, %.300q", len(c.Phones), o.timeline(id))
		}
		// It is edited as others are.
		_, err = o.contacts.Update(t.Context(), o.id, id, contact.Patch{AddTags: []string{"Hot"}}, "user:1")
		o.ok(err)
	})
}

// CMP-2: what is wrong with a contact already does not stand in the way of silencing it, or of any edit that leaves it as it is.
func TestEditsLookAtWhatTheySet(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		id := o.lead(person("Ann", "Lee", "ann@example.com", "")).ID
		c := o.contact(id) // as versions before left it
		for i := range 60 {
			c.Emails = append(c.Emails, contact.Email{Address: fmt.Sprintf("ann%d@example.com", i)})
		}
		c.Fields = map[string]any{}
		for i := range 210 {
			c.Fields[fmt.Sprintf("field%d", i)] = "x"
		}
		c.Zone, c.Dates = "Mars/Olympus", map[string]string{"closing": "soon"}
		o.ok(db.InTx(t.Context(), func(ctx context.Context) error {
			return db.SaveContacts(ctx, o.id, []contact.Record{{Contact: &c}})
		}))
		yes, name, zone := true, "Anna", "Europe/Berlin"
		for what, p := range map[string]contact.Patch{
			"silencing": {Killed: &yes}, "a tag": {AddTags: []string{"Hot"}}, "a name": {FirstName: &name}, "another field": {Fields: map[string]any{"field7": "y"}},
			"a field less": {Fields: map[string]any{"field8": nil}}, "a right date": {Dates: map[string]string{"closing": "2026-12-01"}}, "a right zone": {Zone: &zone},
		} {
			if _, err := o.contacts.Update(t.Context(), o.id, id, p, "user:1"); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		many := append(c.Emails[:len(c.Emails):len(c.Emails)], contact.Email{Address: "more@example.com"})
		for what, p := range map[string]contact.Patch{
			"emails": {Emails: &many}, "fields": {Fields: map[string]any{"one more": "x", "and more": "x"}},
		} {
			_, err := o.contacts.Update(t.Context(), o.id, id, p, "user:1")
			if !fault.Is(err, fault.Invalid) || fields(err) != what {
				t.Errorf("%s: %v", what, err)
			}
		}
		if c := o.contact(id); !c.Killed || c.FirstName != "Anna" || len(c.Tags) != 1 || len(c.Emails) != 61 {
			t.Errorf("%t %s %v %d", c.Killed, c.FirstName, c.Tags, len(c.Emails))
		}
	})
}
