package channeltest

import (
	"bytes"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/jhillyerd/enmime/v2"

	"tactus/internal/channel"
)

// testReadsBack: a message is composed once and its bytes are stored, so what counts is that they say what the draft says.
func testReadsBack(t *testing.T, s Setup) {
	c, d := s.open(t), s.draft(1)
	mail := s.Kind.Info().Channel == channel.Email
	if mail {
		d.To.Name, d.Content.Subject, d.Content.Text = "Zoë Ågren", "Grüße: 100 % of it", "Hello Zoë,\n\nsee you.\n"
		d.ReplyTo = channel.Mailbox{Name: d.From.Name, Address: "r+token@in.agency.example"}
		d.InReplyTo, d.References = "<b@agency.example>", []string{"<a@agency.example>", "<b@agency.example>"}
		d.Unsubscribe, d.Postal = "https://go.agency.example/u/"+strings.Repeat("x", 200), "1 Main Street"
	}
	m := compose(t, c, d)
	if len(m.Raw) == 0 || m.Ref == "" || m.EnvelopeTo == "" {
		t.Fatalf("not a message that could be handed over: to %q, reference %q, %d bytes", m.EnvelopeTo, m.Ref, len(m.Raw))
	}
	if m.Preview.Text == "" {
		t.Error("there is nothing to show of the message")
	}
	if other := compose(t, c, s.draft(2)); other.Ref == m.Ref {
		t.Error("two messages have the same reference")
	}
	if mail {
		readBackMail(t, d, m)
	}
}

// readBackMail parses the bytes with a parser that shares nothing with those who composed them.
func readBackMail(t *testing.T, d channel.Draft, m channel.Composed) {
	t.Helper()
	if m.EnvelopeFrom != d.From.Address || m.EnvelopeTo != d.To.Address {
		t.Errorf("the envelope is %s -> %s", m.EnvelopeFrom, m.EnvelopeTo)
	}
	env, err := enmime.ReadEnvelope(bytes.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	header := env.Root.Header
	for name, want := range map[string]channel.Mailbox{"From": d.From, "To": d.To, "Reply-To": d.ReplyTo} {
		if got, err := netmail.ParseAddress(header.Get(name)); err != nil || got.Name != want.Name || got.Address != want.Address {
			t.Errorf("%s: %v (%v), want %v", name, got, err, want)
		}
	}
	if date, err := netmail.ParseDate(header.Get("Date")); err != nil || !date.Equal(d.Date) {
		t.Errorf("Date: %v (%v), want %v", date, err, d.Date)
	}
	for name, want := range map[string]string{
		"Subject":               d.Content.Subject,
		"Message-Id":            m.Ref,
		"In-Reply-To":           d.InReplyTo,
		"References":            strings.Join(d.References, " "),
		"List-Unsubscribe":      "<" + d.Unsubscribe + ">",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	} {
		if got := env.GetHeaderValues(name); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, want %q once", name, got, want)
		}
	}
	text := strings.ReplaceAll(env.Text, "\r\n", "\n")
	if !strings.HasPrefix(text, strings.TrimSpace(d.Content.Text)) || text != m.Preview.Text {
		t.Errorf("the text is %q, the preview %q", text, m.Preview.Text)
	}
	for _, part := range []string{text, env.HTML} {
		if !strings.Contains(part, d.Unsubscribe) || !strings.Contains(part, d.Postal) {
			t.Errorf("who sends and how to stop it (EMAIL-4) is not in %q", part)
		}
	}
}
