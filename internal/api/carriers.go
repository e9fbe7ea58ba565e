package api

import (
	"context"
	"encoding/json"
	"net/http"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/carrier"
	"tactus/internal/channel"
	"tactus/internal/fault"
	"tactus/internal/form"
)

func (a *API) carrierRoutes() {
	add(a, operation{
		id: "list-carriers", method: http.MethodGet, path: "/carriers", tag: settingsTag, summary: "What carries each channel",
		about: "With the kinds of carrier that there are, and their settings. Secrets are never shown.",
	}, a.listCarriers)
	add(a, operation{id: "get-carrier", method: http.MethodGet, path: "/carriers/{channel}", tag: settingsTag, summary: "What carries a channel"}, a.getCarrier)
	add(a, operation{
		id: "set-carrier", method: http.MethodPut, path: "/carriers/{channel}", tag: settingsTag, scope: account.All, summary: "Choose a carrier",
		about: "Secrets are kept encrypted. One that is absent stays as it is while kind and host stay; an empty one is taken out.",
	}, a.setCarrier)
	add(a, operation{
		id: "delete-carrier", method: http.MethodDelete, path: "/carriers/{channel}", tag: settingsTag, scope: account.All,
		status: http.StatusNoContent, summary: "Go back to the installation's usual carrier",
	}, a.dropCarrier)
	add(a, operation{
		id: "check-carrier", method: http.MethodPost, path: "/carriers/{channel}/check", tag: settingsTag, scope: account.All,
		summary: "Connect with the settings in use", about: "Nothing is sent.",
	}, a.checkCarrier)
}

// ChannelInput names a channel in the path.
type ChannelInput struct {
	Channel string `path:"channel" maxLength:"40"`
}

func carrierOf(c carrier.Choice) (client.Carrier, error) {
	out := client.Carrier{
		Channel: c.Channel, Kind: c.Kind, Chosen: c.Chosen, Settings: map[string]any{}, Secrets: texts(c.Secrets), Kinds: each(c.Kinds, carrierKindOf),
	}
	if d := c.Down; !d.Since.IsZero() {
		out.Down = &client.CarrierDown{Since: d.Since, NextTry: d.NextTry, Failures: d.Failures, Answer: d.Answer}
	}
	for name, v := range c.Settings {
		var value any
		if err := json.Unmarshal(v, &value); err != nil {
			return out, fault.Wrap(fault.Internal, err, "the settings of a carrier cannot be read")
		}
		out.Settings[name] = value
	}
	return out, nil
}

func carrierKindOf(k channel.Kind) client.CarrierKind {
	info := k.Info()
	return client.CarrierKind{
		Name: info.Name, Label: info.Label, Help: info.Help, Outside: info.Outside,
		Fields: each(k.Fields(), func(f form.Field) client.CarrierField {
			return client.CarrierField{
				Name: f.Name, Label: f.Label, Help: f.Help, Type: string(f.Type), Options: f.Options, Required: f.Required, Default: f.Default,
			}
		}),
	}
}

func (a *API) listCarriers(ctx context.Context, who Actor, _ *none) (*body[client.Page[client.Carrier]], error) {
	list, err := a.s.Carriers.All(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	page := client.Page[client.Carrier]{Items: []client.Carrier{}}
	for _, c := range list {
		item, err := carrierOf(c)
		if err != nil {
			return nil, err
		}
		page.Items = append(page.Items, item)
	}
	return &body[client.Page[client.Carrier]]{page}, nil
}

func (a *API) getCarrier(ctx context.Context, who Actor, in *ChannelInput) (*body[client.Carrier], error) {
	c, err := a.s.Carriers.Get(ctx, who.Account, in.Channel)
	if err != nil {
		return nil, err
	}
	out, err := carrierOf(c)
	return &body[client.Carrier]{out}, err
}

type carrierInput struct {
	ChannelInput
	Body client.CarrierChoice
}

func (a *API) setCarrier(ctx context.Context, who Actor, in *carrierInput) (*body[client.Carrier], error) {
	settings := map[string]json.RawMessage{}
	for name, v := range in.Body.Settings {
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, invalid("settings."+name, "this is no value")
		}
		settings[name] = raw
	}
	var c carrier.Choice
	err := a.alone(ctx, who, func(ctx context.Context) (err error) { // secrets that are left out stay as they are by then
		c, err = a.s.Carriers.Set(ctx, who.Account, in.Channel, in.Body.Kind, settings)
		return err
	})
	if err != nil {
		return nil, err
	}
	out, err := carrierOf(c)
	return &body[client.Carrier]{out}, err
}

func (a *API) dropCarrier(ctx context.Context, who Actor, in *ChannelInput) (*none, error) {
	return &none{}, a.s.Carriers.Drop(ctx, who.Account, in.Channel)
}

func (a *API) checkCarrier(ctx context.Context, who Actor, in *ChannelInput) (*body[client.CarrierCheck], error) {
	problem, err := a.s.Carriers.Check(ctx, who.Account, in.Channel)
	return &body[client.CarrierCheck]{client.CarrierCheck{OK: err == nil && problem == "", Message: problem}}, err
}
