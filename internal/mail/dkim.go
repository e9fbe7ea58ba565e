package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"regexp"

	"github.com/emersion/go-msgauth/dkim"

	"tactus/internal/fault"
)

// DKIM is the signature of an account's domain (RFC 6376; Ed25519: RFC 8463).
type DKIM struct {
	Domain   string
	Selector string
	Key      crypto.Signer // *rsa.PrivateKey of 2048 bits or more, or ed25519.PrivateKey
}

// signer signs relaxed/relaxed over the whole body.
type signer struct{ options dkim.SignOptions }

func newSigner(d DKIM) (*signer, error) {
	var bad []fault.Field
	if !dnsName.MatchString(d.Domain) {
		bad = append(bad, fault.Field{Name: "dkim_domain", Message: "is not a domain name"})
	}
	if !dnsName.MatchString(d.Selector) {
		bad = append(bad, fault.Field{Name: "dkim_selector", Message: "is not a selector: letters, digits, dashes and dots"})
	}
	if message := checkKey(d.Key); message != "" {
		bad = append(bad, fault.Field{Name: "dkim_key", Message: message})
	}
	if err := fault.InvalidFields(bad); err != nil {
		return nil, err
	}
	return &signer{dkim.SignOptions{
		Domain:                 d.Domain,
		Selector:               d.Selector,
		Signer:                 d.Key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed,
		BodyCanonicalization:   dkim.CanonicalizationRelaxed,
	}}, nil
}

func checkKey(key crypto.Signer) (problem string) {
	if key == nil {
		return "is missing"
	}
	switch public := key.Public().(type) {
	case *rsa.PublicKey:
		if public.N.BitLen() < 2048 {
			return "is too short: RSA keys need 2048 bits"
		}
	case ed25519.PublicKey:
	default:
		return "must be an RSA or Ed25519 key"
	}
	return ""
}

// sign returns the message with its DKIM-Signature in front.
func (s *signer) sign(raw []byte, h header) ([]byte, error) {
	options := s.options
	options.HeaderKeys = signedFields(h)
	var signed bytes.Buffer
	signed.Grow(len(raw) + 1024)
	if err := dkim.Sign(&signed, bytes.NewReader(raw), &options); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "cannot sign the message with the account's DKIM key")
	}
	return signed.Bytes(), nil
}

// signedFields are the fields worth protecting that the message has. From and Subject
// are named once more than they occur, so that a second one added on the way breaks the signature.
func signedFields(h header) []string {
	var names []string
	for _, field := range []struct {
		name    string
		present bool
	}{
		{"From", true},
		{"To", true},
		{"Subject", h.subject != ""},
		{"Date", true},
		{"Message-ID", true},
		{"Reply-To", h.replyTo.addr != ""},
		{"In-Reply-To", h.inReplyTo != ""},
		{"References", len(h.references) > 0},
		{"MIME-Version", true},
		{"Content-Type", true},
		{"List-Unsubscribe", h.unsubscribe != ""},
		{"List-Unsubscribe-Post", h.oneClick},
	} {
		if field.present {
			names = append(names, field.name)
		}
	}
	return append(names, "From", "Subject")
}

var dnsName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$`)
