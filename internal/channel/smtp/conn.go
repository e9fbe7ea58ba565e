package smtp

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"tactus/internal/channel"
)

// How long the server may take over the content and over its answer to it (RFC 5321,
// 4.5.3.2): giving up early would leave a message in doubt that only was slow.
const (
	contentTimeout = 10 * time.Minute
	answerTimeout  = 10 * time.Minute
)

// conn is one signed-in connection. Not safe for concurrent use.
type conn struct {
	raw    net.Conn // closing it ends any dialogue
	client *smtp.Client
	helo   string      // what we call ourselves
	dirty  bool        // a transaction was left half-way
	idle   *time.Timer // closes it while it is in the pool
}

// dial connects, secures and signs in. An error is about the server or the settings.
func dial(ctx context.Context, s settings, opt Options) (*conn, error) {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(limited, "tcp", s.addr())
	if err != nil {
		return nil, whyNot(ctx, limited, fmt.Errorf("cannot connect: %w", err), s)
	}
	stop := context.AfterFunc(limited, func() { _ = raw.Close() })
	client, err := introduce(limited, raw, s, opt)
	if !stop() && err == nil {
		err = limited.Err()
	}
	if err != nil {
		_ = raw.Close()
		return nil, whyNot(ctx, limited, err, s)
	}
	client.CommandTimeout = s.timeout
	client.SubmissionTimeout = answerTimeout
	return &conn{raw: raw, client: client, helo: s.helo}, nil
}

// whyNot tells the caller's end and our time limit from a failure, for both close the socket under the dialogue.
func whyNot(ctx, limited context.Context, err error, s settings) error {
	switch {
	case ctx.Err() != nil:
		return &cancelledError{context.Cause(ctx)}
	case limited.Err() != nil:
		return fmt.Errorf("the server did not let us in within %s", s.timeout)
	}
	return err
}

// introduce is everything between the connection and the first MAIL FROM.
func introduce(ctx context.Context, raw net.Conn, s settings, opt Options) (*smtp.Client, error) {
	config := &tls.Config{ServerName: strings.TrimSuffix(s.host, "."), RootCAs: opt.Roots, MinVersion: tls.VersionTLS12}
	var client *smtp.Client
	var err error
	switch s.security {
	case startTLS:
		if client, err = smtp.NewClientStartTLS(raw, config); err != nil {
			return nil, fmt.Errorf("cannot start TLS: %w", err)
		}
	case implicitTLS:
		secured := tls.Client(raw, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("cannot start TLS: %w", err)
		}
		client = smtp.NewClient(secured)
	default:
		client = smtp.NewClient(raw)
	}
	if err := client.Hello(s.helo); err != nil {
		return nil, fmt.Errorf("the server did not greet: %w", err)
	}
	if s.username == "" {
		return client, nil
	}
	if err := signIn(client, s); err != nil {
		return nil, fmt.Errorf("cannot sign in: %w", withoutSecrets(err, s))
	}
	return client, nil
}

func signIn(client *smtp.Client, s settings) error {
	switch {
	case client.SupportsAuth(sasl.Plain):
		return client.Auth(sasl.NewPlainClient("", s.username, s.password))
	case client.SupportsAuth(sasl.Login):
		return client.Auth(sasl.NewLoginClient(s.username, s.password))
	}
	return errors.New("the server offers neither AUTH PLAIN nor AUTH LOGIN")
}

// withoutSecrets guards against servers that repeat what they were told.
func withoutSecrets(err error, s settings) error {
	var reply *smtp.SMTPError
	if s.password == "" || !errors.As(err, &reply) {
		return err
	}
	clean := *reply
	for _, secret := range []string{
		s.password,
		base64.StdEncoding.EncodeToString([]byte(s.password)),
		base64.StdEncoding.EncodeToString([]byte("\x00" + s.username + "\x00" + s.password)),
	} {
		clean.Message = strings.ReplaceAll(clean.Message, secret, "•••")
	}
	return &clean
}

// deliver runs one transaction. Closing the socket is how ctx ends it.
func (c *conn) deliver(ctx context.Context, m channel.Composed) answer {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	a := c.transact(ctx, m)
	if !stop() && a.err != nil && a.reply() == nil {
		a.err = &cancelledError{context.Cause(ctx)}
	}
	c.dirty = a.err != nil
	return a
}

// transact is the dialogue itself: four round trips. A later PIPELINING belongs here alone.
func (c *conn) transact(ctx context.Context, m channel.Composed) answer {
	if c.dirty {
		if err := c.clean(); err != nil {
			return answer{stage: mailFrom, err: err}
		}
	}
	opts := &smtp.MailOptions{UTF8: needsUTF8(m), Size: int64(len(m.Raw))}
	if ok, _ := c.client.Extension("SMTPUTF8"); opts.UTF8 && !ok {
		return answer{stage: mailFrom, err: &unsupportedError{"the server does not carry addresses beyond ASCII (SMTPUTF8)"}}
	}
	if err := c.client.Mail(m.EnvelopeFrom, opts); err != nil {
		return answer{stage: mailFrom, err: err}
	}
	if err := c.client.Rcpt(m.EnvelopeTo, nil); err != nil {
		return answer{stage: rcptTo, err: err}
	}
	data, err := c.client.Data()
	if err != nil {
		return answer{stage: content, err: err}
	}
	slow := time.AfterFunc(contentTimeout, func() { _ = c.raw.Close() })
	defer slow.Stop()
	if _, err := data.Write(m.Raw); err != nil {
		return answer{stage: content, err: err}
	}
	if err := ctx.Err(); err != nil {
		_ = c.raw.Close() // without the dot nothing was sent
		return answer{stage: content, err: err}
	}
	response, err := data.CloseWithResponse()
	if err != nil {
		return answer{stage: finalDot, err: err}
	}
	return answer{stage: completed, text: response.StatusText}
}

// clean makes a connection fit for the next message. The library forgets in a reset what the server can do and asks again; where that
// fails, it would say that the server can do nothing. Whatever is answered here is about the connection, not about the message.
func (c *conn) clean() error {
	err := c.client.Reset()
	if err == nil {
		err = c.client.Hello(c.helo)
	}
	if err != nil {
		return errors.New("cannot go on after the message before: " + err.Error())
	}
	return nil
}

// close ends the connection without ceremony; quit says goodbye first.
func (c *conn) close() { _ = c.raw.Close() }

func (c *conn) quit() {
	c.client.CommandTimeout = time.Second
	_ = c.client.Quit()
	c.close()
}

// needsUTF8 reports whether the envelope or the header goes beyond ASCII (RFC 6531).
func needsUTF8(m channel.Composed) bool {
	head, _, _ := bytes.Cut(m.Raw, []byte("\r\n\r\n"))
	return !isASCII(m.EnvelopeFrom) || !isASCII(m.EnvelopeTo) || !isASCII(head)
}

func isASCII[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
