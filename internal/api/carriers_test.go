package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/api"
	"tactus/internal/app"
	"tactus/internal/channel/smtptest"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func TestCarriers(t *testing.T) { // EMAIL-1, SEC-1, SEC-2, HOUSE-3
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		var log bytes.Buffer
		k := newKit(t, db, func(o *api.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		const password = "correct horse battery"

		list := get[client.Page[client.Carrier]](t)(k.Carriers(ctx))
		if len(list.Items) != 1 || list.Items[0].Kind != "sandbox" || list.Items[0].Chosen || len(list.Items[0].Kinds) != 2 {
			t.Fatalf("%+v", list)
		}
		set := map[string]any{"host": "smtp.example.com", "username": "ann", "password": password, "port": 2525}
		c := get[client.Carrier](t)(k.SetCarrier(ctx, "email", client.CarrierChoice{Kind: "smtp", Settings: set}))
		if !c.Chosen || c.Kind != "smtp" || c.Settings["host"] != "smtp.example.com" || c.Settings["password"] != nil || len(c.Secrets) != 1 || c.Secrets[0] != "password" {
			t.Errorf("%+v", c)
		}
		for _, path := range []string{"/carriers", "/carriers/email", "/settings"} {
			if r := k.raw(http.MethodGet, api.Prefix+path, ""); strings.Contains(r.body, password) {
				t.Errorf("%s shows the password", path)
			}
		}
		_, stored, err := db.CarrierSettings(ctx, k.id, "email")
		if err != nil || !strings.HasPrefix(string(stored), "sealed:") || strings.Contains(string(stored), "smtp.example.com") {
			t.Errorf("at rest: %s %v", stored, err)
		}

		// What is left out stays, at the same server and nowhere else.
		kept := func() string {
			t.Helper()
			_, raw, err := k.app.Carriers.Settings(ctx, k.id, "email")
			must(t, err)
			var got struct{ Password string }
			must(t, json.Unmarshal(raw, &got))
			return got.Password
		}
		delete(set, "password")
		set["port"] = 587
		get[client.Carrier](t)(k.SetCarrier(ctx, "email", client.CarrierChoice{Kind: "smtp", Settings: set}))
		if kept() != password {
			t.Error("the password was lost")
		}
		set["host"] = "evil.example"
		get[client.Carrier](t)(k.SetCarrier(ctx, "email", client.CarrierChoice{Kind: "smtp", Settings: set}))
		if kept() != "" {
			t.Error("the password went to another server")
		}

		// Copied to another account, the row cannot be read; nor with another secret.
		o := k.other()
		if got := get[client.Carrier](t)(o.Carrier(ctx, "email")); got.Chosen {
			t.Error("another account sees the choice")
		}
		must(t, db.SetCarrier(ctx, o.id, "email", "smtp", stored, begin))
		if _, _, err := k.app.Carriers.For(ctx, o.id, "email"); err == nil || strings.Contains(err.Error(), password) {
			t.Error(err)
		}
		if _, _, err := app.New(db, k.clock, app.Options{Secret: []byte("another")}).Carriers.For(ctx, k.id, "email"); err == nil {
			t.Error("opened with another secret")
		}

		// Faults name the fields and never the values.
		for _, bad := range []struct {
			choice client.CarrierChoice
			field  string
		}{
			{client.CarrierChoice{Kind: "pigeon"}, "kind"},
			{client.CarrierChoice{Kind: "smtp"}, "settings.host"},
			{client.CarrierChoice{Kind: "smtp", Settings: map[string]any{"host": "x.example", "pasword": password}}, "settings.pasword"},
			{client.CarrierChoice{Kind: "smtp", Settings: map[string]any{"host": "x.example", "dkim_key": password}}, "settings.dkim_domain"},
		} {
			_, err := k.SetCarrier(ctx, "email", bad.choice)
			if p := refusal(t, err, http.StatusUnprocessableEntity); field(p, bad.field) == "" || strings.Contains(p.Error(), password) {
				t.Errorf("%s: %+v", bad.field, p)
			}
		}
		_, err = k.SetCarrier(ctx, "pigeon", client.CarrierChoice{Kind: "smtp"})
		refused(t, err, http.StatusNotFound)
		_, err = k.client(k.newKey(account.Write)).SetCarrier(ctx, "email", client.CarrierChoice{Kind: "sandbox"})
		refused(t, err, http.StatusForbidden)

		must(t, k.DropCarrier(ctx, "email"))
		if got := get[client.Carrier](t)(k.Carrier(ctx, "email")); got.Chosen || got.Kind != "sandbox" {
			t.Errorf("%+v", got)
		}
		if strings.Contains(log.String(), password) {
			t.Error("the log has the password")
		}
	})
}

func TestCheckCarrier(t *testing.T) { // CLI-1's doctor asks the same
	t.Parallel()
	ctx := context.Background()
	k := sqliteKit(t)
	if got := get[client.CarrierCheck](t)(k.CheckCarrier(ctx, "email")); !got.OK {
		t.Errorf("the sandbox: %+v", got)
	}
	server := smtptest.Start(t, smtptest.Options{})
	set := map[string]any{"host": server.Host, "port": server.Port, "security": "none"}
	get[client.Carrier](t)(k.SetCarrier(ctx, "email", client.CarrierChoice{Kind: "smtp", Settings: set}))
	if got := get[client.CarrierCheck](t)(k.CheckCarrier(ctx, "email")); !got.OK || len(server.Messages()) != 0 {
		t.Errorf("%+v", got)
	}
	must(t, server.Close())
	if got := get[client.CarrierCheck](t)(k.CheckCarrier(ctx, "email")); got.OK || got.Message == "" {
		t.Errorf("%+v", got)
	}
}
