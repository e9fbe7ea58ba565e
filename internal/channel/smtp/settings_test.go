package smtp_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"slices"
	"testing"

	"tactus/internal/channel/smtp"
	"tactus/internal/channel/smtptest"
	"tactus/internal/fault"
)

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		raw    string
		fields []string // at fault, all at once
	}{
		"the least":                    {`{"host":"smtp.x.example"}`, nil},
		"nulls":                        {`{"host":"smtp.x.example","port":null,"password":null}`, nil},
		"nothing":                      {``, []string{"host"}},
		"unknown keys":                 {`{"host":"smtp.x.example","hosts":1,"Port":2}`, []string{"Port", "hosts"}},
		"port in the host":             {`{"host":"smtp.x.example:587"}`, []string{"host"}},
		"line break in the host":       {`{"host":"smtp.x.example\r\nQUIT"}`, []string{"host"}},
		"line break in the HELO name":  {`{"host":"smtp.x.example","helo":"a\r\nQUIT"}`, []string{"helo"}},
		"numbers out of range":         {`{"host":"smtp.x.example","port":70000,"connections":0}`, []string{"connections", "port"}},
		"a number as text":             {`{"host":"smtp.x.example","port":"587"}`, []string{"port"}},
		"not a whole number":           {`{"host":"smtp.x.example","port":587.5}`, []string{"port"}},
		"bad duration":                 {`{"host":"smtp.x.example","timeout":"soon"}`, []string{"timeout"}},
		"short duration":               {`{"host":"smtp.x.example","timeout":"1ms"}`, []string{"timeout"}},
		"unknown security":             {`{"host":"smtp.x.example","security":"ssl"}`, []string{"security"}},
		"password in the clear":        {`{"host":"smtp.x.example","security":"none","username":"a","password":"b"}`, []string{"security"}},
		"private net is not loopback":  {`{"host":"10.0.0.1","security":"none","username":"a","password":"b"}`, []string{"security"}},
		"in the clear at home":         {`{"host":"::1","security":"none","username":"a","password":"b"}`, nil},
		"in the clear without sign-in": {`{"host":"10.0.0.1","security":"none"}`, nil},
		"password of nobody":           {`{"host":"smtp.x.example","password":"b"}`, []string{"username"}},
		"half a DKIM":                  {`{"host":"smtp.x.example","dkim_domain":"x.example"}`, []string{"dkim_selector", "dkim_key"}},
		"no DKIM key":                  {`{"host":"smtp.x.example","dkim_domain":"x.example","dkim_selector":"s","dkim_key":"x"}`, []string{"dkim_key"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := smtp.New(smtp.Options{}).Open(json.RawMessage(tc.raw))
			var got []string
			var f *fault.Error
			if errors.As(err, &f) {
				for _, field := range f.Fields {
					got = append(got, field.Name)
				}
			}
			if !slices.Equal(got, tc.fields) || (err == nil) != (tc.fields == nil) {
				t.Errorf("at fault are %v, want %v (%v)", got, tc.fields, err)
			}
		})
	}
}

func TestDKIMKeys(t *testing.T) { // EMAIL-1
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	shortKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8 := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	}
	s := smtptest.Start(t, smtptest.Options{})
	for name, tc := range map[string]struct {
		key []byte
		ok  bool
	}{
		"RSA, PKCS 1": {pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}), true},
		"RSA, PKCS 8": {pkcs8(rsaKey), true},
		"Ed25519":     {pkcs8(edKey), true},
		"short RSA":   {pkcs8(shortKey), false},
		"ECDSA":       {pkcs8(ecKey), false},
	} {
		c, err := smtp.New(smtp.Options{}).Open(settings(t, s, map[string]any{
			"dkim_domain": "agency.example", "dkim_selector": "s1", "dkim_key": string(tc.key),
		}))
		if !tc.ok {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if m := message(t, c, 1, 0); !bytes.HasPrefix(m.Raw, []byte("DKIM-Signature: ")) {
			t.Errorf("%s: not signed", name)
		}
	}
}
