package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"tactus/internal/account"
	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func TestBootstrap(t *testing.T) { // DEC-15
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		again, created, err := o.accounts.Bootstrap(t.Context(), "other@example.com")
		if err != nil || created || again.ID != o.id {
			t.Error(again, created, err)
		}
		members, err := o.accounts.Members(t.Context(), o.id)
		if err != nil || len(members) != 1 || members[0].Email != "owner@example.com" || members[0].Role != account.Owner || !members[0].Active {
			t.Error(members, err)
		}
		stages, err := o.accounts.Labels(t.Context(), o.id, account.Stage)
		o.ok(err)
		var names []string
		for _, s := range stages {
			names = append(names, s.Name)
		}
		if strings.Join(names, ", ") != "New, Attempted, Working, Appointment, Offer, Under contract, Closed, Lost" {
			t.Error(names)
		}
		a, err := o.accounts.Account(t.Context(), o.id)
		if err != nil || a.Name != "My business" || a.Zone != "UTC" || a.Settings.MessageGapMinutes != 60 || a.Policy().Gap.Hours() != 1 {
			t.Errorf("%+v %v", a, err)
		}
	})
}

func TestUpdateAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		a, err := o.accounts.Account(t.Context(), o.id)
		o.ok(err)
		a.Name, a.Zone, a.Phone, a.Email, a.Website, a.Postal = " Acme ", "America/New_York", "(212) 555-0100", "Acme@Example.com", "https://acme.example", "1 Main St\nNew York"
		a.Settings.BusinessHours = account.BusinessHours{On: true, Days: map[string][]string{"mon": {"09:00-12:00", "13:00-17:00"}}, Holidays: "us", Closed: []string{"2026-12-24"}}
		a.Settings.QuietHours = map[string]string{"email": "07:00-22:00"}
		a.Settings.Caps, a.Settings.BCC.Plan, a.Settings.BaseURL = []account.Cap{}, true, "https://crm.example.com"
		o.ok(o.accounts.Update(t.Context(), a, "test"))
		b, err := o.accounts.Account(t.Context(), o.id)
		o.ok(err)
		p := b.Policy()
		if b.Name != "Acme" || b.Phone != "+12125550100" || b.Email != "acme@example.com" || b.Rev <= a.Rev {
			t.Errorf("%+v", b)
		}
		if len(b.Settings.BusinessHours.Days) != 1 || len(p.Business.Days[1]) != 2 || len(p.Caps) != 0 || p.QuietHours["email"].Open.String() != "07:00" || p.Zone.String() != "America/New_York" {
			t.Errorf("%+v", p)
		}
		b.Name, b.Zone, b.Country, b.OwnerID, b.Settings.Limits.PerDay, b.Settings.QuietHours = "", "Nowhere", "USA", 99, -1, map[string]string{"sms": "late"}
		err = o.accounts.Update(t.Context(), b, "test")
		var f *fault.Error
		if !errors.As(err, &f) || len(f.Fields) != 6 {
			t.Error(err)
		}
	})
}

func TestMembersAndPartners(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		ctx := t.Context()
		bob := account.Member{User: account.User{Email: "Bob@example.com", FirstName: "Bob"}, AccountID: o.id, Role: account.Agent, Phone: "2125550100", Zone: "Europe/Berlin"}
		bob, err := o.accounts.AddMember(ctx, bob)
		o.ok(err)
		if _, err := o.accounts.AddMember(ctx, account.Member{User: account.User{Email: "bob@example.com"}, AccountID: o.id, Role: account.Agent}); !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
		bob.Signature, bob.Active, bob.LastName = "Yours, Bob", false, "Lee"
		o.ok(o.accounts.UpdateMember(ctx, bob))
		got, err := o.accounts.Member(ctx, o.id, bob.ID)
		if err != nil || got != bob || got.Phone != "+12125550100" || got.Name() != "Bob Lee" {
			t.Errorf("%+v, want %+v, %v", got, bob, err)
		}
		owner, err := o.accounts.Member(ctx, o.id, o.owner)
		o.ok(err)
		owner.Role = account.Agent
		if err := o.accounts.UpdateMember(ctx, owner); !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
		if err := o.accounts.RemoveMember(ctx, o.id, o.owner); !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
		_, err = db.Exec(ctx, `INSERT INTO plan (account_id, name, kind, created_at, updated_at) VALUES ($1, 'Welcome', 'general', 0, 0)`, o.id)
		o.ok(err)
		_, err = db.Exec(ctx, `INSERT INTO plan_ref (account_id, kind, ref_id, plan_id) SELECT $1, 'user', $2, id FROM plan`, o.id, bob.ID)
		o.ok(err)
		if err := o.accounts.RemoveMember(ctx, o.id, bob.ID); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "Welcome") { // PLAN-20
			t.Error(err)
		}
		_, err = db.Exec(ctx, `DELETE FROM plan_ref`)
		o.ok(err)
		o.ok(o.accounts.RemoveMember(ctx, o.id, bob.ID))
		if _, err := o.accounts.Member(ctx, o.id, bob.ID); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		p, err := o.accounts.CreatePartner(ctx, account.Partner{AccountID: o.id, Name: "Title Co", Email: "T@example.com"})
		o.ok(err)
		if _, err := o.accounts.CreatePartner(ctx, account.Partner{AccountID: o.id, Name: "Other", Email: "t@example.com"}); !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
		p.Phone = "2125550199"
		o.ok(o.accounts.UpdatePartner(ctx, p))
		all, err := o.accounts.Partners(ctx, o.id)
		if err != nil || len(all) != 1 || all[0].Phone != "+12125550199" || all[0].Email != "t@example.com" {
			t.Error(all, err)
		}
		o.ok(o.accounts.DeletePartner(ctx, o.id, p.ID))
		if err := o.accounts.DeletePartner(ctx, o.id, p.ID); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		ctx := t.Context()
		k, token, err := o.accounts.CreateKey(ctx, account.Key{AccountID: o.id, Name: "Zapier", Scopes: []account.Scope{account.Write}, UserID: o.owner})
		o.ok(err)
		got, err := o.accounts.Authenticate(ctx, token)
		if err != nil || got.ID != k.ID || got.AccountID != o.id || !got.May(account.Read) || got.May(account.All) {
			t.Errorf("%+v %v", got, err)
		}
		for _, bad := range []string{"", ".", token + "x", k.Prefix + ".", "x" + token} {
			if _, err := o.accounts.Authenticate(ctx, bad); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		var stored string
		o.ok(db.Get(ctx, `SELECT hash FROM api_key`, nil, &stored))
		if _, secret, _ := strings.Cut(token, "."); strings.Contains(stored, secret) || len(stored) != 64 {
			t.Error("the secret is stored")
		}
		o.ok(o.accounts.RevokeKey(ctx, o.id, k.ID))
		if _, err := o.accounts.Authenticate(ctx, token); !fault.Is(err, fault.Unauthenticated) {
			t.Error(err)
		}
		keys, err := o.accounts.Keys(ctx, o.id)
		if err != nil || len(keys) != 1 || !keys[0].RevokedAt.Equal(start) {
			t.Errorf("%+v %v", keys, err)
		}
		if _, _, err := o.accounts.CreateKey(ctx, account.Key{AccountID: o.id, Scopes: []account.Scope{"all"}}); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}

func TestLabels(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		ctx := t.Context()
		made, err := o.accounts.EnsureLabels(ctx, o.id, account.Tag, []string{"Hot  lead", "ÉTÉ", "hot LEAD"})
		o.ok(err)
		if made["Hot  lead"] != made["hot LEAD"] || made["ÉTÉ"] == 0 {
			t.Error(made)
		}
		again, err := o.accounts.EnsureLabels(ctx, o.id, account.Tag, []string{"été", "hot lead", "new"})
		if err != nil || again["été"] != made["ÉTÉ"] || again["hot lead"] != made["hot LEAD"] {
			t.Error(again, err)
		}
		l := person("Ann", "Lee", "ann@example.com", "")
		l.Tags, l.Source = []string{"hot lead"}, "Web"
		id := o.lead(l).ID
		tags, err := o.accounts.Labels(ctx, o.id, account.Tag)
		o.ok(err)
		var got []string
		for _, x := range tags {
			got = append(got, x.Name)
			if (x.Contacts == 1) != (x.Name == "Hot lead") {
				t.Errorf("%+v", x)
			}
		}
		if !slices.Equal(got, []string{"Hot lead", "new", "ÉTÉ"}) {
			t.Error(got)
		}
		if err := o.accounts.UpdateLabel(ctx, o.id, made["ÉTÉ"], account.LabelPatch{Name: new("HOT LEAD")}); !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
		o.ok(o.accounts.UpdateLabel(ctx, o.id, made["ÉTÉ"], account.LabelPatch{Name: new("Summer")}))
		o.ok(o.accounts.DeleteLabel(ctx, o.id, made["hot LEAD"]))
		c := o.contact(id)
		if len(c.Tags) != 0 {
			t.Error(c.Tags)
		}
		for _, used := range []int64{c.StageID, c.SourceID} {
			if err := o.accounts.DeleteLabel(ctx, o.id, used); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "1 contacts") {
				t.Error(err)
			}
		}
		if _, err := o.accounts.EnsureLabels(ctx, o.id, "colour", []string{"x"}); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
		if _, err := o.accounts.EnsureLabels(ctx, o.id, account.Tag, []string{" "}); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}

// TestLabelMadeAtOnce makes one tag from many sides: all get the same one.
func TestLabelMadeAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		ids := make([]int64, 8)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				made, err := o.accounts.EnsureLabels(t.Context(), o.id, account.Tag, []string{"hot"})
				if err != nil {
					t.Error(err)
				}
				ids[i] = made["hot"]
			})
		}
		wg.Wait()
		if ids[0] == 0 || len(slices.Compact(ids)) != 1 {
			t.Error(ids)
		}
	})
}

// TestAccountsAreApart asks one account for another's objects.
func TestAccountsAreApart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		ctx := t.Context()
		other, err := o.accounts.Create(ctx, account.Account{Name: "Other", Zone: "UTC", Country: "US"}, account.User{Email: "owner@example.com"})
		o.ok(err)
		id := o.lead(person("Ann", "Lee", "ann@example.com", "")).ID
		if _, err := o.contacts.Get(ctx, other.ID, id); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		if n, err := o.contacts.Delete(ctx, other.ID, []int64{id}, "x"); n != 0 || err != nil {
			t.Error(n, err)
		}
		r, err := o.contacts.Upsert(ctx, other.ID, person("Ann", "Lee", "ann@example.com", ""), "x")
		if err != nil || !r.Created || r.ID == id {
			t.Error(r, err)
		}
		if n, err := o.contacts.Count(ctx, other.ID, contact.Filter{}); n != 1 || err != nil {
			t.Error(n, err)
		}
	})
}
