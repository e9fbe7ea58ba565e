package smtp_test

import (
	"encoding/json"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tactus/internal/channel"
	"tactus/internal/channel/smtp"
	"tactus/internal/channel/smtptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// settings are those of a server without TLS, changed as the test wants.
func settings(t testing.TB, s *smtptest.Server, change map[string]any) json.RawMessage {
	t.Helper()
	values := map[string]any{"host": s.Host, "port": s.Port, "security": "none"}
	for key, value := range change {
		values[key] = value
	}
	raw, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func open(t testing.TB, s *smtptest.Server, opt smtp.Options, change map[string]any) channel.Carrier {
	t.Helper()
	opt.Roots = s.Roots()
	c, err := smtp.New(opt).Open(settings(t, s, change))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// message composes a message of some size; size 0 is a short one.
func message(t testing.TB, c channel.Carrier, id int64, size int) channel.Composed {
	t.Helper()
	m, err := c.Compose(channel.Draft{
		MessageID: id,
		Random:    "seed",
		From:      channel.Mailbox{Name: "Ann Agent", Address: "ann@agency.example"},
		To:        channel.Mailbox{Name: "Bob Buyer", Address: "bob@buyer.example"},
		Content:   channel.Content{Subject: "Hello", Text: ".\n..\nHello Bob.\n.end"},
		Date:      time.Date(2027, 3, 14, 15, 9, 26, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	for len(m.Raw) < size {
		m.Raw = append(m.Raw, "a long message, line after line after line after line\r\n"...)
	}
	return m
}
