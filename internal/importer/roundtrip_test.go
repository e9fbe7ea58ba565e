package importer_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"tactus/internal/contact"
	"tactus/internal/importer"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// full are contacts with everything, some of it nasty.
func full(o *office) []contact.Lead {
	return []contact.Lead{
		{Contact: contact.Contact{
			FirstName: "Ann", LastName: "van der Berg", Source: "Open house, May", Stage: "Working", Assigned: o.owner, Zone: "America/Denver", Language: "en", Birthday: "1980-03-04",
			Emails:  []contact.Email{{Address: "ann@example.com", Type: "home"}, {Address: "ann@work.example.com"}},
			Phones:  []contact.Phone{{Number: "+12125550100", Type: "mobile"}, {Number: "+442079460000", Type: "work"}},
			Address: contact.Address{Street: "1 Main St\nRear", Line2: "#4", City: "Denver", State: "CO", Zip: "00123", Country: "US"},
			Tags:    []string{"hot", "a, b", `say "x"`}, Groups: []string{"x, y"},
			Dates:  map[string]string{"closing": "2026-12-01T15:00", "moved": "2020-01-02"},
			Fields: map[string]any{"budget": 450000.5, "cash": true, "pets": false, "motto": "=1+1", "zip": "00123"},
		}},
		{Contact: contact.Contact{FirstName: "=cmd|' /C calc'!A0", LastName: "'tis", Tags: []string{"x, y"}, Emails: []contact.Email{{Address: "eq@example.com"}}}},
		{Contact: contact.Contact{LastName: "Öz; “Cem”", Phones: []contact.Phone{{Number: "+12125550101"}}, Fields: map[string]any{"budget": -5.0}}},
	}
}

func TestExportComesBack(t *testing.T) { // CON-4
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		leads := full(o)
		for i := range 12 {
			leads[2].Phones = append(leads[2].Phones, contact.Phone{Number: fmt.Sprintf("+121255502%02d", i)})
		}
		results, err := o.contacts.UpsertBatch(t.Context(), o.id, leads, author)
		o.ok(err)
		for _, r := range results {
			o.ok(r.Err)
		}
		o.ok(o.contacts.OptOut(t.Context(), o.id, "sms", "+12125550100", "STOP", "system"))
		before := o.everyone()
		var out bytes.Buffer
		n, err := o.imports.Export(t.Context(), o.id, contact.Filter{}, &out)
		o.ok(err)
		if n != 3 || strings.Contains(out.String(), ",=") || strings.Contains(out.String(), "\n=") {
			t.Errorf("%d rows:\n%s", n, out.String())
		}
		o.clock.Advance(time.Hour)
		op := o.bring(out.String(), params("none"))
		if got := counts(op); got != "updated 3" {
			t.Error(got, o.refused(op.ID))
		}
		same(t, before, o.everyone(), true)

		other := newOffice(t, storetest.Memory(t)) // and in another place it is the same as here
		op = other.bring(out.String(), params("none"))
		if got := counts(op); got != "created 3" {
			t.Error(got, other.refused(op.ID))
		}
		there := other.everyone()
		same(t, before, []contact.Contact{there[2], there[1], there[0]}, false)
		if got := other.permissions(there[2].ID); got != "sms -" {
			t.Error(got)
		}
	})
}

// same compares contacts without what differs by place and time.
func same(t *testing.T, want, got []contact.Contact, ids bool) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%d contacts, want %d", len(got), len(want))
	}
	for i := range want {
		w, g := want[i], got[i]
		for _, c := range []*contact.Contact{&w, &g} {
			c.UpdatedAt, c.CreatedAt, c.ActiveAt = time.Time{}, time.Time{}, time.Time{}
			if c.Source == "" || c.Source == "Open house" { // what an import says of those who had none
				c.Source, c.SourceID = "", 0
			}
			if !ids {
				c.ID, c.AccountID, c.SourceID, c.StageID, c.TagIDs, c.GroupIDs, c.Assigned = 0, 0, 0, 0, nil, nil, 0
				for j := range c.Phones {
					if j >= 9 {
						c.Phones[j].Type = "" // those beyond the columns
					}
				}
			}
		}
		if !reflect.DeepEqual(w, g) {
			t.Errorf("contact %d\n%+v\nwant\n%+v", i, g, w)
		}
	}
}

func TestExportSelects(t *testing.T) { // CON-4, CON-5: of any list, in pages
	t.Parallel()
	o := newOffice(t, storetest.Memory(t))
	for part := range 2 {
		leads := make([]contact.Lead, 600)
		for i := range leads {
			leads[i].FirstName = fmt.Sprintf("P%d", part*600+i)
			if i%2 == 0 {
				leads[i].Source = "Even"
			}
		}
		_, err := o.contacts.UpsertBatch(t.Context(), o.id, leads, author)
		o.ok(err)
	}
	source := o.everyone()[0].SourceID
	var out bytes.Buffer
	n, err := o.imports.Export(t.Context(), o.id, contact.Filter{SourceID: source}, &out)
	o.ok(err)
	table, rows := read(t, &out)
	if n != 600 || len(rows) != 600 || !strings.HasPrefix(rows[0], "2: P1198|") || table.Header[0] != "First name" {
		t.Error(n, len(rows), rows[0], table.Header)
	}
	if _, err := importer.Examine(strings.NewReader("")); err == nil {
		t.Error("nothing is no file")
	}
}
