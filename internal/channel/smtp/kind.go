// Package smtp carries email to a submission server: pooled connections over TLS, one
// transaction per message, and an honest answer about what became of it.
package smtp

import (
	"crypto/x509"
	"encoding/json"
	"time"

	"tactus/internal/channel"
	"tactus/internal/form"
	"tactus/internal/mail"
)

// Options are what the house, not the account, decides.
type Options struct {
	Roots *x509.CertPool // whom to trust; nil: the machine's
	Idle  time.Duration  // how long an unused connection is kept; zero: DefaultIdle
}

// DefaultIdle is shorter than the idle limits of the usual servers, so that they rarely hang up first.
const DefaultIdle = 45 * time.Second

// Kind implements channel.Kind.
type Kind struct{ opt Options }

// New makes the kind.
func New(opt Options) *Kind {
	if opt.Idle <= 0 {
		opt.Idle = DefaultIdle
	}
	return &Kind{opt: opt}
}

// Info implements channel.Kind.
func (k *Kind) Info() channel.Info {
	return channel.Info{
		Name:    "smtp",
		Channel: channel.Email,
		Label:   "SMTP server",
		Help:    "Sends through the submission server of your mail provider or your own.",
		Outside: true,
	}
}

// Fields implements channel.Kind.
func (k *Kind) Fields() []form.Field {
	return []form.Field{
		{Name: "host", Label: "Server", Type: form.Text, Required: true, Help: "Its name, such as smtp.example.com."},
		{Name: "port", Label: "Port", Type: form.Int, Help: "587 for STARTTLS, 465 for TLS and 25 without encryption, unless set."},
		{Name: "security", Label: "Encryption", Type: form.Choice, Options: []string{startTLS, implicitTLS, noTLS}, Default: startTLS},
		{Name: "username", Label: "User name", Type: form.Text, Help: "Empty if the server needs no sign-in."},
		{Name: "password", Label: "Password", Type: form.Secret},
		{Name: "connections", Label: "Connections", Type: form.Int, Default: "8", Help: "How many to keep open at once, 1 to 100."},
		{Name: "helo", Label: "HELO name", Type: form.Text, Help: "How this server introduces itself; its host name unless set."},
		{Name: "timeout", Label: "Timeout", Type: form.Duration, Default: "30s", Help: "How long to wait for one answer."},
		{Name: "dkim_domain", Label: "DKIM domain", Type: form.Text, Help: "Empty if the server signs, or nobody does."},
		{Name: "dkim_selector", Label: "DKIM selector", Type: form.Text},
		{Name: "dkim_key", Label: "DKIM private key", Type: form.Secret, Help: "PEM: RSA of 2048 bits or more, or Ed25519."},
	}
}

// Open implements channel.Kind.
func (k *Kind) Open(raw json.RawMessage) (channel.Carrier, error) {
	s, err := decode(raw)
	if err != nil {
		return nil, err
	}
	composer, err := mail.NewComposer(mail.Options{DKIM: s.dkim})
	if err != nil {
		return nil, err
	}
	return &Carrier{composer: composer, pool: newPool(s, k.opt), settings: s}, nil
}
