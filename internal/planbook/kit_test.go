package planbook_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/action"
	"tactus/internal/app"
	"tactus/internal/clock"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/store"
)

// start is when the cases begin: a Sunday.
var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

const author = "user:1"

// office is one account with its services.
type office struct {
	*testing.T
	db       *store.DB
	clock    *clock.Fake
	actions  *action.Registry
	accounts *account.Service
	contacts *contact.Service
	runs     *enroll.Service
	plans    *planbook.Service
	id       int64
	leads    int
}

func newOffice(t *testing.T, db *store.DB) *office {
	t.Helper()
	o := &office{T: t, db: db, clock: clock.NewFake(start), actions: app.Actions()}
	o.runs = enroll.NewService(db, o.clock, o.actions)
	o.accounts = account.NewService(db, o.clock, nil)
	o.contacts = contact.NewService(db, o.clock, func(c contact.Contact) string { return c.Zone }, o.runs)
	o.plans = planbook.NewService(db, o.clock, o.actions, o.runs)
	a, _, err := o.accounts.Bootstrap(t.Context(), "kim@example.com")
	o.ok(err)
	o.id = a.ID
	return o
}

func (o *office) ok(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// file reads a plan or template file that has no problems; "tactus: 1" is put before it.
func (o *office) file(name, text string) *plan.File {
	o.Helper()
	f, problems := plan.Load(name, []byte("tactus: 1\n"+text), o.actions)
	for _, p := range problems {
		o.Error(p)
	}
	return f
}

func (o *office) doc(text string) *plan.Document {
	o.Helper()
	return o.file("test.yaml", text).Document
}

func (o *office) save(text string, opt planbook.SaveOptions) *planbook.Saved {
	o.Helper()
	opt.Author = author
	saved, err := o.plans.Save(o.Context(), o.id, o.doc(text), opt)
	o.ok(err)
	return saved
}

// ready saves a plan and makes it ready.
func (o *office) ready(text string) planbook.Head {
	o.Helper()
	saved := o.save(text, planbook.SaveOptions{})
	saved, err := o.plans.Ready(o.Context(), o.id, saved.Plan.ID, 0, author)
	o.ok(err)
	return saved.Plan
}

func (o *office) get(id int64) *planbook.Full {
	o.Helper()
	full, err := o.plans.Get(o.Context(), o.id, id)
	o.ok(err)
	return full
}

// steps are a plan's steps as "id name, when".
func (o *office) steps(id int64) []string {
	o.Helper()
	var out []string
	for _, s := range o.get(id).Version.Document.Steps {
		out = append(out, fmt.Sprintf("%s %s, %s", s.ID, s.Name, s.When))
	}
	return out
}

// assign puts n new contacts on a plan and lets what is due happen.
func (o *office) assign(planID int64, n int, version int64) []int64 {
	o.Helper()
	ids := make([]int64, n)
	for i := range ids {
		r, err := o.contacts.Upsert(o.Context(), o.id, contact.Lead{Contact: contact.Contact{
			FirstName: "Ann", LastName: "Lee", Emails: []contact.Email{{Address: fmt.Sprintf("ann%d-%d@example.com", planID, o.leads)}},
		}}, author)
		o.ok(err)
		o.leads++
		ids[i] = r.ID
	}
	started, err := o.runs.Start(o.Context(), o.id, enroll.StartRequest{Plan: planID, Contacts: ids, Cause: "hand", Author: author, Version: version})
	o.ok(err)
	if started.Started != n {
		o.Fatalf("started %+v of %d", started, n)
	}
	o.tick()
	return ids
}

func (o *office) tick() {
	o.Helper()
	for {
		n, err := o.runs.Tick(o.Context(), o.id, 100)
		o.ok(err)
		if n == 0 {
			return
		}
	}
}

// wrong checks that an error has the code and says each of the words.
func (o *office) wrong(err error, code fault.Code, words ...string) {
	o.Helper()
	if !fault.Is(err, code) {
		o.Fatalf("error %v, want %s", err, code)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			o.Errorf("%q does not say %q", err, w)
		}
	}
}

func (o *office) equal(what string, got, want []string) {
	o.Helper()
	if !slices.Equal(got, want) {
		o.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// crowd makes n contacts at once; theirs are the ids from 1.
func (o *office) crowd(n int) {
	o.Helper()
	rows := make([]contact.Record, n)
	for i := range rows {
		rows[i].Contact = &contact.Contact{AccountID: o.id, FirstName: "Ann", CreatedAt: start, UpdatedAt: start}
	}
	for chunk := range slices.Chunk(rows, contact.MaxBatch) {
		_, err := o.db.InsertContacts(o.Context(), o.id, chunk)
		o.ok(err)
	}
}

// until lets the days go by, one at a time, up to so many after the start.
func (o *office) until(days int) {
	o.Helper()
	for day := start; !day.After(start.AddDate(0, 0, days)); day = day.AddDate(0, 0, 1) {
		if day.After(o.clock.Now()) {
			o.clock.Set(day)
			o.tick()
		}
	}
}
