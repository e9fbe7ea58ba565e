package account

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"tactus/internal/clock"
	"tactus/internal/fault"
	"tactus/internal/gate"
)

// Service keeps accounts and what belongs to them. Safe for concurrent use.
type Service struct {
	store    Store
	clock    clock.Clock
	triggers Triggers
}

// Triggers are told inside the same transaction.
type Triggers interface {
	// ZoneChanged is told that the account lives by another time zone from now on, while nobody else changes the account or starts runs.
	ZoneChanged(ctx context.Context, account int64, author string) error
}

// NewService makes the service; without triggers nobody is told.
func NewService(store Store, c clock.Clock, triggers Triggers) *Service {
	return &Service{store, c, triggers}
}

// Bootstrap makes the first account and its owner when there is none (DEC-15); created says whether it did.
func (s *Service) Bootstrap(ctx context.Context, ownerEmail string) (account Account, created bool, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context) error {
		created = false
		if err := s.store.LockSetup(ctx); err != nil {
			return err
		}
		ids, err := s.store.AccountIDs(ctx)
		if err != nil || len(ids) > 0 {
			if err == nil {
				account, err = s.store.Account(ctx, ids[0])
			}
			return err
		}
		created = true
		account, err = s.create(ctx, Account{Name: "My business", Zone: "UTC", Country: "US"}, User{Email: ownerEmail})
		return err
	})
	return account, created, err
}

// Create makes an account with its owner, the default stages and settings.
func (s *Service) Create(ctx context.Context, a Account, owner User) (Account, error) {
	var made Account
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		var err error
		made, err = s.create(ctx, a, owner)
		return err
	})
	return made, err
}

func (s *Service) create(ctx context.Context, a Account, owner User) (Account, error) {
	a.Settings, a.CreatedAt, a.Rev = DefaultSettings(), s.clock.Now(), 1
	owner.Email = NormalEmail(owner.Email)
	bad := a.normalise()
	bad = append(bad, checkEmail("owner_email", owner.Email, true)...)
	if err := fault.InvalidFields(bad); err != nil {
		return a, err
	}
	owner.CreatedAt = a.CreatedAt
	var err error
	if a.OwnerID, err = s.store.EnsureUser(ctx, owner); err != nil {
		return a, err
	}
	if a.ID, err = s.store.CreateAccount(ctx, a); err != nil {
		return a, err
	}
	owner.ID = a.OwnerID
	if err := s.store.AddMember(ctx, Member{User: owner, AccountID: a.ID, Role: Owner, Active: true}); err != nil {
		return a, err
	}
	_, err = s.store.EnsureLabels(ctx, a.ID, Stage, defaultStages())
	return a, err
}

// Account returns one account.
func (s *Service) Account(ctx context.Context, id int64) (Account, error) {
	return s.store.Account(ctx, id)
}

// IDs returns the accounts of the installation, ascending.
func (s *Service) IDs(ctx context.Context) ([]int64, error) { return s.store.AccountIDs(ctx) }

// Update saves what an account says of itself, and its settings. The owner must be an active member. What lives by the account's zone follows
// a change of it (PLAN-8).
func (s *Service) Update(ctx context.Context, a Account, author string) error {
	a.Settings.SenderAddress = NormalEmail(a.Settings.SenderAddress)
	bad := append(a.normalise(), a.Settings.check()...)
	return s.alone(ctx, a.ID, func(ctx context.Context) error {
		was, err := s.store.Account(ctx, a.ID)
		if err != nil {
			return err
		}
		m, err := s.store.Member(ctx, a.ID, a.OwnerID)
		switch {
		case fault.Is(err, fault.NotFound), err == nil && (!m.Active || m.Role != Owner):
			bad = append(bad, fault.Field{Name: "owner", Message: "choose an active member with the role owner"})
		case err != nil:
			return err
		}
		if err := fault.InvalidFields(bad); err != nil {
			return err
		}
		if err := s.store.UpdateAccount(ctx, a); err != nil || was.Zone == a.Zone || s.triggers == nil {
			return err
		}
		return s.triggers.ZoneChanged(ctx, a.ID, author)
	})
}

// normalise tidies the fields and returns those at fault.
func (a *Account) normalise() []fault.Field {
	var bad []fault.Field
	a.Name = strings.TrimSpace(a.Name)
	if a.Name == "" || len(a.Name) > 200 {
		bad = append(bad, fault.Field{Name: "name", Message: "give the business a name of at most 200 characters"})
	}
	if a.Country = strings.ToUpper(strings.TrimSpace(a.Country)); len(a.Country) != 2 {
		bad = append(bad, fault.Field{Name: "country", Message: "write the two letters of the country, such as US"})
	}
	bad = append(bad, checkZone("zone", a.Zone, true)...)
	a.Phone, bad = phoneField(bad, "phone", a.Phone, a.Country)
	a.Email = NormalEmail(a.Email)
	bad = append(bad, checkEmail("email", a.Email, false)...)
	if a.Website != "" {
		if u, err := url.Parse(a.Website); err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme) {
			bad = append(bad, fault.Field{Name: "website", Message: "write the whole address, such as https://example.com"})
		}
	}
	return bad
}

func checkZone(name, zone string, required bool) []fault.Field {
	if zone == "" && !required {
		return nil
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		return []fault.Field{{Name: name, Message: "choose a time zone by its name, such as America/Denver"}}
	}
	return nil
}

func checkEmail(name, address string, required bool) []fault.Field {
	if address == "" && !required {
		return nil
	}
	if gate.CheckAddress("email", address) != "" {
		return []fault.Field{{Name: name, Message: "this is not an email address"}}
	}
	return nil
}

// phoneField normalises a phone, or keeps it and adds a problem.
func phoneField(bad []fault.Field, name, number, country string) (string, []fault.Field) {
	if strings.TrimSpace(number) == "" {
		return "", bad
	}
	e164, ok := NormalPhone(number, country)
	if !ok {
		return number, append(bad, fault.Field{Name: name, Message: "this is not a phone number; write it with its country code, such as +1 212 555 0100"})
	}
	return e164, bad
}
