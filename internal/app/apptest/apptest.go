// Package apptest puts the whole product together on a test's database, with a clock that stands still and a carrier that does as the test
// says. It is for tests of what only the parts together can promise: order, exactly once, commands that hold.
package apptest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"tactus/internal/app"
	"tactus/internal/channel"
	"tactus/internal/clock"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/history"
	"tactus/internal/message"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/store"
)

// Start is when the clock of an Office stands at first: a Monday morning.
var Start = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

// Office is one account of a whole product.
type Office struct {
	testing.TB
	*app.App
	Clock *clock.Fake
	Wire  *Wire
	ID    int64
	Owner int64
	seen  int
}

// New makes an office on a migrated database.
func New(t testing.TB, db *store.DB) *Office {
	t.Helper()
	o := &Office{TB: t, Clock: clock.NewFake(Start), Wire: NewWire()}
	o.App = app.New(db, o.Clock, app.Options{Workers: 1})
	o.Carriers.Add(kind{o.Wire, kindName})
	a, _, err := o.Accounts.Bootstrap(t.Context(), "owner@example.com")
	o.OK(err)
	o.ID, o.Owner = a.ID, a.OwnerID
	o.OK(db.SetCarrier(t.Context(), o.ID, channel.Email, kindName, json.RawMessage("{}"), o.Clock.Now()))
	return o
}

// Observe puts the product together anew, with somebody who is told what its workers do.
func (o *Office) Observe(who app.Observer) {
	o.App = app.New(o.DB, o.Clock, app.Options{Workers: 1, Observer: who})
	o.Carriers.Add(kind{o.Wire, kindName})
}

// Second is another process on the same database, with the same clock and carrier: a second node, or the one after a crash.
func (o *Office) Second() *Office {
	o.Helper()
	n := *o
	n.App = app.New(o.DB, o.Clock, app.Options{Workers: 1})
	n.Carriers.Add(kind{o.Wire, kindName})
	return &n
}

// OK ends the test on an error.
func (o *Office) OK(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// Lead takes a contact in that has agreed to email.
func (o *Office) Lead(address string, tags ...string) int64 {
	o.Helper()
	r, err := o.Contacts.Upsert(o.Context(), o.ID, contact.Lead{
		Contact:  contact.Contact{FirstName: "Ann", Emails: []contact.Email{{Address: address}}, Tags: tags},
		Consents: []contact.Consent{{Channel: channel.Email, Act: contact.Grant, Basis: "express", Method: "hand"}},
	}, "test")
	o.OK(err)
	o.OK(r.Err)
	return r.ID
}

// Leads takes n contacts in.
func (o *Office) Leads(n int) []int64 {
	o.Helper()
	out := make([]int64, n)
	for i := range out {
		o.seen++
		out[i] = o.Lead(fmt.Sprintf("p%d@example.com", o.seen))
	}
	return out
}

// Plan applies a plan file, without its first line, makes it ready, and returns its id. The same name again is a new version for everyone.
func (o *Office) Plan(text string) int64 {
	o.Helper()
	f, problems := plan.Load("plan.yaml", []byte("tactus: 1\n"+text), o.Actions)
	for _, p := range problems {
		o.Fatal(p)
	}
	applied, err := o.Plans.Apply(o.Context(), o.ID, []*plan.File{f}, planbook.ApplyOptions{Author: "test"})
	o.OK(err)
	for _, p := range applied.Problems {
		o.Fatal(p)
	}
	full, err := o.Plans.ByName(o.Context(), o.ID, f.Document.Name)
	o.OK(err)
	return full.Plan.ID
}

// Assign puts contacts on a plan.
func (o *Office) Assign(planID int64, contacts ...int64) {
	o.Helper()
	_, err := o.Runs.Start(o.Context(), o.ID, enroll.StartRequest{Plan: planID, Contacts: contacts, Cause: "hand", Author: "test", By: o.Owner})
	o.OK(err)
}

// AssignFor makes an event of one contact and puts the contact on a plan that is dated by it.
func (o *Office) AssignFor(planID int64, ev event.Event) event.Event {
	o.Helper()
	ev.AccountID = o.ID
	ev, err := o.Events.Create(o.Context(), ev, "test")
	o.OK(err)
	_, err = o.Runs.Start(o.Context(), o.ID, enroll.StartRequest{Plan: planID, Contacts: []int64{ev.ContactID}, Event: ev.ID, Cause: "hand", Author: "test"})
	o.OK(err)
	return ev
}

// SaveForNewRuns saves a plan file, without its first line, as a new version for new runs alone, and returns the version's id.
func (o *Office) SaveForNewRuns(planID int64, text string) int64 {
	o.Helper()
	f, problems := plan.Load("plan.yaml", []byte("tactus: 1\n"+text), o.Actions)
	for _, p := range problems {
		o.Fatal(p)
	}
	saved, err := o.Plans.Save(o.Context(), o.ID, f.Document, planbook.SaveOptions{ID: planID, ApplyTo: planbook.NewRuns, Author: "test"})
	o.OK(err)
	return saved.Plan.VersionID
}

// Of selects a plan's enrollments.
func Of(planID int64) enroll.Selection { return enroll.Selection{Plan: planID} }

// On selects one contact's enrollment on a plan.
func On(planID, contactID int64) enroll.Selection {
	return enroll.Selection{Plan: planID, Contacts: []int64{contactID}}
}

// Do carries a command out and returns its one result.
func (o *Office) Do(cmd enroll.Command, sel enroll.Selection) enroll.Result {
	o.Helper()
	r, err := o.Runs.Do(o.Context(), o.ID, cmd, sel, "test", o.Owner)
	o.OK(err)
	if len(r) != 1 {
		o.Fatalf("%s: %d results", cmd, len(r))
	}
	return r[0]
}

// Move lets the engine move what is due, until nothing is.
func (o *Office) Move() {
	o.Helper()
	for range 1000 {
		n, _, err := o.Engine.RunOnce(o.Context())
		o.OK(err)
		if n == 0 {
			return
		}
	}
	o.Fatal("the engine does not come to rest")
}

// Settle lets engine and senders work until nothing is to be done at this moment.
func (o *Office) Settle() {
	o.Helper()
	for range 1000 {
		o.Move()
		n, _, err := o.Delivery.RunOnce(o.Context())
		o.OK(err)
		if n == 0 {
			return
		}
	}
	o.Fatal("the senders do not come to rest")
}

// Row is one contact's enrollment on a plan.
func (o *Office) Row(planID, contactID int64) enroll.Row {
	o.Helper()
	var rows []enroll.Row
	o.OK(o.DB.InTx(o.Context(), func(ctx context.Context) (err error) {
		rows, err = o.DB.LockEnrollments(ctx, o.ID, On(planID, contactID))
		return err
	}))
	if len(rows) != 1 {
		o.Fatalf("%d enrollments", len(rows))
	}
	return rows[0]
}

// Steps is what is recorded of a contact's steps, oldest first, as "run.round step outcome reason".
func (o *Office) Steps(contactID int64) []string {
	o.Helper()
	rows, err := o.DB.HistorySince(o.Context(), o.ID, contactID, 0)
	o.OK(err)
	var out []string
	for _, r := range rows {
		if r.Kind == string(enroll.StepEntry) {
			out = append(out, line(r))
		}
	}
	return out
}

func line(r history.Row) string {
	s := fmt.Sprintf("%d.%d %s %s", r.Run, r.Round, r.Step, r.Outcome)
	if r.Reason != "" {
		s += " " + r.Reason
	}
	return s
}

// Messages are a contact's messages, oldest first, as "step status".
func (o *Office) Messages(contactID int64) []string {
	o.Helper()
	list, err := o.DB.ListMessages(o.Context(), o.ID, message.LogQuery{Contact: contactID, Limit: 500})
	o.OK(err)
	var out []string
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, list[i].Step+" "+list[i].Status)
	}
	return out
}
