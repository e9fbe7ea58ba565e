package api

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"tactus/internal/account"
	"tactus/internal/clock"
	"tactus/internal/fault"
)

// admit finds out whose key it is and whether it may do this; it has answered when it returns false.
func (a *API) admit(w http.ResponseWriter, r *http.Request, op operation) bool {
	ctx := r.Context()
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="tactus"`)
		a.write(w, r, a.problem(ctx, fault.New(fault.Unauthenticated, "send your API key: Authorization: Bearer KEY")))
		return false
	}
	key, err := a.s.Accounts.Authenticate(ctx, token)
	if err != nil {
		a.deny(w, r, err)
		return false
	}
	who := Actor{Account: key.AccountID, Key: key, User: key.UserID, Author: "key:" + strconv.FormatInt(key.ID, 10)}
	requestOf(ctx).actor = who
	if err := a.may(r, key, op.need()); err != nil {
		a.write(w, r, a.problem(ctx, err))
		return false
	}
	return true
}

// deny answers to a key that is not valid; many of them from one address must wait. That is looked at here alone: behind a reverse proxy
// everybody has the same address, and guesses must not keep valid keys out.
func (a *API) deny(w http.ResponseWriter, r *http.Request, err error) {
	if fault.Is(err, fault.Unauthenticated) {
		if ok, _, wait := a.bad.take(remote(r), clock.Real{}.Now()); ok {
			w.Header().Set("WWW-Authenticate", `Bearer realm="tactus", error="invalid_token"`)
		} else {
			w.Header().Set("Retry-After", seconds(wait))
			err = fault.New(fault.TooMany, "too many requests with keys that are not valid; try again later")
		}
	}
	a.write(w, r, a.problem(r.Context(), err))
}

// may checks the key's scope, and the role of the user in whose name it acts.
func (a *API) may(r *http.Request, key account.Key, need account.Scope) error {
	if !key.May(need) {
		return fault.New(fault.Forbidden, "this key may not do that: it needs the scope %s", need)
	}
	if need != account.All || key.UserID == 0 {
		return nil
	}
	m, err := a.s.Accounts.Member(r.Context(), key.AccountID, key.UserID)
	if err != nil {
		return err
	}
	if m.Role == account.Agent {
		return fault.New(fault.Forbidden, "an agent may not do that: ask an owner or admin of the account")
	}
	return nil
}

func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
