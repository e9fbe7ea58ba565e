package apptest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tactus/internal/account"
	"tactus/internal/channel"
	"tactus/internal/contact"
)

// Crowd takes n contacts in at once, who have agreed to email; their addresses begin with name.
func (o *Office) Crowd(name string, n int) []int64 {
	o.Helper()
	leads := make([]contact.Lead, n)
	for i := range leads {
		leads[i] = contact.Lead{
			Contact:  contact.Contact{Emails: []contact.Email{{Address: fmt.Sprintf("%s%d@example.com", name, i)}}},
			Consents: []contact.Consent{{Channel: channel.Email, Act: contact.Grant, Basis: "express", Method: "hand"}},
		}
	}
	var out []int64
	for part := range slices.Chunk(leads, contact.MaxBatch) {
		results, err := o.Contacts.UpsertBatch(o.Context(), o.ID, part, "test")
		o.OK(err)
		for _, r := range results {
			o.OK(r.Err)
			out = append(out, r.ID)
		}
	}
	return out
}

// Neighbour is another account of the same installation, with a carrier of its own.
func (o *Office) Neighbour(name string) *Office {
	o.Helper()
	n := *o
	a, err := o.Accounts.Create(o.Context(), account.Account{Name: name, Zone: "UTC", Country: "US"}, account.User{Email: name + "@example.com"})
	o.OK(err)
	n.ID, n.Owner, n.Wire = a.ID, a.OwnerID, NewWire()
	o.Carriers.Add(kind{n.Wire, kindName + name})
	o.OK(o.DB.SetCarrier(o.Context(), n.ID, channel.Email, kindName+name, json.RawMessage("{}"), o.Clock.Now()))
	return &n
}

// Change changes the account.
func (o *Office) Change(f func(*account.Account)) {
	o.Helper()
	a, err := o.Accounts.Account(o.Context(), o.ID)
	o.OK(err)
	f(&a)
	o.OK(o.Accounts.Update(o.Context(), a, "test"))
}

// Live lets time pass up to a moment, from due moment to due moment; at each of them everything is done that is to be done.
func (o *Office) Live(to time.Time) {
	o.Helper()
	for {
		o.Settle()
		next := o.Next()
		if next.IsZero() || next.After(to) {
			o.Clock.Set(to)
			o.Settle()
			return
		}
		o.Clock.Set(next)
	}
}

// Next is the next moment at which anything is due; zero: none is known.
func (o *Office) Next() time.Time {
	o.Helper()
	due, err := o.DB.DueWork(o.Context(), o.Clock.Now())
	o.OK(err)
	_, next, err := o.DB.Outbox().DueLanes(o.Context(), o.Clock.Now())
	o.OK(err)
	if next.IsZero() || !due.Next.IsZero() && due.Next.Before(next) {
		return due.Next
	}
	return next
}
