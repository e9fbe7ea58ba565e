package smtp

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"tactus/internal/mail"
)

// dkim reads the three DKIM fields, which come together or not at all.
func (d *decoder) dkim() *mail.DKIM {
	domain, selector, key := strings.TrimSpace(d.text("dkim_domain", "")), strings.TrimSpace(d.text("dkim_selector", "")), d.text("dkim_key", "")
	if domain == "" && selector == "" && key == "" {
		return nil
	}
	missing := false
	for _, f := range []struct{ name, value string }{{"dkim_domain", domain}, {"dkim_selector", selector}, {"dkim_key", key}} {
		if f.value == "" {
			d.problem(f.name, "is missing: domain, selector and key belong together")
			missing = true
		}
	}
	if missing {
		return nil
	}
	signer := parseKey(key)
	if signer == nil {
		d.problem("dkim_key", "is not a private key in PEM (PKCS #8 or PKCS #1), without a passphrase")
		return nil
	}
	return &mail.DKIM{Domain: domain, Selector: selector, Key: signer}
}

// parseKey returns nil for what is not a key; errors of the parsers could quote it.
func parseKey(text string) crypto.Signer {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil
	}
	signer, _ := key.(crypto.Signer)
	return signer
}
