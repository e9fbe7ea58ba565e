package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/fault"
)

// CarrierStore keeps the accounts' choices; without one the sandbox carries.
type CarrierStore interface {
	CarrierSettings(ctx context.Context, account int64, channel string) (kind string, settings json.RawMessage, err error)
}

// Carriers opens the carriers of accounts and keeps them open. It implements delivery.Carriers.
type Carriers struct {
	store CarrierStore
	kinds map[string]channel.Kind

	mu   sync.Mutex
	open map[string]opened

	lost     string // not "": nothing is handed over any more, see Lost
	fallback string // the kind of accounts that chose none: the sandbox, or the installation's SMTP server
	settings json.RawMessage
}

type opened struct {
	kind     string
	settings string
	carrier  channel.Carrier
}

// NewCarriers makes the set over the one list of kinds.
func NewCarriers(store CarrierStore, more ...channel.Kind) *Carriers {
	c := &Carriers{store: store, kinds: map[string]channel.Kind{}, open: map[string]opened{}, fallback: "sandbox", settings: json.RawMessage("{}")}
	for _, k := range append(Channels(), more...) {
		c.kinds[k.Info().Name] = k
	}
	return c
}

// Default sets the SMTP server of accounts that chose no carrier for email; an empty address keeps the sandbox.
func (c *Carriers) Default(smtpURL string) error {
	if smtpURL == "" {
		return nil
	}
	settings, err := smtpSettings(smtpURL)
	if err != nil {
		return fault.New(fault.Invalid, "smtp: %w", err)
	}
	if _, err := c.kinds["smtp"].Open(settings); err != nil {
		return fault.New(fault.Invalid, "smtp: %w", err)
	}
	c.fallback, c.settings = "smtp", settings
	return nil
}

// Sandboxed reports whether email of accounts that chose nothing stays in the sandbox.
func (c *Carriers) Sandboxed() bool { return c.fallback == "sandbox" }

// Add makes one more kind known: the simulator's recording carrier, a test's own.
func (c *Carriers) Add(k channel.Kind) { c.kinds[k.Info().Name] = k }

// addresses are the kinds of address of all channels that there is a carrier for, beside the product's own.
func (c *Carriers) addresses() contact.Channels {
	all := contact.DefaultChannels()
	for _, k := range c.kinds {
		if info := k.Info(); all[info.Channel] == "" {
			all[info.Channel] = info.Address
		}
	}
	return all
}

// Kind returns a kind by name, nil when there is none.
func (c *Carriers) Kind(name string) channel.Kind { return c.kinds[name] }

// Lost makes every carrier one that composes as it always does, hands nothing over, and answers that the message may have left: text
// says why. One that cannot be opened, because its settings' secret is lost, composes as the sandbox does.
func (c *Carriers) Lost(text string) { c.lost = text }

// lostCarrier composes and hands nothing over.
type lostCarrier struct {
	channel.Carrier
	text string
}

func (l lostCarrier) Send(context.Context, channel.Composed) channel.Receipt {
	return channel.Receipt{Result: channel.InDoubt, Text: l.text}
}

// For implements delivery.Carriers.
func (c *Carriers) For(ctx context.Context, account int64, ch string) (channel.Carrier, string, error) {
	carrier, kind, err := c.find(ctx, account, ch)
	if c.lost == "" {
		return carrier, kind, err
	}
	if err != nil && ch == channel.Email {
		kind = "sandbox"
		carrier, err = c.kinds[kind].Open(json.RawMessage("{}"))
	}
	return lostCarrier{carrier, c.lost}, kind, err
}

func (c *Carriers) find(ctx context.Context, account int64, ch string) (channel.Carrier, string, error) {
	kind, settings, err := c.store.CarrierSettings(ctx, account, ch)
	switch {
	case fault.Is(err, fault.NotFound):
		kind, settings = c.usual(ch)
	case err != nil:
		return nil, "", err
	}
	key := fmt.Sprintf("%d/%s", account, ch)
	c.mu.Lock()
	defer c.mu.Unlock()
	if o, ok := c.open[key]; ok {
		if o.kind == kind && o.settings == string(settings) {
			return o.carrier, kind, nil
		}
		// Its last messages end on their own connections; Close only ends what is idle.
		_ = o.carrier.Close() // nothing to do about it
	}
	k := c.kinds[kind]
	if kind == "" {
		return nil, "", fault.New(fault.Unavailable, "no carrier for %s has been chosen", ch)
	}
	if k == nil {
		return nil, "", fault.New(fault.Internal, "this program has no carrier %q", kind)
	}
	carrier, err := k.Open(settings)
	if err != nil {
		return nil, "", err
	}
	c.open[key] = opened{kind, string(settings), carrier}
	return carrier, kind, nil
}

// Kinds returns every kind, by name.
func (c *Carriers) Kinds() []channel.Kind {
	out := make([]channel.Kind, 0, len(c.kinds))
	for _, name := range slices.Sorted(maps.Keys(c.kinds)) {
		out = append(out, c.kinds[name])
	}
	return out
}

// Usual is the kind of accounts that chose none; "" = nothing carries the channel.
func (c *Carriers) Usual(ch string) string {
	kind, _ := c.usual(ch)
	return kind
}

// Settings are those of the account's choice, secrets included.
func (c *Carriers) Settings(ctx context.Context, account int64, ch string) (kind string, settings json.RawMessage, err error) {
	return c.store.CarrierSettings(ctx, account, ch)
}

// usual is the carrier of accounts that chose none: one that delivers nothing outside, unless the installation names a server.
func (c *Carriers) usual(ch string) (string, json.RawMessage) {
	if ch == channel.Email {
		return c.fallback, c.settings
	}
	for _, name := range slices.Sorted(maps.Keys(c.kinds)) {
		if info := c.kinds[name].Info(); info.Channel == ch && !info.Outside {
			return name, json.RawMessage("{}")
		}
	}
	return "", nil
}

// Close closes every open carrier.
func (c *Carriers) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, o := range c.open {
		_ = o.carrier.Close() // nothing to do about it
		delete(c.open, key)
	}
}
