package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"tactus/internal/account"
	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func TestUpsertCreates(t *testing.T) { // CON-1, CON-2
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		l := person(" Ann ", "Lee", " Ann@Example.COM", "(212) 555-0100")
		l.Source, l.Tags, l.Groups, l.Note = "Zillow", []string{"Hot", "buyer", "hot"}, []string{"Newsletter"}, "likes gardens"
		l.Address = contact.Address{Street: "1 Main St", State: "CO"}
		l.Dates, l.Fields = map[string]string{"closing": "2026-12-01T15:00"}, map[string]any{"budget": 500000, "cash": true, "style": "loft"}
		r := o.lead(l)
		c := o.contact(r.ID)
		if !r.Created || c.FirstName != "Ann" || c.Emails[0].Address != "ann@example.com" || c.Phones[0].Number != "+12125550100" || c.Phones[0].Type != "mobile" {
			t.Errorf("%+v", c)
		}
		if c.Source != "Zillow" || c.Stage != "New" || !slices.Equal(c.Tags, []string{"buyer", "Hot"}) || !slices.Equal(c.Groups, []string{"Newsletter"}) {
			t.Errorf("labels: %+v", c)
		}
		if c.ZoneNow != "America/Denver" || c.Dates["closing"] != "2026-12-01T15:00" || c.Fields["budget"] != 500000.0 || c.Fields["cash"] != true || c.Fields["style"] != "loft" {
			t.Errorf("fields: %+v", c)
		}
		if !c.CreatedAt.Equal(start) {
			t.Error(c.CreatedAt)
		}
		changes := o.told.take()
		want := contact.Changed{Created: true, Source: c.SourceID, StageEntered: c.StageID, NewTags: sorted(c.TagIDs), NewGroups: c.GroupIDs}
		if len(changes) != 1 || !reflect.DeepEqual(changes[0].changed, want) || !slices.Equal(changes[0].contacts, []int64{r.ID}) {
			t.Errorf("told %+v, want %+v", changes, want)
		}
		if got := o.timeline(r.ID); !slices.Equal(got, []string{"note|||likes gardens", "contact|created||Zillow, New"}) {
			t.Error(got)
		}
	})
}

func TestNamesAreOneLine(t *testing.T) { // CON-1, EMAIL-2: a cell with line breaks would reach the headers of mail
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		l := person("Ann\r\n Marie", "\x00Lee\u2028Smith", "ann@example.com", "")
		l.Address = contact.Address{Street: "1 Main St\nRear", City: "Den\nver"}
		c := o.contact(o.lead(l).ID)
		if c.FirstName != "Ann Marie" || c.LastName != "Lee Smith" || c.Address.Street != "1 Main St\nRear" || c.Address.City != "Den ver" {
			t.Errorf("%+v", c)
		}
		bob, err := o.accounts.AddMember(t.Context(), account.Member{User: account.User{Email: "bob@example.com", FirstName: "Bob\t\nB."}, AccountID: o.id, Role: account.Agent})
		if o.ok(err); bob.Name() != "Bob B." {
			t.Errorf("%q", bob.Name())
		}
	})
}

func TestUpsertUpdates(t *testing.T) { // CON-3
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		first := person("Ann", "", "ann@example.com", "")
		first.Tags = []string{"Hot"}
		id := o.lead(first).ID
		o.told.take()
		again := person("ANN", "Lee", "ANN@example.com", "212 555 0100")
		again.Source, again.Tags, again.Stage = "Web", []string{"hot", "Seller"}, "Closed"
		again.Address.City = "Denver"
		r := o.lead(again)
		c := o.contact(id)
		if r.ID != id || r.Created {
			t.Fatalf("%+v is not %d", r, id)
		}
		if c.FirstName != "Ann" || c.LastName != "Lee" || c.Phones[0].Number != "+12125550100" || c.Source != "Web" || c.Stage != "New" || c.Address.City != "Denver" {
			t.Errorf("gaps: %+v", c)
		}
		if !slices.Equal(c.Tags, []string{"Hot", "Seller"}) {
			t.Error(c.Tags)
		}
		changes := o.told.take()
		if len(changes) != 1 || changes[0].changed.Created || changes[0].changed.Source != c.SourceID || len(changes[0].changed.NewTags) != 1 {
			t.Errorf("told %+v", changes)
		}
		if got := o.timeline(id)[0]; !strings.HasPrefix(got, "contact|inquiry||Web") {
			t.Error(got)
		}
		// Nothing is overwritten with nothing, or with something else.
		empty := person("", "", "ann@example.com", "")
		empty.Address.City = "Boulder"
		o.lead(empty)
		if c := o.contact(id); c.FirstName != "Ann" || c.Address.City != "Denver" {
			t.Errorf("overwritten: %+v", c)
		}
		// By phone: the same name is the same person, another name only possibly.
		if r := o.lead(person("ann", "lee", "other@example.com", "+1 212-555-0100")); r.ID != id {
			t.Errorf("same phone and name: %+v", r)
		}
		if r := o.lead(person("Bob", "Lee", "", "2125550100")); !r.Created || !slices.Equal(r.Possible, []int64{id}) {
			t.Errorf("same phone, other name: %+v", r)
		}
		if c := o.contact(id); len(c.Emails) != 2 || c.Emails[0].Address != "ann@example.com" {
			t.Errorf("emails: %+v", c.Emails)
		}
	})
}

func TestBatchRefusesRowByRow(t *testing.T) { // CON-4: a bad row never stops the others
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		badPhone := person("Bad", "Phone", "bad@example.com", "12")
		lenient := badPhone
		lenient.Lenient, lenient.Birthday = true, "May 5th"
		noStage := person("No", "Stage", "no@example.com", "")
		noStage.Stage = "Nirvana"
		rows := []contact.Lead{
			person("Ann", "Lee", "ann@example.com", ""), badPhone, person("", "", "", ""), noStage,
			person("Ann", "Lee", "ANN@example.com", "2125550100"), lenient, person("Ann", "Lee", "", "2125550100"),
		}
		results, err := o.contacts.UpsertBatch(t.Context(), o.id, rows, "import:1")
		o.ok(err)
		for i, fields := range [][]string{nil, {"phones[0]"}, {"first_name"}, {"stage"}, nil, nil, nil} {
			var f *fault.Error
			var got []string
			if errors.As(results[i].Err, &f) {
				for _, field := range f.Fields {
					got = append(got, field.Name)
				}
			}
			if !slices.Equal(got, fields) {
				t.Errorf("row %d: %v, want %v", i, results[i].Err, fields)
			}
		}
		if !results[0].Created || results[4].Created || results[4].ID != results[0].ID || results[6].ID != results[0].ID {
			t.Errorf("doubles within a batch: %+v", results)
		}
		c := o.contact(results[5].ID)
		if len(c.Phones) != 0 || c.Emails[0].Address != "bad@example.com" || c.Birthday != "" {
			t.Errorf("lenient: %+v", c)
		}
		if got := o.timeline(c.ID)[0]; !strings.Contains(got, `"12" is not a phone number`) {
			t.Error(got)
		}
		n, err := o.contacts.Count(t.Context(), o.id, contact.Filter{})
		if err != nil || n != 2 {
			t.Error(n, err)
		}
	})
}

// TestSameLeadAtOnce sends one person in from many sides: there is one contact.
func TestSameLeadAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				s := contact.NewService(db, o.clock, zoneOf, &told{})
				if _, err := s.Upsert(t.Context(), o.id, person("Ann", "Lee", "ann@example.com", fmt.Sprintf("212555010%d", i)), "form"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		list, err := o.contacts.List(t.Context(), o.id, contact.Query{})
		o.ok(err)
		if len(list.Contacts) != 1 || len(list.Contacts[0].Phones) != 8 {
			t.Errorf("%+v", list.Contacts)
		}
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		id := o.lead(person("Ann", "Lee", "ann@example.com", "2125550100")).ID
		o.told.take()
		stage, zone, source, owner := "Working", "Europe/Berlin", "Referral", o.owner
		c, err := o.contacts.Update(t.Context(), o.id, id, contact.Patch{
			Stage: &stage, Zone: &zone, Source: &source, Assigned: &owner, AddTags: []string{"a", "b"}, AddGroups: []string{"g"},
			Dates: map[string]string{"closing": "2027-01-01"}, Phones: &[]contact.Phone{},
		}, "user:1")
		o.ok(err)
		if c.Stage != "Working" || c.ZoneNow != "Europe/Berlin" || c.Source != "Referral" || c.Assigned != owner || len(c.Tags) != 2 || len(c.Phones) != 0 {
			t.Errorf("%+v", c)
		}
		got := o.told.take()
		want := contact.Changed{StageEntered: c.StageID, NewTags: sorted(c.TagIDs), NewGroups: c.GroupIDs, Zone: true, Dates: true}
		if len(got) != 1 || !reflect.DeepEqual(got[0].changed, want) {
			t.Errorf("told %+v, want %+v", got, want)
		}
		// The same again changes nothing that anybody waits for.
		c, err = o.contacts.Update(t.Context(), o.id, id, contact.Patch{Stage: &stage, AddTags: []string{"A"}, RemoveTags: []string{"B", "never"}}, "user:1")
		o.ok(err)
		if got := o.told.take(); len(got) != 0 || !slices.Equal(c.Tags, []string{"a"}) {
			t.Errorf("told %+v, tags %v", got, c.Tags)
		}
		// All fields at fault at once (HOUSE-5), and nothing is stored.
		bad, nobody := "Mars/Olympus", int64(99)
		none := "Nirvana"
		_, err = o.contacts.Update(t.Context(), o.id, id, contact.Patch{Zone: &bad, Emails: &[]contact.Email{{Address: "x"}}, Assigned: &nobody}, "user:1")
		if f := new(fault.Error); !errors.As(err, &f) || len(f.Fields) != 3 {
			t.Error(err)
		}
		if _, err = o.contacts.Update(t.Context(), o.id, id, contact.Patch{Stage: &none}, "user:1"); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
		if _, err = o.contacts.Update(t.Context(), o.id, 99, contact.Patch{}, "user:1"); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		if c := o.contact(id); c.Zone != "Europe/Berlin" {
			t.Errorf("%+v", c)
		}
	})
}

func TestList(t *testing.T) { // CON-5
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		for i, name := range []string{"Ann Lee", "Bob Öz", "anna Moss", "Carl O'Neil", "Zed Ann"} {
			first, last, _ := strings.Cut(name, " ")
			l := person(first, last, fmt.Sprintf("%s%d@example.com", strings.ToLower(first), i), fmt.Sprintf("21255501%02d", i))
			if i%2 == 0 {
				l.Tags, l.Source = []string{"Even"}, "Web"
			}
			o.lead(l)
		}
		labels, err := o.accounts.FindLabels(t.Context(), o.id, account.Tag, []string{"even"})
		o.ok(err)
		first := func(q contact.Query) string {
			t.Helper()
			var out []string
			for {
				page, err := o.contacts.List(t.Context(), o.id, q)
				o.ok(err)
				for _, c := range page.Contacts {
					out = append(out, c.FirstName)
				}
				if q.After = page.Next; q.After == "" {
					break
				}
			}
			n, err := o.contacts.Count(t.Context(), o.id, q.Filter)
			o.ok(err)
			ids, err := o.contacts.IDs(t.Context(), o.id, q.Filter, 0, 100)
			o.ok(err)
			if int(n) != len(out) || len(ids) != len(out) {
				t.Errorf("%+v: listed %d, counted %d, ids %v", q, len(out), n, ids)
			}
			return strings.Join(out, " ")
		}
		for _, c := range []struct {
			q    contact.Query
			want string
		}{
			{contact.Query{}, "Zed Carl anna Bob Ann"},
			{contact.Query{Limit: 2}, "Zed Carl anna Bob Ann"},
			{contact.Query{Order: contact.ByName, Limit: 2}, "Zed Ann anna Carl Bob"},
			{contact.Query{Filter: contact.Filter{LabelIDs: []int64{labels["even"]}}}, "Zed anna Ann"},
			{contact.Query{Filter: contact.Filter{Text: " AN"}}, "Zed anna Ann"},
			{contact.Query{Filter: contact.Filter{Text: "ann  l"}}, "Ann"},
			{contact.Query{Filter: contact.Filter{Text: "öz"}}, "Bob"},
			{contact.Query{Filter: contact.Filter{Text: "o'neil c"}}, "Carl"},
			{contact.Query{Filter: contact.Filter{Text: "carl3@"}}, "Carl"},
			{contact.Query{Filter: contact.Filter{Text: "(212) 555-0102"}}, "anna"},
			{contact.Query{Filter: contact.Filter{Text: "212555"}, Limit: 3}, "Zed Carl anna Bob Ann"},
			{contact.Query{Filter: contact.Filter{AssignedID: contact.Nobody, Text: "bob"}}, "Bob"},
			{contact.Query{Filter: contact.Filter{AssignedID: o.owner}}, ""},
			{contact.Query{Filter: contact.Filter{PlanID: 7, PlanStatus: "active", Text: "a"}}, ""},
			{contact.Query{Filter: contact.Filter{Text: " "}}, ""}, // says nothing, and so means nobody
			{contact.Query{Filter: contact.Filter{Text: "\x00"}}, ""},
			{contact.Query{Filter: contact.Filter{Text: "\x00 an\x00n l"}}, "Ann"},
			{contact.Query{Filter: contact.Filter{IDs: []int64{}}}, ""},
			{contact.Query{Filter: contact.Filter{IDs: []int64{1, 2, 3}, Except: []int64{2}}}, "anna Ann"},
		} {
			if got := first(c.q); got != c.want {
				t.Errorf("%+v: %q, want %q", c.q, got, c.want)
			}
		}
		if _, err := o.contacts.List(t.Context(), o.id, contact.Query{After: "%"}); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}

func TestDeleteContact(t *testing.T) { // PLAN-26
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		id := o.lead(person("Ann", "Lee", "ann@example.com", "")).ID
		o.ok(o.contacts.OptOut(t.Context(), o.id, "email", "Ann@example.com", "unsubscribe link", "contact"))
		n, err := o.contacts.Delete(t.Context(), o.id, []int64{id, 99}, "user:1")
		if err != nil || n != 1 || !slices.Equal(o.told.leaving, []int64{id}) {
			t.Error(n, err, o.told.leaving)
		}
		if _, err := o.contacts.Get(t.Context(), o.id, id); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		left, err := o.contacts.Suppressions(t.Context(), o.id, "email", []string{"ann@example.com"})
		if err != nil || len(left) != 1 || left[0].Reason != contact.OptOut {
			t.Error(left, err)
		}
		if r := o.lead(person("Ann", "Lee", "ann@example.com", "")); r.ID == id {
			t.Error("an id was given twice")
		}
	})
}

func sorted(ids []int64) []int64 { return slices.Sorted(slices.Values(ids)) }
