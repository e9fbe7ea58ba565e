package client

import (
	"context"
	"net/http"
	"time"
)

// Carrier is what carries the messages of a channel. Secrets are written and never read: Secrets names those that are set.
type Carrier struct {
	Channel  string         `json:"channel"`
	Kind     string         `json:"kind" doc:"empty: nothing carries the channel"`
	Chosen   bool           `json:"chosen" doc:"false: it is the installation's usual one"`
	Settings map[string]any `json:"settings" doc:"without secrets"`
	Secrets  []string       `json:"secrets" doc:"the names of those that are set"`
	Kinds    []CarrierKind  `json:"kinds" doc:"what can carry the channel"`
	Down     *CarrierDown   `json:"down,omitempty" doc:"while it keeps failing: messages wait, and one is tried now and then"`
}

// CarrierDown is a carrier that keeps failing.
type CarrierDown struct {
	Since    time.Time `json:"since"`
	NextTry  time.Time `json:"next_try"`
	Failures int       `json:"failures" doc:"in a row"`
	Answer   string    `json:"answer,omitempty" doc:"its own words, the last time"`
}

// CarrierKind is one way of carrying a channel's messages.
type CarrierKind struct {
	Name    string         `json:"name"`
	Label   string         `json:"label"`
	Help    string         `json:"help,omitempty"`
	Outside bool           `json:"outside" doc:"delivers to real people; the sandbox does not"`
	Fields  []CarrierField `json:"fields"`
}

// CarrierField is one setting.
type CarrierField struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Help     string   `json:"help,omitempty"`
	Type     string   `json:"type"`
	Options  []string `json:"options,omitempty"`
	Required bool     `json:"required"`
	Default  string   `json:"default,omitempty"`
}

// CarrierChoice chooses a carrier.
type CarrierChoice struct {
	Kind     string         `json:"kind" doc:"such as smtp or sandbox"`
	Settings map[string]any `json:"settings,omitempty" doc:"by the kind's fields; a secret that is absent stays while kind and host stay, an empty one is taken out"`
}

// CarrierCheck is what a carrier's service said.
type CarrierCheck struct {
	OK      bool   `json:"ok"`
	Message string `json:"message,omitempty" doc:"what is wrong, in the service's words"`
}

// Carriers returns what carries each channel.
func (c *Client) Carriers(ctx context.Context) (Page[Carrier], error) {
	return get[Page[Carrier]](ctx, c, "/carriers", nil)
}

// Carrier returns what carries one channel.
func (c *Client) Carrier(ctx context.Context, channel string) (Carrier, error) {
	return get[Carrier](ctx, c, path("carriers", channel), nil)
}

// SetCarrier chooses what carries a channel.
func (c *Client) SetCarrier(ctx context.Context, channel string, choice CarrierChoice) (Carrier, error) {
	return send[Carrier](ctx, c, http.MethodPut, path("carriers", channel), choice)
}

// DropCarrier goes back to the installation's usual carrier.
func (c *Client) DropCarrier(ctx context.Context, channel string) error {
	return c.drop(ctx, path("carriers", channel))
}

// CheckCarrier connects with the settings in use and sends nothing.
func (c *Client) CheckCarrier(ctx context.Context, channel string) (CarrierCheck, error) {
	return send[CarrierCheck](ctx, c, http.MethodPost, path("carriers", channel, "check"), nil)
}
