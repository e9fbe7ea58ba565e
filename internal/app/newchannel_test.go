package app_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/action"
	"tactus/internal/app"
	"tactus/internal/channel"
	"tactus/internal/clock"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// pigeons is a channel that the program does not have. Everything it needs is in this file: what would be its folder under channel/ and
// the one line that registers it (HOUSE-3).
type pigeons struct{ flown chan channel.Composed }

func (pigeons) Info() channel.Info {
	return channel.Info{Name: "pigeon_loft", Channel: "pigeon", Address: contact.PhoneAddress, Label: "Pigeons", Help: "Carries a note to a phone number."}
}
func (pigeons) Fields() []form.Field { return nil }

func (p pigeons) Open(json.RawMessage) (channel.Carrier, error) { return p, nil }

func (pigeons) Compose(d channel.Draft) (channel.Composed, error) {
	return channel.Composed{
		EnvelopeTo: d.To.Address, Ref: "ring-" + d.Random, Raw: []byte(d.Content.Text), Preview: channel.Content{Text: d.Content.Text},
	}, nil
}

func (p pigeons) Send(_ context.Context, m channel.Composed) channel.Receipt {
	p.flown <- m
	return channel.Receipt{Result: channel.Accepted, CarrierID: "p1"}
}
func (pigeons) Connections() int { return 2 }
func (pigeons) Close() error     { return nil }

// sendPigeon is the action that goes with it: what would be its folder under action/.
type sendPigeon struct{}

func (sendPigeon) Info() action.Info {
	return action.Info{Name: "send_pigeon", Label: "Send a pigeon", Help: "Sends a note by pigeon.", Role: plan.Role{Channel: "pigeon"}}
}

func (sendPigeon) Fields() []form.Field {
	return []form.Field{{Name: "note", Label: "Note", Help: "What the ring says.", Type: form.LongText, Merge: true, Required: true}}
}
func (sendPigeon) New() action.Action { return new(note) }

type note struct {
	Note string `json:"note"`
}

func (n *note) Validate() []fault.Field {
	var f action.Faults
	f.Text("note", n.Note, "is missing; write a note")
	return f.All()
}
func (n *note) Texts() map[string]string  { return map[string]string{"note": n.Note} }
func (n *note) Content(int) action.Source { return action.Source{Text: n.Note} }
func (n *note) Do(action.Input) action.Outcome {
	return action.Doing(action.SendMessage{Channel: "pigeon"})
}

const byPigeon = `tactus: 1
plan: By pigeon
steps:
  - {name: Coo, action: send_pigeon, when: immediately, note: "Coo, {{ contact.first_name }}"}
  - {name: Again, action: send_pigeon, when: 1 hour after previous, note: Coo again}
`

// HOUSE-3: a channel of its own goes through plans, gates, consent, outbox and history without a line elsewhere.
func TestANewChannelIsOneFolder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		clk := clock.NewFake(time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC))
		loft := pigeons{flown: make(chan channel.Composed, 9)}
		a := app.New(db, clk, app.Options{
			Actions:  action.NewRegistry(append(app.Actions().Kinds(), sendPigeon{})...),
			Channels: []channel.Kind{loft},
		})
		acct, err := a.Accounts.Create(ctx, account.Account{Name: "Loft", Zone: "UTC", Country: "US"}, account.User{Email: "owner@example.com"})
		must(t, err)
		files, problems := plan.LoadAll([]plan.Source{{Name: "p.yaml", Data: []byte(byPigeon)}}, a.Actions, plan.Names{})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		_, err = a.Plans.Apply(ctx, acct.ID, files, planbook.ApplyOptions{Author: "test"})
		must(t, err)
		full, err := a.Plans.ByName(ctx, acct.ID, "By pigeon")
		must(t, err)
		lead := contact.Lead{Consents: []contact.Consent{{Channel: "pigeon", Act: contact.Grant, Basis: "express", Method: "hand"}}}
		lead.FirstName, lead.Phones = "Ann", []contact.Phone{{Number: "+12125550123"}}
		ann, err := a.Contacts.Upsert(ctx, acct.ID, lead, "test")
		must(t, err)
		_, err = a.Runs.Start(ctx, acct.ID, enroll.StartRequest{Plan: full.ID, Contacts: []int64{ann.ID}, Author: "test"})
		must(t, err)

		settle(t, a, acct.ID)
		if m := <-loft.flown; m.EnvelopeTo != "+12125550123" || string(m.Raw) != "Coo, Ann" {
			t.Errorf("the pigeon carried %q to %q", m.Raw, m.EnvelopeTo)
		}
		must(t, a.Contacts.OptOut(ctx, acct.ID, "pigeon", "+12125550123", "no more birds", "test"))
		clk.Advance(time.Hour)
		settle(t, a, acct.ID)
		rows, err := db.HistorySince(ctx, acct.ID, ann.ID, 0)
		must(t, err)
		var log []string
		for _, r := range rows {
			if r.Kind == string(enroll.StepEntry) || r.Kind == string(enroll.StatusEntry) {
				log = append(log, strings.TrimSpace(r.Step+" "+r.Outcome+" "+r.Reason))
			}
		}
		want := "active assigned; s1 fired; s2 skipped opted_out; completed finished"
		if got := strings.Join(log, "; "); got != want {
			t.Errorf("history:\n%s\nwant\n%s", got, want)
		}
	})
}

func settle(t *testing.T, a *app.App, account int64) {
	t.Helper()
	for {
		moved, err := a.Moves.Tick(t.Context(), account, 10)
		must(t, err)
		sent, _, err := a.Delivery.RunOnce(t.Context())
		must(t, err)
		if moved+sent == 0 {
			return
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
