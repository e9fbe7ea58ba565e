package importer_test

import (
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/app"
	"tactus/internal/clock"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/importer"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/store"
	"tactus/internal/work"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

const author = "user:1"

// office is one account with its services.
type office struct {
	testing.TB
	db       *store.DB
	clock    *clock.Fake
	accounts *account.Service
	contacts *contact.Service
	runs     *enroll.Service
	plans    *planbook.Service
	work     *work.Service
	imports  *importer.Service
	worker   *work.Worker
	id       int64
	owner    int64
}

func newOffice(t testing.TB, db *store.DB) *office {
	t.Helper()
	o := &office{TB: t, db: db, clock: clock.NewFake(start)}
	actions := app.Actions()
	o.runs = enroll.NewService(db, o.clock, actions)
	o.accounts = account.NewService(db, o.clock, nil)
	o.contacts = contact.NewService(db, o.clock, func(c contact.Contact) string { return c.Zone }, o.runs)
	o.plans = planbook.NewService(db, o.clock, actions, o.runs)
	o.work = work.NewService(db, o.clock)
	o.restart()
	a, _, err := o.accounts.Bootstrap(t.Context(), "kim@example.com")
	o.ok(err)
	o.id, o.owner = a.ID, a.OwnerID
	return o
}

// restart is a new process: nothing is remembered but what the database keeps.
func (o *office) restart() {
	o.imports = importer.NewService(o.contacts, o.accounts, o.db, o.work, o.clock)
	o.worker = work.NewWorker(o.db, o.clock, slog.New(slog.DiscardHandler), o.imports)
}

func (o *office) ok(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// params are those that most cases need.
func params(basis string) importer.Params {
	return importer.Params{Source: "Open house", Consent: importer.Consent{Basis: basis, Document: "sheet of 2026-11-01"}}
}

// upload keeps a file and looks at it.
func (o *office) upload(text string) importer.Look {
	o.Helper()
	look, err := o.imports.Upload(o.Context(), o.id, strings.NewReader(text), author)
	o.ok(err)
	return look
}

// bring imports a file with the guessed mapping and returns the operation as it ended.
func (o *office) bring(text string, p importer.Params) work.Operation {
	o.Helper()
	look := o.upload(text)
	if len(p.Mapping.Columns) == 0 {
		p.Mapping = look.Mapping
	}
	o.ok(o.imports.Start(o.Context(), o.id, look.Operation, p))
	return o.finish(look.Operation)
}

func (o *office) finish(id int64) work.Operation {
	o.Helper()
	for {
		n, err := o.worker.RunOnce(o.Context())
		o.ok(err)
		if n == 0 {
			break
		}
	}
	op, err := o.work.Get(o.Context(), o.id, id)
	o.ok(err)
	if op.Status != work.Done || op.Done != op.Total {
		o.Errorf("%s with %d of %d rows: %s", op.Status, op.Done, op.Total, op.Message)
	}
	if all := op.Counts[importer.Created] + op.Counts[importer.Updated] + op.Counts[importer.Turned]; all != op.Done {
		o.Errorf("of %d rows %d are accounted for: %v", op.Done, all, op.Counts)
	}
	return op
}

func counts(op work.Operation) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(op.Counts)) {
		out = append(out, fmt.Sprintf("%s %d", name, op.Counts[name]))
	}
	return strings.Join(out, ", ")
}

// refused are the rows of the file of refused ones, without its header, as "line: reason".
func (o *office) refused(id int64) []string {
	o.Helper()
	rows := o.table(importer.Refused, id)
	var out []string
	for _, r := range rows[min(1, len(rows)):] {
		out = append(out, r[len(r)-2]+": "+r[len(r)-1])
	}
	return out
}

func (o *office) table(name string, id int64) [][]string {
	o.Helper()
	raw, err := io.ReadAll(o.work.OpenFile(o.Context(), o.id, id, name, 0))
	o.ok(err)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\ufeff"))).ReadAll()
	o.ok(err)
	return rows
}

// everyone are the account's contacts, oldest first.
func (o *office) everyone() []contact.Contact {
	o.Helper()
	var all []contact.Contact
	q := contact.Query{Limit: 500}
	for {
		page, err := o.contacts.List(o.Context(), o.id, q)
		o.ok(err)
		all = append(all, page.Contacts...)
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	slices.Reverse(all)
	return all
}

// permissions are the contact's current ones: "email +express, sms -".
func (o *office) permissions(id int64) string {
	o.Helper()
	found, err := o.contacts.Permissions(o.Context(), o.id, id)
	o.ok(err)
	var out []string
	for _, p := range found {
		sign := "-"
		if p.Granted {
			sign = "+"
		}
		out = append(out, p.Channel+" "+sign+p.Basis)
	}
	return strings.Join(out, ", ")
}

// plan makes a plan ready.
func (o *office) plan(text string) int64 {
	o.Helper()
	f, problems := plan.Load("test.yaml", []byte("tactus: 1\n"+text), app.Actions())
	for _, p := range problems {
		o.Error(p)
	}
	saved, err := o.plans.Save(o.Context(), o.id, f.Document, planbook.SaveOptions{Author: author})
	o.ok(err)
	_, err = o.plans.Ready(o.Context(), o.id, saved.Plan.ID, 0, author)
	o.ok(err)
	return saved.Plan.ID
}

func equal[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%v\nwant\n%v", what, got, want)
	}
}

func (o *office) label(kind account.LabelKind, name string) {
	o.Helper()
	_, err := o.accounts.EnsureLabels(o.Context(), o.id, kind, []string{name})
	o.ok(err)
}
