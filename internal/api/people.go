package api

import (
	"context"
	"net/http"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/fault"
)

const (
	usersTag    = "Users"
	partnersTag = "Partners"
)

func (a *API) peopleRoutes() {
	add(a, operation{id: "list-users", method: http.MethodGet, path: "/users", tag: usersTag, summary: "List users", about: "Inactive ones too."}, a.listUsers)
	add(a, operation{id: "create-user", method: http.MethodPost, path: "/users", tag: usersTag, status: http.StatusCreated, scope: account.All, summary: "Add a user"}, a.createUser)
	add(a, operation{id: "get-user", method: http.MethodGet, path: "/users/{id}", tag: usersTag, summary: "Get a user"}, a.getUser)
	add(a, operation{id: "update-user", method: http.MethodPatch, path: "/users/{id}", tag: usersTag, scope: account.All, summary: "Change a user"}, a.updateUser)
	add(a, operation{
		id: "delete-user", method: http.MethodDelete, path: "/users/{id}", tag: usersTag, scope: account.All, status: http.StatusNoContent,
		summary: "Take a user out of the account", about: "Refused for the owner and for users whom plans name.",
	}, a.deleteUser)
	add(a, operation{id: "list-partners", method: http.MethodGet, path: "/partners", tag: partnersTag, summary: "List partners"}, a.listPartners)
	add(a, operation{id: "create-partner", method: http.MethodPost, path: "/partners", tag: partnersTag, status: http.StatusCreated, summary: "Add a partner"}, a.createPartner)
	add(a, operation{id: "get-partner", method: http.MethodGet, path: "/partners/{id}", tag: partnersTag, summary: "Get a partner"}, a.getPartner)
	add(a, operation{id: "update-partner", method: http.MethodPut, path: "/partners/{id}", tag: partnersTag, summary: "Replace what is known of a partner"}, a.updatePartner)
	add(a, operation{id: "delete-partner", method: http.MethodDelete, path: "/partners/{id}", tag: partnersTag, status: http.StatusNoContent, summary: "Delete a partner"}, a.deletePartner)
}

func userOf(m account.Member) client.User {
	return client.User{
		ID: idOf(m.ID), Email: m.Email, FirstName: m.FirstName, LastName: m.LastName, Role: string(m.Role),
		Phone: m.Phone, Zone: m.Zone, Signature: m.Signature, Active: m.Active,
	}
}

func (a *API) listUsers(ctx context.Context, who Actor, _ *none) (*body[client.Page[client.User]], error) {
	all, err := a.s.Accounts.Members(ctx, who.Account)
	return &body[client.Page[client.User]]{client.Page[client.User]{Items: each(all, userOf)}}, err
}

// mayRole: only owners make owners.
func (a *API) mayRole(ctx context.Context, who Actor, role account.Role) error {
	if role != account.Owner || who.User == 0 {
		return nil
	}
	m, err := a.s.Accounts.Member(ctx, who.Account, who.User)
	if err == nil && m.Role != account.Owner {
		err = fault.New(fault.Forbidden, "only an owner of the account may do that with owners")
	}
	return err
}

type newUserInput struct{ Body client.NewUser }

func (a *API) createUser(ctx context.Context, who Actor, in *newUserInput) (*created[client.User], error) {
	role := account.Role(in.Body.Role)
	if role == "" {
		role = account.Agent
	}
	if err := a.mayRole(ctx, who, role); err != nil {
		return nil, err
	}
	m, err := a.s.Accounts.AddMember(ctx, account.Member{
		User:      account.User{Email: in.Body.Email, FirstName: in.Body.FirstName, LastName: in.Body.LastName},
		AccountID: who.Account, Role: role, Phone: in.Body.Phone, Zone: in.Body.Zone, Signature: in.Body.Signature,
	})
	if err != nil {
		return nil, err
	}
	m, err = a.s.Accounts.Member(ctx, who.Account, m.ID)
	return &created[client.User]{Location: Prefix + "/users/" + string(idOf(m.ID)), Body: userOf(m)}, err
}

func (a *API) theUser(ctx context.Context, acct int64, given string) (account.Member, error) {
	id, err := object(given, "user")
	if err != nil {
		return account.Member{}, err
	}
	return a.s.Accounts.Member(ctx, acct, id)
}

func (a *API) getUser(ctx context.Context, who Actor, in *IDInput) (*body[client.User], error) {
	m, err := a.theUser(ctx, who.Account, in.ID)
	return &body[client.User]{userOf(m)}, err
}

type userPatchInput struct {
	IDInput
	Body client.UserPatch
}

func (a *API) updateUser(ctx context.Context, who Actor, in *userPatchInput) (*body[client.User], error) {
	var m account.Member
	err := a.alone(ctx, who, func(ctx context.Context) error {
		var err error
		if m, err = a.theUser(ctx, who.Account, in.ID); err != nil {
			return err
		}
		if err := a.mayRole(ctx, who, m.Role); err != nil {
			return err
		}
		patchUser(&m, in.Body)
		if err := a.mayRole(ctx, who, m.Role); err != nil {
			return err
		}
		if err := a.s.Accounts.UpdateMember(ctx, m); err != nil {
			return err
		}
		m, err = a.s.Accounts.Member(ctx, who.Account, m.ID)
		return err
	})
	return &body[client.User]{userOf(m)}, err
}

func patchUser(m *account.Member, p client.UserPatch) {
	set(&m.FirstName, p.FirstName)
	set(&m.LastName, p.LastName)
	set(&m.Phone, p.Phone)
	set(&m.Zone, p.Zone)
	set(&m.Signature, p.Signature)
	set(&m.Active, p.Active)
	if p.Role != nil {
		m.Role = account.Role(*p.Role)
	}
}

func (a *API) deleteUser(ctx context.Context, who Actor, in *IDInput) (*none, error) {
	m, err := a.theUser(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.mayRole(ctx, who, m.Role); err != nil {
		return nil, err
	}
	return &none{}, a.s.Accounts.RemoveMember(ctx, who.Account, m.ID)
}

// alone runs fn in a transaction that nobody else who changes the account overlaps: for what is read, changed and saved whole.
func (a *API) alone(ctx context.Context, who Actor, fn func(context.Context) error) error {
	return a.s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := a.s.Store.LockAccount(ctx, who.Account); err != nil {
			return err
		}
		return fn(ctx)
	})
}

// set replaces a field when there is something to replace it with.
func set[T any](field *T, v *T) {
	if v != nil {
		*field = *v
	}
}

func partnerOf(p account.Partner) client.Partner {
	return client.Partner{ID: idOf(p.ID), Name: p.Name, Email: p.Email, Phone: p.Phone, CreatedAt: p.CreatedAt}
}

func (a *API) listPartners(ctx context.Context, who Actor, _ *none) (*body[client.Page[client.Partner]], error) {
	all, err := a.s.Accounts.Partners(ctx, who.Account)
	return &body[client.Page[client.Partner]]{client.Page[client.Partner]{Items: each(all, partnerOf)}}, err
}

type newPartnerInput struct{ Body client.NewPartner }

func (a *API) createPartner(ctx context.Context, who Actor, in *newPartnerInput) (*created[client.Partner], error) {
	p, err := a.s.Accounts.CreatePartner(ctx, account.Partner{AccountID: who.Account, Name: in.Body.Name, Email: in.Body.Email, Phone: in.Body.Phone})
	return &created[client.Partner]{Location: Prefix + "/partners/" + string(idOf(p.ID)), Body: partnerOf(p)}, err
}

func (a *API) thePartner(ctx context.Context, acct int64, given string) (account.Partner, error) {
	id, err := object(given, "partner")
	if err != nil {
		return account.Partner{}, err
	}
	return a.s.Accounts.Partner(ctx, acct, id)
}

func (a *API) getPartner(ctx context.Context, who Actor, in *IDInput) (*body[client.Partner], error) {
	p, err := a.thePartner(ctx, who.Account, in.ID)
	return &body[client.Partner]{partnerOf(p)}, err
}

type partnerInput struct {
	IDInput
	Body client.NewPartner
}

func (a *API) updatePartner(ctx context.Context, who Actor, in *partnerInput) (*body[client.Partner], error) {
	p, err := a.thePartner(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	p.Name, p.Email, p.Phone = in.Body.Name, in.Body.Email, in.Body.Phone
	if err := a.s.Accounts.UpdatePartner(ctx, p); err != nil {
		return nil, err
	}
	p, err = a.s.Accounts.Partner(ctx, who.Account, p.ID)
	return &body[client.Partner]{partnerOf(p)}, err
}

func (a *API) deletePartner(ctx context.Context, who Actor, in *IDInput) (*none, error) {
	p, err := a.thePartner(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	return &none{}, a.s.Accounts.DeletePartner(ctx, who.Account, p.ID)
}
