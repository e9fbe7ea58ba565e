package account

import (
	"context"
	"strings"

	"tactus/internal/fault"
)

// AddMember makes a person a member; the user is made when the email address is new to the installation.
func (s *Service) AddMember(ctx context.Context, m Member) (Member, error) {
	m.Active = true
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.checkMember(ctx, &m); err != nil {
			return err
		}
		m.CreatedAt = s.clock.Now()
		var err error
		if m.ID, err = s.store.EnsureUser(ctx, m.User); err != nil {
			return err
		}
		return s.store.AddMember(ctx, m)
	})
	return m, err
}

// Members returns the people of an account by name, inactive ones too.
func (s *Service) Members(ctx context.Context, account int64) ([]Member, error) {
	return s.store.Members(ctx, account)
}

// Member returns one.
func (s *Service) Member(ctx context.Context, account, user int64) (Member, error) {
	return s.store.Member(ctx, account, user)
}

// UpdateMember saves a member: names, role, phone, zone, signature, active. The email address stays.
// The account owner stays an active owner.
func (s *Service) UpdateMember(ctx context.Context, m Member) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		old, err := s.store.Member(ctx, m.AccountID, m.ID)
		if err != nil {
			return err
		}
		m.Email = old.Email
		if err := s.checkMember(ctx, &m); err != nil {
			return err
		}
		a, err := s.store.Account(ctx, m.AccountID)
		if err != nil {
			return err
		}
		if a.OwnerID == m.ID && (!m.Active || m.Role != Owner) {
			return fault.New(fault.Conflict, "%s is the account owner; make somebody else the owner first", old.Name())
		}
		if err := s.store.SaveUser(ctx, m.User); err != nil {
			return err
		}
		return s.store.SaveMember(ctx, m)
	})
}

// RemoveMember takes a person out of an account. The owner, and users whom plans name, cannot go (PLAN-20).
func (s *Service) RemoveMember(ctx context.Context, account, user int64) error {
	return s.alone(ctx, account, func(ctx context.Context) error {
		m, err := s.store.Member(ctx, account, user)
		if err != nil {
			return err
		}
		a, err := s.store.Account(ctx, account)
		if err != nil {
			return err
		}
		if a.OwnerID == user {
			return fault.New(fault.Conflict, "%s is the account owner; make somebody else the owner first", m.Name())
		}
		if err := s.unused(ctx, account, "user", user, m.Name()); err != nil {
			return err
		}
		return s.store.RemoveMember(ctx, account, user)
	})
}

func (s *Service) checkMember(ctx context.Context, m *Member) error {
	a, err := s.store.Account(ctx, m.AccountID)
	if err != nil {
		return err
	}
	m.Email = NormalEmail(m.Email)
	m.FirstName, m.LastName = OneLine(m.FirstName), OneLine(m.LastName)
	bad := checkEmail("email", m.Email, true)
	switch m.Role {
	case Owner, Admin, Agent:
	default:
		bad = append(bad, fault.Field{Name: "role", Message: "choose owner, admin or agent"})
	}
	bad = append(bad, checkZone("zone", m.Zone, false)...)
	m.Phone, bad = phoneField(bad, "phone", m.Phone, a.Country)
	return fault.InvalidFields(bad)
}

// alone runs fn in a transaction beside which nobody else changes the account or saves a plan of it: for what is read, changed and saved whole, and for
// what is deleted because no plan names it.
func (s *Service) alone(ctx context.Context, account int64, fn func(context.Context) error) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.store.LockAccount(ctx, account); err != nil {
			return err
		}
		return fn(ctx)
	})
}

// unused refuses to delete what plans name (PLAN-20).
func (s *Service) unused(ctx context.Context, account int64, kind string, id int64, name string) error {
	plans, err := s.store.PlansUsing(ctx, account, kind, id)
	if err != nil || len(plans) == 0 {
		return err
	}
	return fault.New(fault.Conflict, "%s cannot be deleted: the plan %s uses it; change the plan first", name, quoted(plans))
}

// quoted lists names for a message, the first three of them.
func quoted(names []string) string {
	rest := ""
	if len(names) > 3 {
		names, rest = names[:3], " and others"
	}
	return "“" + strings.Join(names, "”, “") + "”" + rest
}

// CreatePartner saves a new partner.
func (s *Service) CreatePartner(ctx context.Context, p Partner) (Partner, error) {
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.checkPartner(ctx, &p); err != nil {
			return err
		}
		p.CreatedAt = s.clock.Now()
		var err error
		p.ID, err = s.store.CreatePartner(ctx, p)
		return err
	})
	return p, err
}

// Partners returns the partners by name.
func (s *Service) Partners(ctx context.Context, account int64) ([]Partner, error) {
	return s.store.Partners(ctx, account)
}

// Partner returns one.
func (s *Service) Partner(ctx context.Context, account, id int64) (Partner, error) {
	return s.store.Partner(ctx, account, id)
}

// UpdatePartner saves a partner.
func (s *Service) UpdatePartner(ctx context.Context, p Partner) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.checkPartner(ctx, &p); err != nil {
			return err
		}
		return s.store.SavePartner(ctx, p)
	})
}

// DeletePartner deletes a partner whom no plan names.
func (s *Service) DeletePartner(ctx context.Context, account, id int64) error {
	return s.alone(ctx, account, func(ctx context.Context) error {
		p, err := s.store.Partner(ctx, account, id)
		if err != nil {
			return err
		}
		if err := s.unused(ctx, account, "partner", id, p.Name); err != nil {
			return err
		}
		return s.store.DeletePartner(ctx, account, id)
	})
}

func (s *Service) checkPartner(ctx context.Context, p *Partner) error {
	a, err := s.store.Account(ctx, p.AccountID)
	if err != nil {
		return err
	}
	var bad []fault.Field
	if p.Name = OneLine(p.Name); p.Name == "" {
		bad = append(bad, fault.Field{Name: "name", Message: "give the partner a name"})
	}
	p.Email = NormalEmail(p.Email)
	bad = append(bad, checkEmail("email", p.Email, true)...)
	p.Phone, bad = phoneField(bad, "phone", p.Phone, a.Country)
	return fault.InvalidFields(bad)
}
