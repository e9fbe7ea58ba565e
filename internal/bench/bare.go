package bench

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/smtp"
	"sync"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// letter is a message as it went over the wire.
type letter struct {
	from, to string
	raw      []byte
}

// bare sends letters with the standard library's client over a pool of connections: nothing is looked up, made or kept. With a key each
// one is signed first.
func bare(addr string, connections int, letters []letter, key *rsa.PrivateKey) error {
	next := make(chan letter, connections)
	errs := make(chan error, connections)
	var group sync.WaitGroup
	for range connections {
		group.Go(func() {
			if err := bareConn(addr, next, key); err != nil {
				errs <- err
				for range next { // the others must not wait for this one
				}
			}
		})
	}
	for _, l := range letters {
		next <- l
	}
	close(next)
	group.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

func bareConn(addr string, next <-chan letter, key *rsa.PrivateKey) error {
	c, err := smtp.Dial(addr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // after QUIT there is nothing left to close
	if err := c.Hello("bench.example"); err != nil {
		return err
	}
	for l := range next {
		if key != nil {
			if l.raw, err = sign(l.raw, key); err != nil {
				return err
			}
		}
		if err := bareSend(c, l); err != nil {
			return err
		}
	}
	return c.Quit()
}

func bareSend(c *smtp.Client, l letter) error {
	if err := c.Mail(l.from); err != nil {
		return err
	}
	if err := c.Rcpt(l.to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(l.raw); err != nil {
		return err
	}
	return w.Close()
}

// dialogues measures n transactions, one after the other, on one connection.
func dialogues(addr string, l letter, n int) ([]time.Duration, error) {
	c, err := smtp.Dial(addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }() // after QUIT there is nothing left to close
	if err := c.Hello("bench.example"); err != nil {
		return nil, err
	}
	out := make([]time.Duration, n)
	for i := range out {
		start := time.Now()
		if err := bareSend(c, l); err != nil {
			return nil, err
		}
		out[i] = time.Since(start)
	}
	return out, c.Quit()
}

// newKey makes a key of the size that signatures cost most time with, and its PEM text.
func newKey() (*rsa.PrivateKey, string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), err
}

func sign(raw []byte, key *rsa.PrivateKey) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(raw) + 1024)
	err := dkim.Sign(&out, bytes.NewReader(raw), &dkim.SignOptions{
		Domain: "bench.example", Selector: "bench", Signer: key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	return out.Bytes(), err
}

// unsigned takes the signature, which is the first field, off a message.
func unsigned(raw []byte) []byte {
	if !bytes.HasPrefix(raw, []byte("DKIM-Signature:")) {
		return raw
	}
	for {
		_, rest, found := bytes.Cut(raw, []byte("\r\n"))
		if !found {
			return raw
		}
		raw = rest
		if len(raw) > 0 && raw[0] != ' ' && raw[0] != '\t' {
			return raw
		}
	}
}
