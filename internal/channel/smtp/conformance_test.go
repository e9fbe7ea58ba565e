package smtp_test

import (
	"testing"

	"tactus/internal/channel/channeltest"
	"tactus/internal/channel/smtp"
	"tactus/internal/channel/smtptest"
)

func TestConformance(t *testing.T) { // EMAIL-1
	t.Parallel()
	signIn := map[string]any{"username": "ann", "password": "hunter2"}
	for name, tc := range map[string]struct {
		server   smtptest.Options
		settings map[string]any
	}{
		"no encryption":       {smtptest.Options{}, nil},
		"STARTTLS, AUTH":      {smtptest.Options{StartTLS: true, User: "ann", Password: "hunter2"}, map[string]any{"security": "starttls"}},
		"TLS, AUTH":           {smtptest.Options{TLS: true, User: "ann", Password: "hunter2"}, map[string]any{"security": "tls"}},
		"TLS, AUTH of LOGIN":  {smtptest.Options{TLS: true, User: "ann", Password: "hunter2", Mechanisms: []string{"LOGIN"}}, map[string]any{"security": "tls"}},
		"two connections":     {smtptest.Options{}, map[string]any{"connections": 2}},
		"credentials at home": {smtptest.Options{User: "ann", Password: "hunter2"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			channeltest.Run(t, func(t *testing.T) channeltest.Setup {
				s := smtptest.Start(t, tc.server)
				change := map[string]any{}
				for key, value := range tc.settings {
					change[key] = value
				}
				if tc.server.User != "" {
					for key, value := range signIn {
						change[key] = value
					}
				}
				return channeltest.Setup{Kind: smtp.New(smtp.Options{Roots: s.Roots()}), Settings: settings(t, s, change), Times: s.Times}
			})
		})
	}
}
