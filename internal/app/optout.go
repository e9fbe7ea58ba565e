package app

import (
	"context"
	"slices"

	"tactus/internal/channel"
	"tactus/internal/fault"
	"tactus/internal/web"
)

// Unsubscribe implements web.OptOuts: the address that the message went to and the contact's own of that channel are
// opted out; the gates see it before the next step (CMP-7). An erased contact or message changes nothing about the address.
func (a *App) Unsubscribe(ctx context.Context, sub web.Subscription) error {
	var addresses []string
	address, err := a.DB.MessageAddress(ctx, sub.Account, sub.Message)
	switch {
	case err == nil && address != "":
		addresses = append(addresses, address)
	case err != nil && !fault.Is(err, fault.NotFound):
		return err
	}
	c, err := a.Contacts.Get(ctx, sub.Account, sub.Contact)
	switch {
	case fault.Is(err, fault.NotFound):
	case err != nil:
		return err
	case sub.Channel == channel.Email:
		for _, e := range c.Emails {
			addresses = append(addresses, e.Address)
		}
	default:
		for _, p := range c.Phones {
			addresses = append(addresses, p.Number)
		}
	}
	slices.Sort(addresses)
	for _, to := range slices.Compact(addresses) {
		if err := a.Contacts.OptOut(ctx, sub.Account, sub.Channel, to, "unsubscribe link", "contact"); err != nil {
			return err
		}
	}
	if err := a.Contacts.Acted(ctx, sub.Account, sub.Contact); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return nil
}
