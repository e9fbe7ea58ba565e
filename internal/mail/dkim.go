package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"time"

	"tactus/internal/fault"
)

// DKIM is the signature of an account's domain (RFC 6376; Ed25519: RFC 8463).
type DKIM struct {
	Domain   string
	Selector string
	Key      crypto.Signer // *rsa.PrivateKey of 2048 bits or more, or ed25519.PrivateKey
}

// signer signs relaxed/relaxed over the whole body. The signature's time is the message's
// date and both algorithms are deterministic, so the same message is signed with the same bytes.
type signer struct {
	DKIM
	algorithm string
	hash      crypto.Hash // how Key is told what it signs
}

func newSigner(d DKIM) (*signer, error) {
	s := &signer{DKIM: d}
	var bad []fault.Field
	if !dnsName.MatchString(d.Domain) {
		bad = append(bad, fault.Field{Name: "dkim_domain", Message: "is not a domain name"})
	}
	if !dnsName.MatchString(d.Selector) {
		bad = append(bad, fault.Field{Name: "dkim_selector", Message: "is not a selector: letters, digits, dashes and dots"})
	}
	if message := s.chooseAlgorithm(); message != "" {
		bad = append(bad, fault.Field{Name: "dkim_key", Message: message})
	}
	if err := fault.InvalidFields(bad); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *signer) chooseAlgorithm() (problem string) {
	if s.Key == nil {
		return "is missing"
	}
	switch public := s.Key.Public().(type) {
	case *rsa.PublicKey:
		if public.N.BitLen() < 2048 {
			return "is too short: RSA keys need 2048 bits"
		}
		s.algorithm, s.hash = "rsa-sha256", crypto.SHA256
	case ed25519.PublicKey:
		s.algorithm, s.hash = "ed25519-sha256", 0 // Ed25519 signs the digest as its message
	default:
		return "must be an RSA or Ed25519 key"
	}
	return ""
}

// sign returns the message with its DKIM-Signature in front.
func (s *signer) sign(raw []byte, date time.Time) ([]byte, error) {
	head, body, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ok {
		return nil, fault.New(fault.Internal, "the message has no body to sign")
	}
	fields := canonicalFields(string(head))
	names, signed := signedFields(fields)
	bodyHash := sha256.Sum256(canonicalBody(body))

	field := fmt.Sprintf("DKIM-Signature: v=1; a=%s; c=relaxed/relaxed; d=%s; s=%s;\r\n t=%d;\r\n h=%s;\r\n bh=%s;\r\n b=",
		s.algorithm, s.Domain, s.Selector, date.Unix(), strings.Join(names, ":\r\n  "), base64.StdEncoding.EncodeToString(bodyHash[:]))
	name, value, _ := strings.Cut(field, ":")
	digest := sha256.Sum256([]byte(signed + canonicalField(name, value)))
	signature, err := s.Key.Sign(rand.Reader, digest[:], s.hash)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "cannot sign the message with the account's DKIM key")
	}

	out := make([]byte, 0, len(field)+len(signature)*2+len(raw))
	out = append(out, field...)
	encoded := base64.StdEncoding.EncodeToString(signature)
	for len(encoded) > 0 {
		n := min(len(encoded), maxLine-2)
		out = append(out, "\r\n "+encoded[:n]...)
		encoded = encoded[n:]
	}
	out = append(out, "\r\n"...)
	return append(out, raw...), nil
}

// signedFields picks the fields worth protecting that the message has. From and Subject
// are named once more than they occur, so that a second one added on the way breaks the signature.
func signedFields(fields map[string]string) (names []string, signed string) {
	for _, name := range []string{
		"From", "To", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References",
		"MIME-Version", "Content-Type", "List-Unsubscribe", "List-Unsubscribe-Post",
	} {
		if value, ok := fields[strings.ToLower(name)]; ok {
			names = append(names, name)
			signed += value
		}
	}
	return append(names, "From", "Subject"), signed
}

// canonicalFields maps lower-case names to relaxed fields with their line ends. No field of ours occurs twice.
func canonicalFields(head string) map[string]string {
	fields := map[string]string{}
	unfolded := strings.ReplaceAll(strings.ReplaceAll(head, "\r\n ", " "), "\r\n\t", " ")
	for line := range strings.SplitSeq(unfolded, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		fields[strings.ToLower(name)] = canonicalField(name, value) + "\r\n"
	}
	return fields
}

// canonicalField is the relaxed form of one field, without a line end (RFC 6376, 3.4.2).
func canonicalField(name, value string) string {
	return strings.ToLower(strings.TrimSpace(name)) + ":" + strings.Join(strings.FieldsFunc(value, isFoldingSpace), " ")
}

// canonicalBody is the relaxed form of the body (RFC 6376, 3.4.4).
func canonicalBody(body []byte) []byte {
	out := make([]byte, 0, len(body)+2)
	kept := 0 // up to the last line that is not empty
	for line := range bytes.SplitSeq(body, []byte("\r\n")) {
		space := false
		for _, c := range line {
			if c == ' ' || c == '\t' {
				space = true
				continue
			}
			if space {
				out, space = append(out, ' '), false
			}
			out = append(out, c)
		}
		empty := len(out) == 0 || bytes.HasSuffix(out, []byte("\r\n"))
		out = append(out, "\r\n"...)
		if !empty {
			kept = len(out)
		}
	}
	return out[:kept]
}

func isFoldingSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }

var dnsName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$`)
