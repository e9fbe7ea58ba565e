package importer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/history"
	"tactus/internal/importer"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/work"
)

const people = `First name,Last name,Email,Cell,Stage,Tags,Do not email
Ann,Lee,ann@example.com,(212) 555-0100,Working,hot; buyer,
Bob,Ray,bob@example,212 555 0101,,,
Cem,Öz,cem@example.com,,Nowhere,,
"Dan,Doe,dan@example.com,,,,
Eve,Fox,EVE@example.com,,,,yes
Ann,,ann@example.com,212-555-0199,,seller,
,,,,,lost,
Flo,Gil,,(212) 555-0100,,,
`

func TestImport(t *testing.T) { // CON-4: a bad row never stops the others
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		p := params("none")
		p.Tags = []string{"Fair 2026"}
		op := o.bring(people, p)
		if got := counts(op); got != "created 3, duplicates_in_file 1, possible_duplicates 1, refused 4, updated 1" {
			t.Error(got)
		}
		equal(t, "refused", o.refused(op.ID), []string{
			`3: Email: "bob@example" is not an email address`,
			`4: Stage: there is no stage "Nowhere"; the stages are New, Attempted, Working, Appointment, Offer, Under contract, Closed, Lost`,
			`5: the row has a quote that is not closed`,
			`8: the row has no name, no email address and no phone number`,
		})
		all := o.everyone()
		ann := all[0]
		if len(all) != 3 || ann.FirstName != "Ann" || ann.LastName != "Lee" || ann.Stage != "Working" || ann.Source != "Open house" || len(ann.Phones) != 2 {
			t.Errorf("%+v", all)
		}
		equal(t, "tags", ann.Tags, []string{"buyer", "Fair 2026", "hot", "seller"})
		if all[1].Emails[0].Address != "eve@example.com" || all[1].Stage != "New" || all[2].LastName != "Gil" {
			t.Errorf("%+v", all[1:])
		}
	})
}

func TestImportCanBeCorrected(t *testing.T) { // CON-4: the file of refused rows is imported as it is, once it is right
	t.Parallel()
	o := newOffice(t, storetest.Memory(t))
	op := o.bring("First name,Email,Motto\nAnn,ann@example,=1+1\nBob,bob@example,\"a, \"\"b\"\"\nc\"\n", params("none"))
	rows := o.table(importer.Refused, op.ID)
	if got := fmt.Sprintf("%q", rows); got != `[["First name" "Email" "Motto" "line" "reason"] ["Ann" "ann@example" "'=1+1" "2" "Email: \"ann@example\" is not an email address"] ["Bob" "bob@example" "a, \"b\"\nc" "3" "Email: \"bob@example\" is not an email address"]]` {
		t.Error(got)
	}
	again := "\ufeffFirst name,Email,Motto,line,reason\nAnn,ann@example.com,'=1+1,2,why\n"
	look := o.upload(again)
	equal(t, "ignored", look.Ignored, []string{"Motto", "line", "reason"})
	m, err := look.Mapping.With([]string{"Motto=field:Motto"})
	o.ok(err)
	p := params("none")
	p.Mapping = m
	o.ok(o.imports.Start(t.Context(), o.id, look.Operation, p))
	o.finish(look.Operation)
	if all := o.everyone(); len(all) != 1 || all[0].Fields["Motto"] != "=1+1" {
		t.Errorf("%+v", all)
	}
}

func TestImportUpdates(t *testing.T) { // CON-3: gaps are filled, tags added, an inquiry recorded
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		l := contact.Lead{Contact: contact.Contact{FirstName: "Ann", Emails: []contact.Email{{Address: "ann@example.com"}}, Language: "en"}}
		r, err := o.contacts.Upsert(t.Context(), o.id, l, author)
		o.ok(err)
		op := o.bring("Name,Email,Language,City\nAnn Lee,ANN@example.com,de,Denver\n", params("none"))
		if got := counts(op); got != "updated 1" {
			t.Error(got)
		}
		c := o.everyone()[0]
		if c.ID != r.ID || c.LastName != "Lee" || c.Language != "en" || c.Address.City != "Denver" || c.Source != "Open house" {
			t.Errorf("%+v", c)
		}
		page, err := history.NewService(db).Page(t.Context(), o.id, history.Query{ContactID: r.ID})
		o.ok(err)
		if h := page.Rows[0]; h.Outcome != "inquiry" || h.Author != fmt.Sprintf("import:%d", op.ID) {
			t.Errorf("%+v", h)
		}
	})
}

func TestImportStartsPlans(t *testing.T) { // CON-2, PLAN-4, PLAN-5: by source and by tag, as a set
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		o.label("source", "Fair")
		o.label("tag", "hot")
		step := "steps:\n  - {id: hello, name: Hello, action: add_note, when: on day 5 at 09:00, text: hello}\n"
		bySource := o.plan("plan: Fair\nkind: connection\nsource: Fair\n" + step)
		byTag := o.plan("plan: Hot\nkind: general\nstart_on: [{tag: hot}]\n" + step)
		in := "Name,Email,Tags,Source\nAnn,ann@example.com,hot,\nBob,bob@example.com,,Fair\nCem,cem@example.com,Hot,Web\nDan,dan@example,hot,Fair\n"
		p := params("none")
		p.Source = "FAIR"
		o.bring(in, p)
		for plan, want := range map[int64]int64{bySource: 2, byTag: 2} {
			n, err := o.contacts.Count(t.Context(), o.id, contact.Filter{PlanID: plan})
			o.ok(err)
			if n != want {
				t.Errorf("plan %d has %d contacts, want %d", plan, n, want)
			}
		}
	})
}

func TestImportConsent(t *testing.T) { // CMP-1, CMP-8, CON-3
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		in := "Name,Email,Phone,Unsubscribed,DNC,SMS consent\n" +
			"Ann,ann@example.com,212 555 0100,,,yes\n" +
			"Bob,bob@example.com,212 555 0101,TRUE,,\n" +
			"Cem,cem@example.com,212 555 0102,no,x,yes\n" +
			"Dan,dan@example.com,212 555 0103,,,no\n"
		o.bring(in, params("none"))
		all := o.everyone()
		var got []string
		for _, c := range all {
			got = append(got, o.permissions(c.ID))
		}
		equal(t, "with none", got, []string{"", "email -", "call -, sms -", "sms -"})
		o.clock.Advance(1000)
		o.bring(in, params("express"))
		got = nil
		for _, c := range all {
			got = append(got, o.permissions(c.ID))
		}
		equal(t, "with express", got, []string{
			"call +express, email +express, mail +express, sms +express", "call +express, email -, mail +express",
			"call -, email +express, mail +express, sms -", "call +express, email +express, mail +express, sms -",
		})
		ledger, err := o.contacts.Ledger(t.Context(), o.id, all[0].ID)
		o.ok(err)
		if l := ledger[0]; l.Method != "import" || l.Author != author || !strings.HasPrefix(l.Evidence, "sheet of 2026-11-01; import ") || !strings.HasSuffix(l.Evidence, "line 2") {
			t.Errorf("%+v", l)
		}
		o.bring(in, params("inquiry")) // weaker: nothing to say
		if again, err := o.contacts.Ledger(t.Context(), o.id, all[0].ID); err != nil || len(again) != len(ledger) {
			t.Errorf("%+v %v", again, err)
		}
		for channel, address := range map[string]string{"email": "bob@example.com", "sms": "+12125550102", "call": "+12125550102"} {
			found, err := o.contacts.Suppressions(t.Context(), o.id, channel, []string{address})
			o.ok(err)
			if len(found) != 1 || found[0].Reason != contact.OptOut || !strings.Contains(found[0].Detail, "line") {
				t.Errorf("%s %s: %+v", channel, address, found)
			}
		}
	})
}

func TestRefusalsByDay(t *testing.T) { // CON-4, CMP-7: the day of a refusal is read as its column is, and none is lost for it
	t.Parallel()
	o := newOffice(t, storetest.Memory(t))
	op := o.bring("Name,Email,Unsubscribed\nAnn,ann@example.com,25/03/2024\nBob,bob@example.com,3/4/2024\nCem,cem@example.com,\n", params("none"))
	if got := counts(op); got != "created 3" {
		t.Errorf("%s %q", got, o.refused(op.ID))
	}
	found, err := o.contacts.Suppressions(t.Context(), o.id, "email", []string{"ann@example.com", "bob@example.com", "cem@example.com"})
	o.ok(err)
	if len(found) != 2 {
		t.Errorf("%+v", found)
	}
}

func TestImportedRefusalReachesOthers(t *testing.T) { // CON-3, CMP-7: an opt-out belongs to the address
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		phone := []contact.Phone{{Number: "+12125550100"}}
		r, err := o.contacts.Upsert(t.Context(), o.id, contact.Lead{
			Contact: contact.Contact{FirstName: "Ann", Phones: phone}, Consents: []contact.Consent{{Channel: "sms", Act: contact.Grant, Basis: "express_written"}},
		}, author)
		o.ok(err)
		o.clock.Advance(1000)
		p := params("express_written")
		p.Consent.Wording = "I agree"
		op := o.bring("Name,Phone,Do not text\nBob Lee,212-555-0100,yes\n", p)
		if got := counts(op); got != "created 1, possible_duplicates 1" {
			t.Error(got)
		}
		if got := o.permissions(r.ID); got != "sms -" {
			t.Error(got)
		}
		ledger, err := o.contacts.Ledger(t.Context(), o.id, r.ID) // CMP-1: the row is the evidence, not what the list was shown
		o.ok(err)
		if l := ledger[len(ledger)-1]; l.Act != contact.Revoke || l.Wording != "" || l.Evidence != fmt.Sprintf("import %d, line 2", op.ID) {
			t.Errorf("%+v", l)
		}
	})
}

func TestImportedRefusalIsOfAllAddresses(t *testing.T) { // CON-3: those that the contact had before, too
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		_, err := o.contacts.Upsert(t.Context(), o.id, contact.Lead{Contact: contact.Contact{FirstName: "Ann", Emails: []contact.Email{{Address: "ann@example.com"}, {Address: "old@example.com"}}}}, author)
		o.ok(err)
		o.bring("Name,Email,Unsubscribed\nAnn,ann@example.com,yes\n", params("express"))
		found, err := o.contacts.Suppressions(t.Context(), o.id, "email", []string{"ann@example.com", "old@example.com"})
		o.ok(err)
		if len(found) != 2 {
			t.Errorf("%+v", found)
		}
	})
}

func TestImportedRefusalIsOfLaterRowsAddresses(t *testing.T) { // CON-3, CMP-7: also those that another row gives a contact that the file has just made
	t.Parallel()
	o := newOffice(t, storetest.Memory(t))
	o.bring("Name,Email,Email 2,Unsubscribed\nAnn,ann@example.com,,yes\nAnn,ann@example.com,new@example.com,\n", params("none"))
	found, err := o.contacts.Suppressions(t.Context(), o.id, "email", []string{"ann@example.com", "new@example.com"})
	o.ok(err)
	if len(found) != 2 {
		t.Errorf("%+v", found)
	}
}

func TestImportOfAnEarlierRefusal(t *testing.T) { // CON-3: what the person refused by hand, no list grants
	t.Parallel()
	o := newOffice(t, storetest.Memory(t))
	r, err := o.contacts.Upsert(t.Context(), o.id, contact.Lead{Contact: contact.Contact{FirstName: "Ann", Emails: []contact.Email{{Address: "ann@example.com"}}}}, author)
	o.ok(err)
	o.ok(o.contacts.RecordConsent(t.Context(), o.id, r.ID, []contact.Consent{{Channel: "email", Act: contact.Revoke, Method: "hand"}}, author))
	o.clock.Advance(1000)
	o.bring("Name,Email\nAnn,ann@example.com\n", params("express"))
	if got := o.permissions(r.ID); got != "call +express, email -, mail +express, sms +express" {
		t.Error(got)
	}
}

func TestImportGoesOn(t *testing.T) { // ENG-11, ENG-12: after a crash nothing is done twice, nothing is left out
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		var in strings.Builder
		in.WriteString("Name,Email\r\n")
		for i := range 2500 {
			switch {
			case i%100 == 7:
				fmt.Fprintf(&in, "P%d,bad\r\n", i)
			case i%100 == 8:
				fmt.Fprintf(&in, "\"P%d\r\nQ\",p%d@example.com\r\n", i-1002, max(0, i-1002)) // some of an earlier chunk again
			default:
				fmt.Fprintf(&in, "P%d,p%d@example.com\r\n", i, i)
			}
		}
		look := o.upload(in.String())
		p := params("inquiry")
		p.Mapping = look.Mapping
		o.ok(o.imports.Start(t.Context(), o.id, look.Operation, p))
		for range 2 {
			_, err := o.worker.RunOnce(t.Context())
			o.ok(err)
			o.restart()
		}
		op, err := o.work.Get(t.Context(), o.id, look.Operation)
		o.ok(err)
		if op.Done != 2000 || op.Total != 2500 || op.Status != work.Waiting && op.Status != work.Running {
			t.Errorf("%+v", op)
		}
		op = o.finish(look.Operation)
		if got := counts(op); got != "created 2450, duplicates_in_file 25, refused 25, updated 25" {
			t.Error(got)
		}
		refused := o.refused(op.ID)
		if len(refused) != 25 || !strings.HasPrefix(refused[24], "2433: ") {
			t.Error(len(refused), refused[24])
		}
		if n := len(o.everyone()); n != 2450 {
			t.Error(n)
		}
	})
}

func TestStartIsRefused(t *testing.T) { // CMP-8, CON-2: every parameter at fault is named
	t.Parallel()
	o := newOffice(t, storetest.Memory(t))
	look := o.upload("Name,Email\nAnn,ann@example.com\n")
	for want, change := range map[string]func(*importer.Params){
		"consent.basis":       func(p *importer.Params) { p.Consent.Basis = "" },
		"consent.wording":     func(p *importer.Params) { p.Consent = importer.Consent{Basis: "express_written"} },
		"consent.channels":    func(p *importer.Params) { p.Consent.Channels = []string{"fax"} },
		"source":              func(p *importer.Params) { p.Source = "" },
		"the stages are New":  func(p *importer.Params) { p.Stage = "Gone" },
		"assigned":            func(p *importer.Params) { p.Assigned = 999 },
		"tags":                func(p *importer.Params) { p.Tags = []string{" "} },
		"days":                func(p *importer.Params) { p.Days = "ymd" },
		"at least one column": func(p *importer.Params) { p.Mapping.Columns = make([]importer.Column, 2) },
		"the mapping 1":       func(p *importer.Params) { p.Mapping.Columns = p.Mapping.Columns[:1] },
		"no such column": func(p *importer.Params) {
			p.Mapping.Columns = slices.Clone(p.Mapping.Columns)
			p.Mapping.Columns[0].Column = "X"
		},
	} {
		p := params("none")
		p.Mapping = look.Mapping
		change(&p)
		if err := o.imports.Start(t.Context(), o.id, look.Operation, p); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := o.imports.Start(t.Context(), o.id+1, look.Operation, params("none")); !fault.Is(err, fault.NotFound) {
		t.Error("of another account:", err) // SEC-1
	}
	if _, err := o.imports.Upload(t.Context(), o.id, strings.NewReader(""), author); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
	empty := o.bring("Name,Email\n", params("none"))
	if len(empty.Counts) != 0 {
		t.Error(empty.Counts)
	}
}

func TestNothingIsLost(t *testing.T) { // CON-4: every row of whatever file is created, updated or refused
	t.Parallel()
	o := newOffice(t, storetest.Memory(t))
	rapid.Check(t, func(r *rapid.T) {
		var in strings.Builder
		in.WriteString("Name,Email,Phone,Birthday,Tags,Unsubscribed,Stage\n")
		cell := rapid.SampledFrom([]string{
			"", "", "Ann", "Bob Lee", "ann@example.com", "bob@example.com", "x@", "212 555 0100", "1/2/1980", "yes", "\"a, b\"", "\"broken\" x", "\"open", "\"two\nlines\"",
			"\xe9", "\x00", "=1+1", "New", strings.Repeat("long ", 30), "a;b", "+44 20 7946 0000",
		})
		for range rapid.IntRange(0, 30).Draw(r, "rows") {
			row := rapid.SliceOfN(cell, 6, 8).Draw(r, "row")
			in.WriteString(strings.Join(row, ",") + rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(r, "end"))
		}
		survey, err := importer.Examine(strings.NewReader(in.String()))
		if err != nil {
			r.Fatal(err)
		}
		op := o.bring(in.String(), params(rapid.SampledFrom([]string{"none", "express"}).Draw(r, "basis"))) // which adds up created, updated and refused
		if op.Done != survey.Rows || int64(len(o.refused(op.ID))) != op.Counts[importer.Turned] {
			r.Fatalf("%d of %d rows, %v, %d lines of refused ones", op.Done, survey.Rows, op.Counts, len(o.refused(op.ID)))
		}
	})
}
