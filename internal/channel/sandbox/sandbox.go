// Package sandbox is the carrier of a fresh install: it takes every message, as a real
// carrier would, and delivers nothing outside. What it took is shown as its recipient would see it.
package sandbox

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"tactus/internal/channel"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/mail"
)

// Keeper is shown every message that the sandbox takes. An error means that it was not taken.
type Keeper interface {
	Keep(ctx context.Context, m channel.Composed) error
}

// Kind implements channel.Kind for one channel. Another channel is another constructor with
// its own name and its own way of composing.
type Kind struct {
	info     channel.Info
	composer func() (composer, error)
	keeper   Keeper
}

// composer makes the bytes as the channel's real carriers do.
type composer interface {
	Compose(d channel.Draft) (channel.Composed, error)
}

// New makes the email sandbox. k may be nil: the message table keeps messages anyway.
func New(k Keeper) *Kind {
	return &Kind{
		info: channel.Info{
			Name:    "sandbox",
			Channel: channel.Email,
			Label:   "Sandbox",
			Help:    "Takes every email and delivers none. You see each message as its recipient would.",
		},
		composer: func() (composer, error) { return mail.NewComposer(mail.Options{}) },
		keeper:   k,
	}
}

// Info implements channel.Kind.
func (k *Kind) Info() channel.Info { return k.info }

// Fields implements channel.Kind: there is nothing to set.
func (k *Kind) Fields() []form.Field { return nil }

// Open implements channel.Kind.
func (k *Kind) Open(settings json.RawMessage) (channel.Carrier, error) {
	if err := refuseSettings(settings); err != nil {
		return nil, err
	}
	c, err := k.composer()
	if err != nil {
		return nil, err
	}
	return &carrier{composer: c, keeper: k.keeper}, nil
}

func refuseSettings(raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		return fault.New(fault.Invalid, "the settings are not a JSON object")
	}
	var bad []fault.Field
	for name := range values {
		bad = append(bad, fault.Field{Name: name, Message: "is not a setting of the sandbox"})
	}
	slices.SortFunc(bad, func(a, b fault.Field) int { return strings.Compare(a.Name, b.Name) })
	return fault.InvalidFields(bad)
}

// connections is as many as a busy machine makes sense of: taking a message costs no waiting.
const connections = 16

type carrier struct {
	composer
	keeper Keeper
}

// Send implements channel.Carrier.
func (c *carrier) Send(ctx context.Context, m channel.Composed) channel.Receipt {
	if err := ctx.Err(); err != nil {
		return channel.Receipt{Result: channel.Retry, Text: "given up: " + err.Error()}
	}
	if c.keeper != nil {
		if err := c.keeper.Keep(ctx, m); err != nil {
			return channel.Receipt{Result: channel.Retry, Text: err.Error(), Down: ctx.Err() == nil}
		}
	}
	return channel.Receipt{Result: channel.Accepted, Text: "kept in the sandbox"}
}

// Connections implements channel.Carrier.
func (c *carrier) Connections() int { return connections }

// Close implements channel.Carrier.
func (c *carrier) Close() error { return nil }
