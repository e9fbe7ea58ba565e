package smtp

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"

	"tactus/internal/channel"
	"tactus/internal/fault"
	"tactus/internal/mail"
)

// Carrier implements channel.Carrier and channel.Checker.
type Carrier struct {
	settings settings
	composer *mail.Composer
	pool     *pool
}

// Compose implements channel.Carrier.
func (c *Carrier) Compose(d channel.Draft) (channel.Composed, error) { return c.composer.Compose(d) }

// Send implements channel.Carrier. Everything that fails before the final dot is Retry, or
// Refused on a 5xx; what fails between the dot and its answer is InDoubt.
func (c *Carrier) Send(ctx context.Context, m channel.Composed) channel.Receipt {
	if ctx.Err() != nil {
		return answer{stage: connecting, err: &cancelledError{context.Cause(ctx)}}.receipt()
	}
	if err := c.pool.acquire(ctx); err != nil {
		return answer{stage: connecting, err: err}.receipt()
	}
	defer c.pool.release()

	if used := c.pool.take(); used != nil {
		a := c.deliverOn(ctx, used, m)
		if !(a.stage == mailFrom && a.broken()) || ctx.Err() != nil {
			return a.receipt()
		}
		// The server had hung up while the connection was idle. Nothing of the message was said yet, so a new one takes its place, once.
	}
	fresh, err := c.pool.dial(ctx)
	if err != nil {
		return answer{stage: connecting, err: err}.receipt()
	}
	return c.deliverOn(ctx, fresh, m).receipt()
}

// deliverOn runs the transaction and decides over the connection's future.
func (c *Carrier) deliverOn(ctx context.Context, cn *conn, m channel.Composed) answer {
	a := cn.deliver(ctx, m)
	if a.broken() || ctx.Err() != nil {
		cn.close()
	} else {
		c.pool.put(cn)
	}
	return a
}

// Connections implements channel.Carrier.
func (c *Carrier) Connections() int { return c.settings.connections }

// Close implements channel.Carrier. Messages in hand are finished, each on a connection of its own
// where none is open: nothing is kept for the next.
func (c *Carrier) Close() error {
	c.pool.close()
	return nil
}

// Check implements channel.Checker: it connects, secures, signs in and asks for a sign of life. Nothing is sent.
func (c *Carrier) Check(ctx context.Context) error {
	_, err := c.Examine(ctx)
	return err
}

// Examine implements channel.Examiner.
func (c *Carrier) Examine(ctx context.Context) (channel.Examination, error) {
	found := channel.Examination{Key: published(c.settings.dkim)}
	cn, err := dial(ctx, c.settings, c.pool.opt)
	if err != nil {
		return found, fault.Wrap(fault.Unavailable, err, "the SMTP server %s does not accept these settings", c.settings.addr())
	}
	defer cn.quit()
	stop := context.AfterFunc(ctx, cn.close)
	defer stop()
	if state, ok := cn.client.TLSConnectionState(); ok && len(state.PeerCertificates) > 0 {
		found.Expires = state.PeerCertificates[0].NotAfter
	}
	if err := cn.client.Noop(); err != nil {
		return found, fault.Wrap(fault.Unavailable, err, "the SMTP server %s does not answer after sign-in", c.settings.addr())
	}
	return found, nil
}

// published is the key as it belongs into DNS (RFC 6376, 3.6.1; RFC 8463); nil without one.
func published(d *mail.DKIM) *channel.SigningKey {
	if d == nil {
		return nil
	}
	k := &channel.SigningKey{Domain: d.Domain, Selector: d.Selector, Algorithm: "rsa"}
	if key, ok := d.Key.Public().(ed25519.PublicKey); ok {
		k.Algorithm, k.Public = "ed25519", key
		return k
	}
	public, err := x509.MarshalPKIXPublicKey(d.Key.Public())
	if err != nil {
		return nil // of a kind that was refused when the settings were read
	}
	k.Public = public
	return k
}
