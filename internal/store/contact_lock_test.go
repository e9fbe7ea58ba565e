package store_test

import (
	"context"
	"errors"
	"testing"

	"tactus/internal/contact"
	"tactus/internal/store/storetest"
)

// TestLeadsDoNotWaitForEachOther: on PostgreSQL, where many requests write at once, a lead whose transaction lasts holds up those with the same
// address and nobody else; what locks the account waits for both kinds.
func TestLeadsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Postgres(t))
	o := newOffice(t, db)
	upsert := func(ctx context.Context, email, phone string) error {
		_, err := contact.NewService(db, o.clock, zoneOf, &told{}).Upsert(ctx, o.id, person("Ann", "Lee", email, phone), "form")
		return err
	}
	twin, settings := make(chan error, 1), make(chan error, 1)
	o.ok(db.InTx(t.Context(), func(ctx context.Context) error {
		if err := upsert(ctx, "first@example.com", "2125550100"); err != nil {
			return err
		}
		// Another transaction, with a context that does not know of this one.
		if err := upsert(t.Context(), "second@example.com", "2125550101"); err != nil {
			return err
		}
		go func() { twin <- upsert(t.Context(), "third@example.com", "2125550100") }()
		go func() {
			settings <- db.InTx(t.Context(), func(ctx context.Context) error { return db.LockAccount(ctx, o.id) })
		}()
		for waiting := 0; waiting < 2; { // both come to wait, as the server itself says
			if err := db.Get(ctx, `SELECT COUNT(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
				WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted`, nil, &waiting); err != nil {
				return err
			}
		}
		select {
		case err := <-twin:
			return errors.Join(errors.New("a lead with the same phone did not wait"), err)
		case err := <-settings:
			return errors.Join(errors.New("what locks the account did not wait"), err)
		default:
			return nil
		}
	}))
	o.ok(<-twin)
	o.ok(<-settings)
	list, err := o.contacts.List(t.Context(), o.id, contact.Query{})
	o.ok(err)
	if len(list.Contacts) != 2 {
		t.Errorf("%d contacts: %+v", len(list.Contacts), list.Contacts)
	}
}

// CON-3: on PostgreSQL, a lead that waits for the contact that has its address is another person's when the address was taken away meanwhile.
func TestLeadGoesByAddressesAsTheyAreOnceLocked(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Postgres(t))
	o := newOffice(t, db)
	id := o.lead(person("Ann", "Lee", "shared@example.com", "2125550100")).ID
	for what, c := range map[string]struct {
		lead  contact.Lead
		patch contact.Patch
	}{
		"email": {person("Bob", "Kim", "shared@example.com", ""), contact.Patch{Emails: &[]contact.Email{}}},
		"phone": {person("Ann", "Lee", "", "2125550100"), contact.Patch{Phones: &[]contact.Phone{}}},
	} {
		var got contact.Result
		done := make(chan error, 1)
		o.ok(db.InTx(t.Context(), func(ctx context.Context) error {
			if _, err := o.contacts.Update(ctx, o.id, id, c.patch, "user:1"); err != nil {
				return err
			}
			go func() {
				var err error
				got, err = contact.NewService(db, o.clock, zoneOf, &told{}).Upsert(t.Context(), o.id, c.lead, "form")
				done <- err
			}()
			for waiting := 0; waiting < 1; { // it has found the contact, and comes to wait for its lock; a transaction would see one moment only
				if err := db.Get(t.Context(), `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`, nil, &waiting); err != nil {
					return err
				}
			}
			return nil
		}))
		o.ok(<-done)
		if !got.Created || got.ID == id {
			t.Errorf("%s: the lead is %+v, who does not have it any more", what, got)
		}
	}
}
