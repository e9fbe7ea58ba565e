package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/history"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func (o *office) permission(id int64, channel string) bool {
	o.Helper()
	all, err := o.contacts.Permissions(o.Context(), o.id, id)
	o.ok(err)
	for _, p := range all {
		if p.Channel == channel {
			return p.Granted
		}
	}
	return false
}

func TestConsentLedger(t *testing.T) { // CMP-1
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		l := person("Ann", "Lee", "ann@example.com", "2125550100")
		l.Consents = []contact.Consent{
			{Channel: "sms", Act: contact.Grant, Basis: "express_written", Wording: "I agree", Method: "form", Evidence: "https://x.example/form"},
			{Channel: "email", Act: contact.Grant, Basis: "inquiry", Method: "form"},
		}
		id := o.lead(l).ID
		if !o.permission(id, "sms") || !o.permission(id, "email") || o.permission(id, "call") {
			t.Error("what was granted")
		}
		o.clock.Advance(time.Hour)
		o.ok(o.contacts.RecordConsent(t.Context(), o.id, id, []contact.Consent{{Channel: "sms", Act: contact.Revoke, Method: "keyword"}}, "contact"))
		if o.permission(id, "sms") || !o.permission(id, "email") {
			t.Error("revoked")
		}
		// A paper from before the revocation that is recorded late changes nothing.
		late := contact.Consent{Channel: "sms", Act: contact.Grant, Basis: "express", Method: "paper", At: start.Add(-time.Hour)}
		o.ok(o.contacts.RecordConsent(t.Context(), o.id, id, []contact.Consent{late}, "user:1"))
		if o.permission(id, "sms") {
			t.Error("an older grant overruled a revocation")
		}
		ledger, err := o.contacts.Ledger(t.Context(), o.id, id)
		if err != nil || len(ledger) != 4 || ledger[0].Wording != "I agree" || ledger[0].Author != "user:1" || !ledger[0].At.Equal(start) || ledger[3].RecordedAt.Equal(ledger[3].At) {
			t.Errorf("%+v %v", ledger, err)
		}
		err = o.contacts.RecordConsent(t.Context(), o.id, id, []contact.Consent{{Channel: "smoke", Act: "maybe"}, {Channel: "sms", Act: contact.Grant}}, "x")
		if !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
		if err := o.contacts.RecordConsent(t.Context(), o.id, 99, []contact.Consent{late}, "x"); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
}

func TestOptOutBelongsToTheAddress(t *testing.T) { // CON-3, CMP-7
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		grant := []contact.Consent{{Channel: "sms", Act: contact.Grant, Basis: "express", Method: "form"}}
		ann := person("Ann", "Lee", "", "2125550100")
		bob := person("Bob", "Lee", "", "2125550100")
		ann.Consents, bob.Consents = grant, grant
		a, b := o.lead(ann).ID, o.lead(bob).ID
		for range 2 { // again changes nothing
			o.ok(o.contacts.OptOut(t.Context(), o.id, "sms", "(212) 555-0100", "STOP", "contact"))
		}
		if a == b || o.permission(a, "sms") || o.permission(b, "sms") {
			t.Error("both have revoked")
		}
		if n := len(o.timeline(a)); n != 3 { // created; revoke, suppressed
			t.Error(n, o.timeline(a))
		}
		find := func() []contact.Suppression {
			t.Helper()
			found, err := o.contacts.Suppressions(t.Context(), o.id, "sms", []string{"+12125550100", "+12125550101"})
			o.ok(err)
			return found
		}
		if got := find(); len(got) != 1 || got[0].Reason != contact.OptOut || got[0].Detail != "STOP" || !got[0].At.Equal(start) {
			t.Errorf("%+v", got)
		}
		o.ok(o.contacts.Suppress(t.Context(), contact.Suppression{AccountID: o.id, Channel: "sms", Address: "2125550100", Reason: contact.Complaint, Author: "carrier"}))
		o.clock.Advance(time.Minute)
		lifted, err := o.contacts.OptIn(t.Context(), o.id, "sms", "+12125550100", contact.Consent{Basis: "express", Method: "keyword"}, "contact")
		if err != nil || !lifted || !o.permission(b, "sms") {
			t.Error(lifted, err)
		}
		if got := find(); len(got) != 1 || got[0].Reason != contact.Complaint { // the strictest wins
			t.Errorf("%+v", got)
		}
		o.ok(o.contacts.Allow(t.Context(), o.id, "sms", "+12125550100", contact.Complaint, "user:1"))
		if got := find(); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		if err := o.contacts.OptOut(t.Context(), o.id, "sms", "hello", "", "x"); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
		// An address that no contact has is suppressed all the same.
		o.ok(o.contacts.OptOut(t.Context(), o.id, "email", "nobody@example.com", "", "contact"))
	})
}

func TestRevocationStopsTheChannel(t *testing.T) { // CMP-7, CON-3
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		grant := []contact.Consent{{Channel: "email", Act: contact.Grant, Basis: "express", Method: "form"}}
		ann, bob := person("Ann", "Lee", "ann@example.com", "2125550100"), person("Bob", "Lee", "bob@example.com", "2125550100")
		ann.Consents, bob.Consents = grant, grant
		a, b := o.lead(ann).ID, o.lead(bob).ID
		opted := func(id int64, channel, kind string) bool {
			t.Helper()
			facts, err := db.GateFacts(t.Context(), o.id, channel, kind, []int64{id}, start)
			o.ok(err)
			return facts[id].OptedOut
		}
		o.clock.Advance(time.Hour)
		// By hand: the contact refuses texts, which nobody had ever consented to; a message by hand must not go either.
		o.ok(o.contacts.RecordConsent(t.Context(), o.id, a, []contact.Consent{{Channel: "sms", Act: contact.Revoke, Method: "hand"}}, "user:1"))
		if !opted(a, "sms", "phone") || !opted(b, "sms", "phone") || opted(a, "email", "email") {
			t.Error("the opt-out belongs to the number, and to texts")
		}
		// Paper has no row of addresses.
		o.ok(o.contacts.RecordConsent(t.Context(), o.id, a, []contact.Consent{{Channel: "mail", Act: contact.Revoke}}, "user:1"))
		if !opted(a, "mail", "") {
			t.Error("paper")
		}
		// A lead that comes with a refusal.
		ann.Consents = []contact.Consent{{Channel: "email", Act: contact.Revoke, Method: "form"}}
		o.lead(ann)
		found, err := o.contacts.Suppressions(t.Context(), o.id, "email", []string{"ann@example.com"})
		if err != nil || len(found) != 1 || !opted(a, "email", "email") || opted(b, "email", "email") {
			t.Error(found, err)
		}
		// One that is recorded late changes nothing: what was said later counts.
		o.ok(o.contacts.RecordConsent(t.Context(), o.id, b, []contact.Consent{{Channel: "email", Act: contact.Revoke, At: start.Add(-time.Hour)}}, "user:1"))
		if opted(b, "email", "email") {
			t.Error("an older refusal overruled a consent")
		}
	})
}

func TestOptOutAfterANewConsent(t *testing.T) { // CMP-1: every revocation
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		id := o.lead(person("Ann", "Lee", "ann@example.com", "")).ID
		o.ok(o.contacts.OptOut(t.Context(), o.id, "email", "ann@example.com", "link", "contact"))
		o.clock.Advance(time.Hour)
		o.ok(o.contacts.RecordConsent(t.Context(), o.id, id, []contact.Consent{{Channel: "email", Act: contact.Grant, Basis: "express"}}, "user:1"))
		o.clock.Advance(time.Hour)
		o.ok(o.contacts.OptOut(t.Context(), o.id, "email", "ann@example.com", "link", "contact"))
		o.ok(o.contacts.Allow(t.Context(), o.id, "email", "ann@example.com", contact.OptOut, "user:1"))
		if o.permission(id, "email") {
			t.Error("lifting the entry brings back a consent that was withdrawn after it was given")
		}
	})
}

func TestConsentIsNotGivenInTheFuture(t *testing.T) { // CMP-7
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		l := person("Ann", "Lee", "ann@example.com", "")
		id := o.lead(l).ID
		later := []contact.Consent{{Channel: "email", Act: contact.Grant, Basis: "express", At: start.AddDate(1, 0, 0)}}
		if err := o.contacts.RecordConsent(t.Context(), o.id, id, later, "user:1"); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
		l.Consents = later
		if res, err := o.contacts.Upsert(t.Context(), o.id, l, "user:1"); !fault.Is(err, fault.Invalid) {
			t.Error(res, err)
		}
	})
}

// TestOptOutsAtOnce opts one address out from many sides: one row, one line of history.
func TestOptOutsAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		id := o.lead(person("Ann", "Lee", "ann@example.com", "")).ID
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if err := o.contacts.OptOut(t.Context(), o.id, "email", "ann@example.com", "link", "contact"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		page, err := o.history.Page(t.Context(), o.id, history.Query{ContactID: id, Kinds: []string{history.Suppression}})
		if err != nil || len(page.Rows) != 1 {
			t.Errorf("%+v %v", page, err)
		}
	})
}

func TestTimelinePages(t *testing.T) { // CON-6
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		ctx := t.Context()
		var rows []history.Row
		for i := range 7 {
			kind := history.Note
			if i%2 == 1 {
				kind = "step"
			}
			rows = append(rows, history.Row{
				AccountID: o.id, ContactID: 5, PlanID: 9, EnrollmentID: 2, VersionID: 3, Run: 1, Round: 2, Step: "s1", Kind: kind, Outcome: "fired", Reason: "r",
				DueAt: start.Add(time.Duration(i) * time.Minute), At: start, Author: "plan:9", Detail: "a\x00b\\u0000\xff",
			})
		}
		rows[6].DueAt = time.Time{}
		o.ok(db.InTx(ctx, func(ctx context.Context) error { return db.AppendHistory(ctx, rows) }))
		var got []int64
		q := history.Query{ContactID: 5, Limit: 3}
		pages := 0
		for {
			page, err := o.history.Page(ctx, o.id, q)
			o.ok(err)
			for _, r := range page.Rows {
				got = append(got, r.ID)
			}
			pages++
			if q.Before = page.Next; q.Before == 0 {
				break
			}
		}
		if pages != 3 || len(got) != 7 || !slices.IsSortedFunc(got, func(a, b int64) int { return int(b - a) }) {
			t.Error(pages, got)
		}
		page, err := o.history.Page(ctx, o.id, history.Query{PlanID: 9, Kinds: []string{"step"}})
		o.ok(err)
		want := rows[5]
		want.ID, want.Detail = page.Rows[0].ID, "ab\\u0000\uFFFD"
		if len(page.Rows) != 3 || page.Rows[0] != want {
			t.Errorf("%+v, want %+v", page.Rows, want)
		}
		if _, err := o.history.Page(ctx, o.id, history.Query{}); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}

// CMP-1: the permission is what the latest line of the ledger says, in whatever order and in whatever parts lines were recorded; of two at the same
// moment the one recorded later counts.
func TestPermissionFollowsTheLatest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, random := t.Context(), rand.New(rand.NewPCG(7, 7))
		for range 40 {
			lines := make([]contact.Consent, 1+random.IntN(4))
			for i := range lines {
				lines[i] = contact.Consent{
					AccountID: 1, ContactID: 1 + random.Int64N(3), Channel: []string{channel.Email, channel.SMS}[random.IntN(2)],
					Act: []contact.Act{contact.Grant, contact.Revoke}[random.IntN(2)], Basis: fmt.Sprint("basis ", random.IntN(9)),
					At: noon.Add(time.Duration(random.IntN(5)) * time.Hour), RecordedAt: noon,
				}
			}
			if err := db.InTx(ctx, func(ctx context.Context) error { return db.AppendConsent(ctx, lines) }); err != nil {
				t.Fatal(err)
			}
			for id := int64(1); id <= 3; id++ {
				ledger, err := db.ConsentLedger(ctx, 1, id)
				if err != nil {
					t.Fatal(err)
				}
				last := map[string]contact.Consent{}
				for _, c := range ledger {
					if l, ok := last[c.Channel]; !ok || !c.At.Before(l.At) {
						last[c.Channel] = c
					}
				}
				got, err := db.Permissions(ctx, 1, id)
				if err != nil || len(got) != len(last) {
					t.Fatal(got, err)
				}
				for _, p := range got {
					if l := last[p.Channel]; p.Granted != (l.Act == contact.Grant) || p.Basis != l.Basis {
						t.Fatalf("contact %d: %+v, and the ledger ends with %+v", id, p, l)
					}
				}
			}
		}
	})
}
