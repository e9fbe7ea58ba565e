package smtp_test

import (
	"strings"
	"testing"

	"tactus/internal/channel"
	"tactus/internal/channel/smtp"
	"tactus/internal/channel/smtptest"
	"tactus/internal/fault"
)

func TestBadServersAndSettingsTakeTheCarrierDown(t *testing.T) { // ENG-7, EMAIL-1
	t.Parallel()
	const password = "hunter2-Zx9"
	signIn := smtptest.Options{StartTLS: true, User: "ann", Password: password}
	cases := map[string]struct {
		server   smtptest.Options
		settings map[string]any
		distrust bool
		says     string
	}{
		"wrong password": {signIn, map[string]any{"security": "starttls", "username": "ann", "password": password + "!"}, false, "Authentication failed"},
		"tell-tale server": {
			smtptest.Options{StartTLS: true, User: "ann", Password: password, Faults: []smtptest.Fault{
				{At: smtptest.Auth, Code: 535, Text: "no user ann with password " + password + ", AGFubgBodW50ZXIyLVp4OQ=="},
			}},
			map[string]any{"security": "starttls", "username": "ann", "password": password},
			false, "no user ann with password •••, •••",
		},
		"sign-in not offered":      {smtptest.Options{StartTLS: true}, map[string]any{"security": "starttls", "username": "ann", "password": password}, false, "neither AUTH PLAIN nor AUTH LOGIN"},
		"sign-in refused for now":  {smtptest.Options{StartTLS: true, User: "ann", Password: password, Faults: []smtptest.Fault{{At: smtptest.Auth, Code: 454, Text: "later"}}}, map[string]any{"security": "starttls", "username": "ann", "password": password}, false, "later"},
		"no sign-in":               {signIn, map[string]any{"security": "starttls"}, false, "Authentication required"},
		"STARTTLS not offered":     {smtptest.Options{}, map[string]any{"security": "starttls"}, false, "doesn't support STARTTLS"},
		"unknown certificate":      {smtptest.Options{StartTLS: true}, map[string]any{"security": "starttls"}, true, "certificate"},
		"unknown certificate, TLS": {smtptest.Options{TLS: true}, map[string]any{"security": "tls"}, true, "certificate"},
		"other name":               {smtptest.Options{TLS: true}, map[string]any{"security": "tls", "host": "127.0.0.2"}, false, "certificate"},
		"TLS to a plain port":      {smtptest.Options{}, map[string]any{"security": "tls"}, false, "TLS"},
		"silent server":            {smtptest.Options{Faults: []smtptest.Fault{{At: smtptest.Greeting, Stall: true}}}, map[string]any{"timeout": "1s"}, false, "within 1s"},
		"silent at the recipient":  {smtptest.Options{Faults: []smtptest.Fault{{At: smtptest.Rcpt, Stall: true}}}, map[string]any{"timeout": "1s"}, false, "timeout"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.settings["host"] != nil {
				tc.server.Addr = "127.0.0.2:0"
			}
			s := smtptest.Start(t, tc.server)
			opt := smtp.Options{Roots: s.Roots()}
			if tc.distrust {
				opt.Roots = nil
			}
			c, err := smtp.New(opt).Open(settings(t, s, tc.settings))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			r := c.Send(t.Context(), message(t, c, 1, 0))
			if r.Result != channel.Retry || !r.Down || !strings.Contains(r.Text, tc.says) || strings.Contains(r.Text, password) {
				t.Errorf("%+v", r)
			}
			if s.Counts().Accepted != 0 {
				t.Error("the message was sent all the same")
			}
			if name == "no sign-in" || name == "silent at the recipient" {
				return // seen only when a message is sent
			}
			err = c.(channel.Checker).Check(t.Context()) //nolint:errcheck // the conformance suite holds that it is one
			if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), password) {
				t.Errorf("check: %v", err)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	c := open(t, s, smtp.Options{}, nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if r := c.Send(t.Context(), message(t, c, 1, 0)); r.Result != channel.Retry || !r.Down || !strings.Contains(r.Text, "cannot connect") {
		t.Errorf("%+v", r)
	}
}
