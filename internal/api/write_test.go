package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func TestWriteByHand(t *testing.T) { // CON-8, CMP-7, CMP-8
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		k := newKit(t, db)
		send := func() {
			t.Helper()
			_, _, err := k.app.Delivery.RunOnce(ctx)
			must(t, err)
		}
		// Without any consent: by hand all the same (CMP-8).
		c := get[client.Lead](t)(k.CreateContact(ctx, client.NewContact{FirstName: "Ann", Emails: []client.Email{{Address: "ann@x.example"}}})).Contact
		m := get[client.Message](t)(k.Write(ctx, c.ID, client.NewMessage{Subject: "Hi {{ contact.first_name }}", Text: "**Hello** {{ contact.first_name }}"}))
		if m.Status != "ready" || m.Class != "manual" || m.Contact != c.ID {
			t.Errorf("%+v", m)
		}
		send()
		m = get[client.Message](t)(k.Message(ctx, m.ID))
		if m.Status != "accepted" || m.Subject != "Hi Ann" || !strings.Contains(m.Content.HTML, "<strong>Hello</strong> Ann") || strings.Contains(m.Content.Text, "Unsubscribe") {
			t.Errorf("%+v %+v", m, m.Content)
		}
		later := begin.Add(48 * time.Hour)
		l := get[client.Message](t)(k.Write(ctx, c.ID, client.NewMessage{Subject: "Later", Text: "x", At: &later}))
		send()
		if got := get[client.Message](t)(k.Message(ctx, l.ID)); got.Status != "ready" {
			t.Errorf("%+v", got)
		}
		// A refusal stops what waits, whoever wrote it.
		get[client.Consented](t)(k.RecordConsent(ctx, c.ID, client.NewConsent{Channel: "email", Act: "revoke"}))
		k.clock.Advance(49 * time.Hour)
		send()
		if got := get[client.Message](t)(k.Message(ctx, l.ID)); got.Status != "skipped" || got.Reason != "opted_out" {
			t.Errorf("%+v", got)
		}

		for name, bad := range map[string]client.NewMessage{
			"text":     {Subject: "s"},
			"subject":  {Text: "x"},
			"template": {Template: "99"},
		} {
			_, err := k.Write(ctx, c.ID, bad)
			if p := refusal(t, err, http.StatusUnprocessableEntity); field(p, name) == "" {
				t.Errorf("%s: %+v", name, p)
			}
		}
		_, err := k.Write(ctx, c.ID, client.NewMessage{Subject: "a\r\nBcc: x@y.example", Text: "x {{ contact.frist_name }}"})
		if p := refusal(t, err, http.StatusUnprocessableEntity); field(p, "subject") == "" || field(p, "text") == "" {
			t.Errorf("%+v", p)
		}
		_, err = k.other().Write(ctx, c.ID, client.NewMessage{Subject: "s", Text: "x"})
		refused(t, err, http.StatusNotFound)
		_, err = k.client(k.newKey(account.Read)).Write(ctx, c.ID, client.NewMessage{Subject: "s", Text: "x"})
		refused(t, err, http.StatusForbidden)
	})
}
