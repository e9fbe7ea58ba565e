package api_test

import (
	"fmt"
	"strings"
	"testing"

	"tactus/client"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// On both databases: a lead comes in, starts what waits for it, is found, changed, merged and deleted (CON-3, PLAN-4).
func TestLeadFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k, ctx := newKit(t, db), t.Context()
		k.plan("New leads", func(d *client.Document) { d.Source = "Zillow" })
		lead := get[client.Lead](t)(k.CreateContact(ctx, client.NewContact{
			FirstName: "Ann", LastName: "Lee", Emails: []client.Email{{Address: "Ann@Example.com"}},
			Phones: []client.Phone{{Number: "(212) 555-0100"}}, Source: "Zillow", Tags: []string{"Hot"}, Note: "called twice",
		}))
		if !lead.Created || len(lead.Started) != 1 || lead.Started[0].PlanName != "New leads" {
			t.Fatalf("the lead should start its source's plan: %+v", lead)
		}
		if e := lead.Contact.Emails[0].Address; e != "ann@example.com" {
			t.Errorf("email %q", e)
		}
		again := get[client.Lead](t)(k.CreateContact(ctx, client.NewContact{Emails: []client.Email{{Address: "ann@example.com"}}, Tags: []string{"Buyer"}}))
		if again.Created || again.Contact.ID != lead.Contact.ID || len(again.Contact.Tags) != 2 {
			t.Fatalf("the same email is the same contact: %+v", again)
		}
		k.settle()
		c := get[client.Contact](t)(k.Contact(ctx, lead.Contact.ID))
		if len(c.Tags) != 3 || c.ETag == "" {
			t.Errorf("tags %v, etag %q", c.Tags, c.ETag)
		}
		c = get[client.Contact](t)(k.UpdateContact(ctx, c.ID, c.ETag, client.ContactPatch{LastName: client.Ptr("Kim"), Stage: client.Ptr("Working")}))
		if c.LastName != "Kim" || c.Stage != "Working" {
			t.Errorf("patched: %+v", c)
		}
		found := get[client.Page[client.Contact]](t)(k.Contacts(ctx, client.ContactFilter{Stage: "Working", Tags: []string{"Hot", "Buyer"}, Text: "kim"}, "name", client.PageOptions{}))
		if len(found.Items) != 1 {
			t.Errorf("found %d", len(found.Items))
		}
		line := get[client.Page[client.Entry]](t)(k.Timeline(ctx, c.ID, client.PageOptions{}, "note"))
		if len(line.Items) != 1 || line.Items[0].Detail != "called twice" {
			t.Errorf("timeline: %+v", line.Items)
		}
		runs := get[client.Page[client.Enrollment]](t)(k.ContactEnrollments(ctx, c.ID, client.PageOptions{}))
		if e := runs.Items[0]; e.Progress != "step 2 of 3" || e.Next == nil || e.Next.Name != "Later" || e.Next.At == nil || !e.Next.At.Equal(begin.AddDate(0, 0, 3)) {
			t.Errorf("enrollment: %+v next %+v", e, e.Next)
		}
		get[client.Deleted](t)(k.DeleteContact(ctx, c.ID))
		_, err := k.Contact(ctx, c.ID)
		refused(t, err, 404)
	})
}

// API-1: keyset pages show everything once; a cursor of another list or made up is refused.
func TestPages(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	for i := range 7 {
		k.contact(fmt.Sprintf("c%d@example.com", i))
	}
	seen := map[client.ID]bool{}
	page := client.PageOptions{Limit: 3}
	for n := 0; ; n++ {
		p := get[client.Page[client.Contact]](t)(k.Contacts(ctx, client.ContactFilter{}, "", page))
		for _, c := range p.Items {
			if seen[c.ID] {
				t.Errorf("%s twice", c.ID)
			}
			seen[c.ID] = true
		}
		if page.Cursor = p.Next; p.Next == "" || n > 5 {
			break
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d of 7", len(seen))
	}
	p := get[client.Page[client.Contact]](t)(k.Contacts(ctx, client.ContactFilter{}, "", client.PageOptions{Limit: 3}))
	for _, bad := range []string{"nonsense", p.Next + "x", "AAAA"} {
		_, err := k.Contacts(ctx, client.ContactFilter{}, "", client.PageOptions{Cursor: bad})
		if field(refusal(t, err, 422), "cursor") == "" {
			t.Errorf("cursor %q: the field is not named", bad)
		}
	}
	_, err := k.Contacts(ctx, client.ContactFilter{}, "name", client.PageOptions{Cursor: p.Next})
	refused(t, err, 422)
}

// A filter that names what does not exist is refused: it must never select more than was meant.
func TestFilterNamesMustExist(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	_, err := k.Contacts(ctx, client.ContactFilter{Stage: "Nowhere", Tags: []string{"No such tag"}, Plan: "99"}, "", client.PageOptions{})
	p := refusal(t, err, 422)
	for _, name := range []string{"stage", "tags", "plan"} {
		if field(p, name) == "" {
			t.Errorf("%s is not named: %v", name, p)
		}
	}
	_, err = k.ChangeContacts(ctx, client.ChangeContacts{Filter: &client.ContactFilter{}, AddTags: []string{"x"}})
	refused(t, err, 422)
}

// CON-5: a text that says nothing is not taken for no text, which would select everybody without all: true.
func TestFilterTextMustSaySomething(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k, ctx := newKit(t, db), t.Context()
		id := k.contact("a@example.com").ID
		p := k.plan("Everybody?")
		for _, text := range []string{" ", "\t\u00a0\n", "\x00", " \x00 "} {
			f := client.ContactFilter{Text: text}
			_, err := k.Assign(ctx, p.ID, client.Assign{Filter: &f})
			if field(refusal(t, err, 422), "filter.q") == "" {
				t.Errorf("assign, %q: %v", text, err)
			}
			_, err = k.ChangeContacts(ctx, client.ChangeContacts{Filter: &f, AddTags: []string{"x"}})
			if field(refusal(t, err, 422), "filter.q") == "" {
				t.Errorf("change, %q: %v", text, err)
			}
			_, err = k.Contacts(ctx, f, "", client.PageOptions{})
			if field(refusal(t, err, 422), "q") == "" {
				t.Errorf("list, %q: %v", text, err)
			}
			_, err = k.CountContacts(ctx, f)
			refused(t, err, 422)
			_, err = k.ExportContacts(ctx, f)
			refused(t, err, 422)
		}
		k.settle()
		if c := get[client.Contact](t)(k.Contact(ctx, id)); len(c.Tags) != 0 {
			t.Errorf("tags %v", c.Tags)
		}
	})
}

// CON-1: a label whose name has control characters is refused by its field wherever it would be made.
func TestLabelsWithControlCharacters(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k, ctx := newKit(t, db), t.Context()
		id := k.contact("a@example.com").ID
		_, err := k.CreateLabel(ctx, client.Tags, client.NewLabel{Name: "H\x00ot"})
		if !strings.Contains(field(refusal(t, err, 422), "name"), "control characters") {
			t.Errorf("making it: %v", err)
		}
		for what, err := range map[string]error{
			"tagging":          second(k.AddTags(ctx, id, "\x00")),
			"a lead":           second(k.CreateContact(ctx, client.NewContact{FirstName: "Bob", Tags: []string{"Hot\x1b"}})),
			"changing many":    second(k.ChangeContacts(ctx, client.ChangeContacts{IDs: []client.ID{id}, AddTags: []string{"H\x00ot"}})),
			"a source by hand": second(k.UpdateContact(ctx, id, "", client.ContactPatch{Source: client.Ptr("Zil\x00low")})),
		} {
			if p := refusal(t, err, 422); len(p.Fields) != 1 || !strings.Contains(p.Fields[0].Message, "control characters") {
				t.Errorf("%s: %+v", what, p)
			}
		}
	})
}

// ETag and If-Match on contacts.
func TestStaleContact(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	c := get[client.Contact](t)(k.Contact(ctx, k.contact("a@example.com").ID))
	_ = get[client.Contact](t)(k.UpdateContact(ctx, c.ID, "", client.ContactPatch{FirstName: client.Ptr("Bo")}))
	_, err := k.UpdateContact(ctx, c.ID, c.ETag, client.ContactPatch{FirstName: client.Ptr("Cy")})
	if p := refusal(t, err, 412); p.Code != "stale" {
		t.Errorf("code %s", p.Code)
	}
}

// CMP-7 through the API: opt-outs belong to the address, and the ledger keeps everything.
func TestOptOutAndConsent(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	c := k.contact("a@example.com")
	state := get[client.Consented](t)(k.RecordConsent(ctx, c.ID, client.NewConsent{Channel: "email", Basis: "express", Wording: "yes please"}))
	if len(state.Items) != 1 || !state.Items[0].Granted {
		t.Fatalf("state: %+v", state.Items)
	}
	out := get[client.OptedOut](t)(k.OptOut(ctx, c.ID, client.NewOptOut{Channel: "email"}))
	if len(out.Items) != 1 || out.Items[0].Reason != "opt_out" || out.Items[0].Address != "a@example.com" {
		t.Fatalf("opt-outs: %+v", out.Items)
	}
	ledger := get[client.Page[client.Consent]](t)(k.Consents(ctx, c.ID))
	if n := len(ledger.Items); n != 3 || ledger.Items[2].Act != "revoke" {
		t.Errorf("ledger: %+v", ledger.Items)
	}
	_, err := k.OptOut(ctx, c.ID, client.NewOptOut{Channel: "email", Address: "someone@else.example"})
	refused(t, err, 422)
	must(t, k.Allow(ctx, c.ID, "email", "a@example.com", "opt_out"))
	if left := get[client.Page[client.Suppression]](t)(k.OptOuts(ctx, c.ID)); len(left.Items) != 0 {
		t.Errorf("left: %+v", left.Items)
	}
}

// Taking a tag away that is not there changes nothing and is no refusal: clients repeat it when its answer was lost.
func TestRemoveTagTwice(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	c := k.contact("a@example.com")
	_ = get[client.Contact](t)(k.AddTags(ctx, c.ID, "Hot"))
	for range 2 {
		must(t, k.RemoveTag(ctx, c.ID, "Hot"))
	}
	if c = get[client.Contact](t)(k.Contact(ctx, c.ID)); len(c.Tags) != 0 {
		t.Errorf("tags: %v", c.Tags)
	}
}
