package api

import (
	"context"
	"net/http"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/fault"
)

const keysTag = "Keys"

func (a *API) keyRoutes() {
	add(a, operation{id: "list-keys", method: http.MethodGet, path: "/keys", tag: keysTag, scope: account.All, summary: "List API keys", about: "Newest first, revoked ones too."}, a.listKeys)
	add(a, operation{id: "create-key", method: http.MethodPost, path: "/keys", tag: keysTag, scope: account.All, status: http.StatusCreated, summary: "Make an API key", about: "The answer has the secret, which is never shown again."}, a.createKey)
	add(a, operation{id: "revoke-key", method: http.MethodDelete, path: "/keys/{id}", tag: keysTag, scope: account.All, status: http.StatusNoContent, summary: "End an API key at once"}, a.revokeKey)
}

func keyOf(k account.Key) client.Key {
	return client.Key{
		ID: idOf(k.ID), Name: k.Name, Prefix: k.Prefix, Scopes: each(k.Scopes, func(s account.Scope) string { return string(s) }),
		User: idOf(k.UserID), CreatedAt: k.CreatedAt, RevokedAt: moment(k.RevokedAt),
	}
}

func (a *API) listKeys(ctx context.Context, who Actor, _ *none) (*body[client.Page[client.Key]], error) {
	all, err := a.s.Accounts.Keys(ctx, who.Account)
	return &body[client.Page[client.Key]]{client.Page[client.Key]{Items: each(all, keyOf)}}, err
}

type newKeyInput struct{ Body client.NewKey }

func (a *API) createKey(ctx context.Context, who Actor, in *newKeyInput) (*created[client.MadeKey], error) {
	user, err := reference("user", in.Body.User)
	if err != nil {
		return nil, err
	}
	if user != 0 {
		m, err := a.s.Accounts.Member(ctx, who.Account, user)
		if fault.Is(err, fault.NotFound) {
			return nil, invalid("user", "there is no such user")
		}
		if err != nil {
			return nil, err
		}
		if err := a.mayRole(ctx, who, m.Role); err != nil { // an admin's key makes no owner's
			return nil, err
		}
	} else if err := a.mayRole(ctx, who, account.Owner); err != nil {
		return nil, err
	}
	k, secret, err := a.s.Accounts.CreateKey(ctx, account.Key{
		AccountID: who.Account, Name: in.Body.Name, UserID: user,
		Scopes: each(in.Body.Scopes, func(s string) account.Scope { return account.Scope(s) }),
	})
	if err != nil {
		return nil, err
	}
	return &created[client.MadeKey]{Body: client.MadeKey{Key: keyOf(k), Secret: secret}}, nil
}

func (a *API) revokeKey(ctx context.Context, who Actor, in *IDInput) (*none, error) {
	id, err := object(in.ID, "key")
	if err != nil {
		return nil, err
	}
	return &none{}, a.s.Accounts.RevokeKey(ctx, who.Account, id)
}
