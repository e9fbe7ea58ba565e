package mail

import (
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"

	"tactus/internal/channel"
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

// Compose makes the message of a draft, to be stored and sent as it is. What is wrong with
// the draft is fault.Invalid with every field at fault.
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
	raw, err := message(h, b.text, page)
	if err != nil {
		return channel.Composed{}, err
	}
	if c.signer != nil {
		if raw, err = c.signer.sign(raw, h); err != nil {
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
