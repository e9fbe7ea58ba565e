package api

import (
	"context"
	"slices"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/message"
)

// What a command finds on its way is asked for in its transaction, once it has locked whom it is about: none of their messages is marked before
// it has committed then (ENG-4, ENG-6).

// handingTo are the messages that are being handed over to some addresses of a channel.
func (a *API) handingTo(ctx context.Context, acct int64, channel string, to []string) ([]client.Handing, error) {
	return a.handing(ctx, acct, channel, func(m message.Sent) bool {
		return slices.Contains(to, m.Address) || slices.Contains(to, account.NormalEmail(m.Address))
	})
}

// handingOfContact are a contact's messages that are being handed over, on all channels.
func (a *API) handingOfContact(ctx context.Context, acct, id int64) ([]client.Handing, error) {
	return a.handing(ctx, acct, "", func(m message.Sent) bool { return m.ContactID == id })
}

func (a *API) handing(ctx context.Context, acct int64, channel string, stopped func(message.Sent) bool) ([]client.Handing, error) {
	list, err := a.s.Messages.Handing(ctx, acct, channel)
	if err != nil {
		return nil, err
	}
	var out []client.Handing
	for _, m := range list {
		if stopped(m) {
			out = append(out, client.Handing{Message: idOf(m.ID), Address: m.Address, Since: m.HandedAt})
		}
	}
	return out, nil
}
