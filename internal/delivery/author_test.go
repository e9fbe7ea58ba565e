package delivery_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/app"
	"tactus/internal/channel"
	"tactus/internal/clock"
	"tactus/internal/contact"
	"tactus/internal/delivery"
	"tactus/internal/fault"
	"tactus/internal/message"
	"tactus/internal/store/storetest"
)

// desk is one account in the sandbox, which keeps every message as its recipient would read it.
type desk struct {
	*testing.T
	app   *app.App
	clock *clock.Fake
	id    int64
	owner int64
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db := storetest.Memory(t)
	clk := clock.NewFake(time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC))
	a := app.New(db, clk, app.Options{Sign: func(_, _, message int64, _ string) string { return fmt.Sprintf("http://127.0.0.1:8080/u/t%d", message) }})
	acct, err := a.Accounts.Create(t.Context(), account.Account{Name: "Acme", Zone: "America/New_York", Country: "US"}, account.User{Email: "olivia@acme.example", FirstName: "Olivia"})
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t, a, clk, acct.ID, acct.OwnerID}
}

func (d *desk) ok(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) contact(c contact.Contact) int64 {
	d.Helper()
	if len(c.Emails) == 0 {
		c.Emails = []contact.Email{{Address: "bob@buyer.example"}}
	}
	res, err := d.app.Contacts.Upsert(d.Context(), d.id, contact.Lead{Contact: c, Consents: []contact.Consent{{Channel: "email", Act: contact.Grant, Basis: "express"}}}, "test")
	d.ok(err)
	return res.ID
}

// write has a person write to a contact and returns what was handed over.
func (d *desk) write(to int64, content string) (message.Sent, message.Content) {
	d.Helper()
	id, err := d.app.DB.QueueMessage(d.Context(), delivery.Outgoing{
		Account: d.id, Contact: to, Class: delivery.Manual, Channel: channel.Email, Content: []byte(content), Sender: d.owner, Now: d.clock.Now(),
	})
	d.ok(err)
	_, _, err = d.app.Delivery.RunOnce(d.Context())
	d.ok(err)
	log := message.NewLog(d.app.DB)
	sent, err := log.Get(d.Context(), d.id, id)
	d.ok(err)
	if sent.Status != string(delivery.Accepted) {
		return sent, message.Content{}
	}
	c, err := log.Content(d.Context(), d.id, id)
	d.ok(err)
	return sent, c
}

func TestStrangersWordsAreText(t *testing.T) { // TPL-1
	t.Parallel()
	d := newDesk(t)
	id := d.contact(contact.Contact{FirstName: "[Click here](https://evil.example)", LastName: "<script>**x**</script>", Fields: map[string]any{
		"js": "[x](javascript:alert(1))", "head": "a\n# Title\n![p](https://evil.example/p.png)", "url": "https://x.example/a_b",
	}})
	_, c := d.write(id, `{"subject":"Hi {{ contact.first_name }}","text":"Dear {{ contact.name }}, {{ contact.fields.js }} {{ contact.fields.head }}\n\n[yours]({{ contact.fields.url }}) {{ contact.fields.url }}"}`)
	for _, bad := range []string{"evil.example\"", "<script", "<strong>", "<h1>", "<img", `href="javascript`} {
		if strings.Contains(c.HTML, bad) {
			t.Errorf("%s in %s", bad, c.HTML)
		}
	}
	for _, want := range []string{"[Click here](https://evil.example)", `<a href="https://x.example/a_b">yours</a> <a href="https://x.example/a_b">https://x.example/a_b</a>`} {
		if !strings.Contains(c.HTML, want) {
			t.Errorf("%s is not in %s", want, c.HTML)
		}
	}
	if !strings.Contains(c.Text, "Dear [Click here](https://evil.example) <script>**x**</script>, [x](javascript:alert(1)) a\n# Title\n") {
		t.Error(c.Text)
	}
}

func TestSignatureAndSender(t *testing.T) { // EMAIL-1, EMAIL-2, TPL-3
	t.Parallel()
	d := newDesk(t)
	o, err := d.app.Accounts.Member(t.Context(), d.id, d.owner)
	d.ok(err)
	o.Signature, o.LastName = "**{{ user.first_name }}** of {{ account.name }}", "_Owner_"
	d.ok(d.app.Accounts.UpdateMember(t.Context(), o))
	bob, err := d.app.Accounts.AddMember(t.Context(), account.Member{User: account.User{Email: "bob@acme.example", FirstName: "Bob"}, AccountID: d.id, Role: account.Agent})
	d.ok(err)
	id := d.contact(contact.Contact{FirstName: "Ann", Assigned: bob.ID})
	_, c := d.write(id, `{"subject":"s","text":"I am {{ user.name }}, {{ 'now' | date: '%Y' }}"}`)
	if want := "I am Olivia _Owner_, 2026\n\nOlivia of Acme\n"; c.Text != want {
		t.Errorf("%q, want %q", c.Text, want)
	}
	if !strings.Contains(c.HTML, "<strong>Olivia</strong> of Acme") || !strings.Contains(c.From, "olivia@acme.example") {
		t.Error(c.From, c.HTML)
	}
	_, c = d.write(id, `{"subject":"s","text":"Yours,\n\n{{ user.signature }}"}`)
	if !strings.Contains(c.HTML, "<strong>Olivia</strong> of Acme") {
		t.Error(c.HTML)
	}
}

func TestSignatureInHTML(t *testing.T) { // EMAIL-2: it looks as it does under simple mail, and is as safe
	t.Parallel()
	d := newDesk(t)
	o, err := d.app.Accounts.Member(t.Context(), d.id, d.owner)
	d.ok(err)
	o.Signature, o.LastName = "**{{ user.name }}**\n[Book](https://acme.example/?a=1&b=2) [x](javascript:alert(1)) <script>", "O'Neil-*Lee*"
	d.ok(d.app.Accounts.UpdateMember(t.Context(), o))
	id := d.contact(contact.Contact{FirstName: "Ann"})
	_, c := d.write(id, `{"subject":"s","html":"<p>Yours, {{ user.signature }}</p><img alt=\"{{ user.signature }}\" src=\"https://x.example/i.png\">"}`)
	if want := `<p>Yours, <strong>Olivia O&#39;Neil-*Lee*</strong><br>` + "\n" + `<a href="https://acme.example/?a=1&amp;b=2">Book</a> `; !strings.Contains(c.HTML, want) {
		t.Errorf("%s is not in %s", want, c.HTML)
	}
	if strings.Contains(c.HTML, "javascript:") || strings.Contains(c.HTML, "<script") {
		t.Error(c.HTML)
	}
	if want := "Yours, Olivia O'Neil-*Lee*\nBook (https://acme.example/?a=1&b=2) x <script>"; !strings.Contains(c.Text, want) {
		t.Errorf("%q, want %q", c.Text, want)
	}
}

// settings changes the account's settings.
func (d *desk) settings(change func(*account.Settings)) error {
	d.Helper()
	a, err := d.app.Accounts.Account(d.Context(), d.id)
	d.ok(err)
	change(&a.Settings)
	return d.app.Accounts.Update(d.Context(), a, "test")
}

func TestSenderIsNeverSpoofed(t *testing.T) { // EMAIL-3
	t.Parallel()
	d := newDesk(t)
	id := d.contact(contact.Contact{FirstName: "Ann"})
	raw := func() string {
		t.Helper()
		sent, c := d.write(id, `{"subject":"s","text":"Hi"}`)
		if sent.Status != "accepted" {
			t.Fatal(sent)
		}
		head, _, _ := strings.Cut(string(c.Raw), "\r\n\r\n")
		return head
	}
	if head := raw(); !strings.Contains(head, "<olivia@acme.example>") || strings.Contains(head, "Reply-To") {
		t.Error(head)
	}
	d.ok(d.settings(func(s *account.Settings) { s.SenderAddress = " Office@Mail.Example " }))
	if head := raw(); !strings.Contains(head, `From: "Olivia" <office@mail.example>`) || !strings.Contains(head, `Reply-To: "Olivia" <olivia@acme.example>`) {
		t.Error(head)
	}
	d.ok(d.settings(func(s *account.Settings) { s.SenderDomains = []string{"ACME.example"} }))
	if head := raw(); !strings.Contains(head, `From: "Olivia" <olivia@acme.example>`) || strings.Contains(head, "Reply-To") {
		t.Error(head)
	}
	for _, bad := range []func(*account.Settings){
		func(s *account.Settings) { s.SenderAddress = "" }, // domains alone leave nobody to stand in
		func(s *account.Settings) { s.SenderAddress = "office" },
		func(s *account.Settings) { s.SenderDomains = []string{"acme.example", "x@y.example"} },
	} {
		if err := d.settings(bad); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	}
}

func TestLinksUseTheAccountsAddress(t *testing.T) { // EMAIL-4
	t.Parallel()
	d := newDesk(t)
	d.ok(d.settings(func(s *account.Settings) { s.BaseURL = "https://crm.acme.example/" }))
	id := d.contact(contact.Contact{FirstName: "Ann"})
	m, err := d.app.DB.QueueMessage(t.Context(), delivery.Outgoing{
		Account: d.id, Contact: id, Class: delivery.Completion, Channel: channel.Email, Content: []byte(`{"subject":"s","text":"Hi"}`), Now: d.clock.Now(),
	})
	d.ok(err)
	_, _, err = d.app.Delivery.RunOnce(t.Context())
	d.ok(err)
	c, err := message.NewLog(d.app.DB).Content(t.Context(), d.id, m)
	d.ok(err)
	for _, want := range []string{fmt.Sprintf("List-Unsubscribe: <https://crm.acme.example/u/t%d>\r\n", m), "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"} {
		if !strings.Contains(string(c.Raw), want) {
			t.Errorf("%s is not in %s", want, c.Raw)
		}
	}
}

func TestUnsubscribeLinkInTheWords(t *testing.T) { // TPL-1, TPL-2, EMAIL-4: a field that is offered is filled
	t.Parallel()
	d := newDesk(t)
	d.ok(d.settings(func(s *account.Settings) { s.BaseURL = "https://crm.acme.example/" }))
	id := d.contact(contact.Contact{FirstName: "Ann"})
	sent, c := d.write(id, `{"subject":"s","text":"Enough? [Stop]({{ unsubscribe_url }}) or {{ unsubscribe_url }}"}`)
	link := fmt.Sprintf("https://crm.acme.example/u/t%d", sent.ID)
	if want := "Enough? Stop (" + link + ") or " + link + "\n"; c.Text != want {
		t.Errorf("%q, want %q", c.Text, want)
	}
	if strings.Contains(string(c.Raw), "List-Unsubscribe") {
		t.Error("mail by hand is one to one: it has the link only where its author put it")
	}
	_, c = d.write(id, `{"subject":"s","html":"<p><a href=\"{{ unsubscribe_url }}\">Stop</a></p>"}`)
	if !strings.Contains(c.HTML, `<a href="https://crm.acme.example/u/t`) {
		t.Error(c.HTML)
	}
}
