package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"time"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"

	"tactus/internal/channel"
	"tactus/internal/fault"
)

// Options are what all messages of one account have in common.
type Options struct {
	DKIM *DKIM // nil: not signed
}

// Composer makes messages. Safe for concurrent use.
type Composer struct {
	signer   *signer
	markdown goldmark.Markdown
	policy   *bluemonday.Policy
}

// NewComposer checks the options. Errors are fault.Invalid with the fields dkim_domain, dkim_selector and dkim_key.
func NewComposer(opt Options) (*Composer, error) {
	c := &Composer{markdown: newMarkdown(), policy: newPolicy()}
	if opt.DKIM != nil {
		s, err := newSigner(*opt.DKIM)
		if err != nil {
			return nil, err
		}
		c.signer = s
	}
	return c, nil
}

// Compose makes the message of a draft. The same draft gives the same bytes. What is
// wrong with the draft is fault.Invalid with every field at fault.
func (c *Composer) Compose(d channel.Draft) (channel.Composed, error) {
	h, err := newHeader(d)
	if err != nil {
		return channel.Composed{}, err
	}
	b, err := c.body(d)
	if err != nil {
		return channel.Composed{}, err
	}
	page := document(h.subject, b)

	var msg bytes.Buffer
	msg.Grow(1024 + 2*(len(b.text)+len(page)))
	msg.WriteString(h.lines())
	if err := writeParts(&msg, boundary(d), b.text, page); err != nil {
		return channel.Composed{}, err
	}
	raw := msg.Bytes()
	if c.signer != nil {
		if raw, err = c.signer.sign(raw, d.Date); err != nil {
			return channel.Composed{}, err
		}
	}
	return channel.Composed{
		EnvelopeFrom: h.from.addr,
		EnvelopeTo:   h.to.addr,
		Ref:          h.messageID,
		Raw:          raw,
		Preview:      channel.Content{Subject: h.subject, Text: b.text, HTML: page},
	}, nil
}

// boundary is derived from the message's identity. "=_" cannot occur in quoted-printable text, so no part can contain it.
func boundary(d channel.Draft) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "boundary %d %s", d.MessageID, d.Random))
	return "=_" + hex.EncodeToString(sum[:15])
}

// writeParts ends the header block and writes the alternatives, the plainest first (RFC 2046, 5.1.4).
func writeParts(w *bytes.Buffer, boundary, text, html string) error {
	mw := multipart.NewWriter(w)
	if err := mw.SetBoundary(boundary); err != nil {
		return fault.Wrap(fault.Internal, err, "cannot use the MIME boundary %q", boundary)
	}
	fmt.Fprintf(w, "MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n", boundary)
	for _, part := range []struct{ kind, content string }{{"text/plain", text}, {"text/html", html}} {
		pw, err := mw.CreatePart(textproto.MIMEHeader{
			"Content-Type":              {part.kind + "; charset=utf-8"},
			"Content-Transfer-Encoding": {"quoted-printable"},
		})
		if err != nil {
			return fault.Wrap(fault.Internal, err, "cannot write a part of the message")
		}
		qw := quotedprintable.NewWriter(pw)
		if _, err := qw.Write([]byte(part.content)); err != nil {
			return fault.Wrap(fault.Internal, err, "cannot write a part of the message")
		}
		if err := qw.Close(); err != nil {
			return fault.Wrap(fault.Internal, err, "cannot write a part of the message")
		}
	}
	if err := mw.Close(); err != nil {
		return fault.Wrap(fault.Internal, err, "cannot end the message")
	}
	return nil
}

// dateFormat is RFC 5322's date-time with a numeric zone.
const dateFormat = time.RFC1123Z
