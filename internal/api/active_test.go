package api_test

import (
	"fmt"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/contact"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/web"
)

// CON-5: the last activity is the last thing that the contact did; a file, an edit and what a person writes down are none.
func TestLastActivityIsTheContactsOwn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k, ctx := newKit(t, db), t.Context()
		active := func(id client.ID) string {
			t.Helper()
			c := get[client.Contact](t)(k.Contact(ctx, id))
			if c.ActiveAt == nil {
				return "never"
			}
			return c.ActiveAt.Sub(begin).String()
		}
		is := func(what string, id client.ID, want string) {
			t.Helper()
			if got := active(id); got != want {
				t.Errorf("%s: active %s, want %s", what, got, want)
			}
		}
		emails := []client.Email{{Address: "ann@example.com"}}
		id := get[client.Lead](t)(k.CreateContact(ctx, client.NewContact{FirstName: "Ann", Emails: emails})).Contact.ID
		is("written down", id, "never")
		k.clock.Advance(time.Hour)
		l := contact.Lead{Contact: contact.Contact{Emails: []contact.Email{{Address: "ann@example.com"}}, Source: "List", Tags: []string{"Old"}}}
		_, err := k.app.Contacts.UpsertBatch(ctx, k.id, []contact.Lead{l}, "import:1")
		must(t, err)
		get[client.Contact](t)(k.UpdateContact(ctx, id, "", client.ContactPatch{LastName: client.Ptr("Lee")}))
		get[client.OptedOut](t)(k.OptOut(ctx, id, client.NewOptOut{Channel: "email"}))
		is("imported, edited and opted out by others", id, "never")
		get[client.Lead](t)(k.CreateContact(ctx, client.NewContact{Emails: emails, Source: "Zillow"}))
		is("an inquiry", id, "1h0m0s")
		k.clock.Advance(time.Hour)
		get[client.Contact](t)(k.UpdateContact(ctx, id, "", client.ContactPatch{FirstName: client.Ptr("Anna")}))
		is("edited since", id, "1h0m0s")
		var n int64
		_, err = fmt.Sscan(string(id), &n)
		must(t, err)
		must(t, k.app.Unsubscribe(ctx, web.Subscription{Account: k.id, Contact: n, Channel: "email"}))
		is("unsubscribed by link", id, "2h0m0s")
		if first := k.contact("new@example.com"); active(first.ID) != "2h0m0s" {
			t.Errorf("a first inquiry: active %s", active(first.ID))
		}
		get[client.Deleted](t)(k.DeleteContact(ctx, id))
		must(t, k.app.Unsubscribe(ctx, web.Subscription{Account: k.id, Contact: n, Channel: "email"})) // who is gone may still want out
	})
}

// CON-5: who never did anything is not active since any moment; and a bulk filter that means everybody by it must say so.
func TestFilterByLastActivity(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k, ctx := newKit(t, db), t.Context()
		get[client.Lead](t)(k.CreateContact(ctx, client.NewContact{FirstName: "Never"}))
		early := k.contact("early@example.com")
		count := func(f client.ContactFilter) int64 {
			t.Helper()
			return get[int64](t)(k.CountContacts(ctx, f))
		}
		since := func(at time.Time) client.ContactFilter { return client.ContactFilter{ActiveSince: &at} }
		before := func(at time.Time) client.ContactFilter { return client.ContactFilter{ActiveBefore: &at} }
		epoch, old := time.Unix(0, 0), time.Date(1960, time.May, 1, 0, 0, 0, 0, time.UTC)
		for _, c := range []struct {
			what string
			f    client.ContactFilter
			want int64
		}{
			{"since then", since(begin), 1},
			{"since later", since(begin.Add(time.Second)), 0},
			{"since 1970", since(epoch), 1},
			{"since 1960", since(old), 1},
			{"not since then", before(begin), 1},
			{"not since later", before(begin.Add(time.Second)), 2},
			{"not since 1970", before(epoch), 1},
			{"not since 1960", before(old), 1},
		} {
			if n := count(c.f); n != c.want {
				t.Errorf("%s: %d, want %d", c.what, n, c.want)
			}
		}
		change := func(f client.ContactFilter, tag string) error {
			_, err := k.ChangeContacts(ctx, client.ChangeContacts{Filter: &f, AddTags: []string{tag}})
			return err
		}
		if p := refusal(t, change(before(begin.Add(time.Second)), "x"), 422); field(p, "filter.active_before") == "" {
			t.Errorf("everybody is not refused: %v", p)
		}
		some := before(begin.Add(time.Second))
		some.Source = "Zillow" // another condition says whom
		must(t, change(some, "Zillow"))
		must(t, change(before(epoch), "Quiet"))
		must(t, change(since(epoch), "Active"))
		k.settle()
		if c := get[client.Contact](t)(k.Contact(ctx, early.ID)); fmt.Sprint(c.Tags) != "[Active Zillow]" {
			t.Errorf("tags %v", c.Tags)
		}
		if n := count(client.ContactFilter{Tags: []string{"Quiet"}}); n != 1 {
			t.Errorf("%d are quiet", n)
		}
	})
}
