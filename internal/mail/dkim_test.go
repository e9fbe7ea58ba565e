package mail_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"tactus/internal/channel"
	"tactus/internal/fault"
	"tactus/internal/mail"
)

// key makes a key and the DNS record that publishes it.
func key(t testing.TB, kind string) (crypto.Signer, string) {
	t.Helper()
	if kind == "ed25519" {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return private, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return private, "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)
}

func verify(t *testing.T, raw []byte, record string) *dkim.Verification {
	t.Helper()
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if name != "s1._domainkey.agency.example" {
			return nil, errors.New("no such name: " + name)
		}
		return []string{record}, nil
	}})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d signatures (%v)", len(found), err)
	}
	return found[0]
}

func TestDKIM(t *testing.T) { // EMAIL-1
	t.Parallel()
	full := draft(func(d *channel.Draft) {
		d.ReplyTo.Address = "r+token@in.agency.example"
		d.InReplyTo, d.References = "<b@agency.example>", slices.Repeat([]string{"<aaaaaaaaaaaaaaaaaaaaaaaa@agency.example>"}, 12)
		d.Content.Subject = "Größe  und   Preis " + strings.Repeat("äh ", 60)
		d.Content.Text = "a   b\t c  \n\n\n.\n..\n" + strings.Repeat("lang ", 400) + "\n\n\n"
		d.Unsubscribe, d.Postal = "https://go.agency.example/u/"+strings.Repeat("x", 200), "1 Main Street"
	})
	for _, kind := range []string{"rsa", "ed25519"} {
		private, record := key(t, kind)
		opt := mail.Options{DKIM: &mail.DKIM{Domain: "agency.example", Selector: "s1", Key: private}}
		for name, d := range map[string]channel.Draft{"small": draft(nil), "full": full} {
			t.Run(kind+" "+name, func(t *testing.T) {
				t.Parallel()
				m, _ := compose(t, d, opt)
				v := verify(t, m.Raw, record)
				if v.Err != nil {
					t.Fatalf("%v\n%s", v.Err, m.Raw)
				}
				want := []string{"From", "To", "Subject", "Date", "Message-ID"}
				if name == "full" {
					want = append(want, "Reply-To", "In-Reply-To", "References")
				}
				want = append(want, "MIME-Version", "Content-Type")
				if name == "full" {
					want = append(want, "List-Unsubscribe", "List-Unsubscribe-Post")
				}
				if want = append(want, "From", "Subject"); !slices.Equal(v.HeaderKeys, want) {
					t.Errorf("signed are %v, want %v", v.HeaderKeys, want)
				}
				if v.Domain != "agency.example" {
					t.Errorf("signed by %q", v.Domain)
				}
				if verify(t, append(slices.Clone(m.Raw), "more\r\n"...), record).Err == nil {
					t.Error("the body could be continued")
				}
				// Oversigned: a second From or Subject added on the way is noticed.
				for _, extra := range []string{"From: eve@evil.example\r\n", "Subject: other\r\n"} {
					if verify(t, append([]byte(extra), m.Raw...), record).Err == nil {
						t.Errorf("%q could be added", extra)
					}
				}
				if !bytes.Contains(m.Raw, []byte("c=relaxed/relaxed;")) {
					t.Error("not signed relaxed/relaxed")
				}
				if verify(t, bytes.Replace(m.Raw, []byte("One-Click"), []byte("Two-Click"), 1), record).Err == nil && name == "full" {
					t.Error("the unsubscribe field is not covered (RFC 8058)")
				}
			})
		}
	}
}

func TestDKIMOptionsAreChecked(t *testing.T) {
	t.Parallel()
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good, _ := key(t, "ed25519")
	for want, d := range map[string]mail.DKIM{
		"dkim_domain":   {Domain: "a b", Selector: "s1", Key: good},
		"dkim_selector": {Domain: "agency.example", Selector: "s;1", Key: good},
		"dkim_key":      {Domain: "agency.example", Selector: "s1", Key: short},
		"missing":       {Domain: "agency.example", Selector: "s1"},
	} {
		_, err := mail.NewComposer(mail.Options{DKIM: &d})
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func BenchmarkCompose(b *testing.B) {
	rsaKey, _ := key(b, "rsa")
	edKey, _ := key(b, "ed25519")
	for name, opt := range map[string]mail.Options{
		"unsigned": {},
		"rsa":      {DKIM: &mail.DKIM{Domain: "agency.example", Selector: "s1", Key: rsaKey}},
		"ed25519":  {DKIM: &mail.DKIM{Domain: "agency.example", Selector: "s1", Key: edKey}},
	} {
		b.Run(name, func(b *testing.B) {
			c, err := mail.NewComposer(opt)
			if err != nil {
				b.Fatal(err)
			}
			d := draft(func(d *channel.Draft) {
				d.Unsubscribe, d.Postal = "https://go.agency.example/u/1", "1 Main Street"
				d.Content.Text = strings.Repeat("Hello **Bob**,\nsee [the house](https://x.example/1) at noon.\n\n", 8)
			})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Compose(d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
