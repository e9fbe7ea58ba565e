package api_test

import (
	"bytes"
	"net/http"
	"testing"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/backup"
)

// SEC-1: a backup holds every account, and the hold is every account's: both are for an owner of the first one alone.
func TestInstallationIsForItsOperator(t *testing.T) {
	t.Parallel()
	k := sqliteKit(t)
	_ = k.contact("a@example.com")
	var file bytes.Buffer
	must(t, k.Backup(t.Context(), &file))
	s, err := backup.Verify(&file, nil)
	if err != nil || s.Rows["contact"] != 1 || !s.Moment().Equal(begin) {
		t.Errorf("%+v %v", s, err)
	}
	must(t, k.app.DB.EndRestore(t.Context()))
	if held := get[client.Sending](t)(k.Sending(t.Context())); !held.Held {
		t.Errorf("%+v", held)
	}
	if h := get[client.Health](t)(k.Health(t.Context())); h.Status != "ok" || h.Sending != "held" {
		t.Errorf("%+v", h)
	}
	refused := func(who *kit) {
		t.Helper()
		for path, method := range map[string]string{"/api/v1/backup": http.MethodGet, "/api/v1/sending/release": http.MethodPost} {
			if resp := who.raw(method, path, ""); resp.status != http.StatusForbidden {
				t.Errorf("%s: %d %s", path, resp.status, resp.body)
			}
		}
	}
	refused(k.other())
	weak := *k
	weak.key = k.newKey(account.Write)
	refused(&weak)
	admin := *k
	user := get[client.User](t)(k.CreateUser(t.Context(), client.NewUser{Email: "admin@acme.example", Role: "admin"}))
	admin.key = get[client.MadeKey](t)(k.CreateKey(t.Context(), client.NewKey{Name: "k", Scopes: []string{"admin"}, User: user.ID})).Secret
	refused(&admin)
	for range 2 { // to release what is not held changes nothing
		if s := get[client.Sending](t)(k.ReleaseSending(t.Context())); s.Held {
			t.Errorf("%+v", s)
		}
	}
}
