package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/clock"
	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/history"
	"tactus/internal/store"
)

// start is when the cases begin.
var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// office is one account with its services.
type office struct {
	*testing.T
	db       *store.DB
	clock    *clock.Fake
	accounts *account.Service
	contacts *contact.Service
	history  *history.Service
	told     *told
	id       int64
	owner    int64
}

// told keeps what triggers were told.
type told struct {
	changes []toldChange
	leaving []int64
}

type toldChange struct {
	contacts []int64
	changed  contact.Changed
	author   string
}

func (r *told) ContactChanged(_ context.Context, _ int64, ids []int64, changed contact.Changed, author string) error {
	r.changes = append(r.changes, toldChange{ids, changed, author})
	return nil
}

func (r *told) ContactsLeaving(_ context.Context, _ int64, ids []int64, _ string) error {
	r.leaving = append(r.leaving, ids...)
	return nil
}

// take returns what was told since the last time.
func (r *told) take() []toldChange {
	c := r.changes
	r.changes = nil
	return c
}

// zoneOf knows two places.
func zoneOf(c contact.Contact) string {
	switch {
	case c.Zone != "":
		return c.Zone
	case c.Address.State == "CO":
		return "America/Denver"
	}
	return ""
}

func newOffice(t *testing.T, db *store.DB) *office {
	t.Helper()
	o := &office{T: t, db: db, clock: clock.NewFake(start), told: &told{}}
	o.accounts = account.NewService(db, o.clock, nil)
	o.contacts = contact.NewService(db, o.clock, zoneOf, o.told)
	o.history = history.NewService(db)
	a, created, err := o.accounts.Bootstrap(t.Context(), "Owner@Example.com")
	if err != nil || !created {
		t.Fatal(created, err)
	}
	o.id, o.owner = a.ID, a.OwnerID
	return o
}

// ok ends the case on an error.
func (o *office) ok(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// lead takes a lead in.
func (o *office) lead(l contact.Lead) contact.Result {
	o.Helper()
	r, err := o.contacts.Upsert(o.Context(), o.id, l, "user:1")
	o.ok(err)
	return r
}

func (o *office) contact(id int64) contact.Contact {
	o.Helper()
	c, err := o.contacts.Get(o.Context(), o.id, id)
	o.ok(err)
	return c
}

// timeline is a contact's history as "kind outcome detail", newest first.
func (o *office) timeline(id int64) []string {
	o.Helper()
	page, err := o.history.Page(o.Context(), o.id, history.Query{ContactID: id})
	o.ok(err)
	var out []string
	for _, r := range page.Rows {
		out = append(out, r.Kind+"|"+r.Outcome+"|"+r.Reason+"|"+r.Detail)
	}
	return out
}

func person(first, last, email, phone string) contact.Lead {
	l := contact.Lead{Contact: contact.Contact{FirstName: first, LastName: last}}
	if email != "" {
		l.Emails = []contact.Email{{Address: email}}
	}
	if phone != "" {
		l.Phones = []contact.Phone{{Number: phone, Type: "mobile"}}
	}
	return l
}

// fields are the names of the fields that an error finds at fault.
func fields(err error) string {
	var f *fault.Error
	var names []string
	if errors.As(err, &f) {
		for _, field := range f.Fields {
			names = append(names, field.Name)
		}
	}
	return strings.Join(names, " ")
}
