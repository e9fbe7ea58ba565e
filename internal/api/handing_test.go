package api_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// onItsWay writes to a contact and brings the message into a carrier's hands.
func (k *kit) onItsWay(id client.ID, address string) client.Message {
	k.t.Helper()
	ctx := k.t.Context()
	m := get[client.Message](k.t)(k.Write(ctx, id, client.NewMessage{Subject: "Hi", Text: "Hi"}))
	box := k.app.DB.Outbox()
	claimed, err := box.ClaimMessages(ctx, delivery.Lane{Account: k.id, Channel: "email"}, k.clock.Now(), 100, time.Minute)
	must(k.t, err)
	i := slices.IndexFunc(claimed, func(c delivery.Message) bool { return client.ID(strconv.FormatInt(c.ID, 10)) == m.ID })
	mark := delivery.Mark{
		Message: claimed[i].ID, Token: claimed[i].Token, Address: address, Carrier: "smtp",
		Body: &channel.Composed{EnvelopeFrom: "us@example.com", EnvelopeTo: address, Raw: []byte("Hi")},
	}
	must(k.t, box.MarkHanding(ctx, k.id, []delivery.Mark{mark}, k.clock.Now(), time.Minute))
	return m
}

// ENG-6: what stops a contact's messages names the one that was being handed over at that moment, and no other.
func TestWhatIsOnItsWayIsNamed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k, ctx := newKit(t, db), t.Context()
		withdraw := func(id client.ID) ([]client.Handing, error) {
			out, err := k.RecordConsent(ctx, id, client.NewConsent{Channel: "email", Act: "revoke"})
			return out.Handing, err
		}
		for what, stop := range map[string]func(client.ID) ([]client.Handing, error){
			"opting out": func(id client.ID) ([]client.Handing, error) {
				out, err := k.OptOut(ctx, id, client.NewOptOut{Channel: "email"})
				return out.Handing, err
			},
			"withdrawing": withdraw,
			"silencing": func(id client.ID) ([]client.Handing, error) {
				out, err := k.UpdateContact(ctx, id, "", client.ContactPatch{Silenced: client.Ptr(true)})
				return out.Handing, err
			},
			"deleting": func(id client.ID) ([]client.Handing, error) {
				out, err := k.DeleteContact(ctx, id)
				return out.Handing, err
			},
		} {
			ann, bob := k.contact("ann-"+what[:3]+"@example.com"), k.contact("bob-"+what[:3]+"@example.com")
			m := k.onItsWay(ann.ID, "Ann-"+what[:3]+"@Example.com")
			get[client.Message](t)(k.Write(ctx, bob.ID, client.NewMessage{Subject: "Hi", Text: "Hi"}))
			named := get[[]client.Handing](t)(stop(ann.ID))
			if len(named) != 1 || named[0].Message != m.ID || !named[0].Since.Equal(k.clock.Now()) {
				t.Errorf("%s: %+v, want message %s", what, named, m.ID)
			}
			if named := get[[]client.Handing](t)(stop(bob.ID)); len(named) != 0 {
				t.Errorf("%s: %+v", what, named)
			}
		}
		// What stops nothing names nothing: another edit, a grant, and a withdrawal that is older than a grant.
		c := k.contact("c@example.com")
		k.onItsWay(c.ID, "c@example.com")
		grant := get[client.Consented](t)(k.RecordConsent(ctx, c.ID, client.NewConsent{Channel: "email", Basis: "express"}))
		late := get[client.Consented](t)(k.RecordConsent(ctx, c.ID, client.NewConsent{Channel: "email", Act: "revoke", At: client.At(begin.Add(-time.Hour))}))
		edit := get[client.Contact](t)(k.UpdateContact(ctx, c.ID, "", client.ContactPatch{FirstName: client.Ptr("Cy"), Silenced: client.Ptr(false)}))
		if named := append(append(grant.Handing, late.Handing...), edit.Handing...); len(named) != 0 {
			t.Errorf("%+v", named)
		}
	})
}
