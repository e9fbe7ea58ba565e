package api

import (
	"context"
	"net/http"
	"slices"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/contact"
	"tactus/internal/fault"
)

func (a *API) consentRoutes() {
	add(a, operation{
		id: "list-consents", method: http.MethodGet, path: "/contacts/{id}/consents", tag: contactsTag,
		summary: "The consent ledger of a contact", about: "Oldest first; nothing is ever changed or deleted in it.",
	}, a.listConsents)
	add(a, operation{
		id: "record-consent", method: http.MethodPost, path: "/contacts/{id}/consents", tag: contactsTag, status: http.StatusCreated,
		summary: "Record consent or its withdrawal", about: "A withdrawal opts the contact's addresses of the channel out, at once. A grant does not lift an opt-out, which belongs to the address. The answer is the state by channel; a withdrawal's names the messages that were being handed over at that moment.",
	}, a.recordConsent)
	add(a, operation{
		id: "list-opt-outs", method: http.MethodGet, path: "/contacts/{id}/opt-outs", tag: contactsTag, summary: "What keeps messages off a contact's addresses",
	}, a.listOptOuts)
	add(a, operation{
		id: "opt-out", method: http.MethodPost, path: "/contacts/{id}/opt-outs", tag: contactsTag, status: http.StatusCreated,
		summary: "Opt addresses of a contact out", about: "At once, also for what is queued. When it has answered, no message of the channel leaves for these addresses; those that were being handed over at that moment are named.",
	}, a.optOut)
	add(a, operation{
		id: "allow-address", method: http.MethodDelete, path: "/contacts/{id}/opt-outs", tag: contactsTag, status: http.StatusNoContent,
		summary: "Lift an entry by hand", about: "Such as a bounce that was repaired. An opt-out is lifted by the person alone, or with their new consent on record.",
	}, a.allow)
}

func ledgerLine(n client.NewConsent) contact.Consent {
	c := contact.Consent{
		Channel: n.Channel, Act: contact.Act(n.Act), Basis: n.Basis, Wording: n.Wording, Method: n.Method, Evidence: n.Evidence, At: instant(n.At),
	}
	if c.Act == "" {
		c.Act = contact.Grant
	}
	if c.Method == "" {
		c.Method = "api"
	}
	return c
}

func consentOf(c contact.Consent) client.Consent {
	return client.Consent{
		ID: idOf(c.ID), Channel: c.Channel, Act: string(c.Act), Basis: c.Basis, Wording: c.Wording, Method: c.Method, Evidence: c.Evidence,
		Author: c.Author, At: c.At, RecordedAt: c.RecordedAt,
	}
}

func suppressionOf(s contact.Suppression) client.Suppression {
	return client.Suppression{Channel: s.Channel, Address: s.Address, Reason: string(s.Reason), Detail: s.Detail, Author: s.Author, At: s.At}
}

func (a *API) permissions(ctx context.Context, account, id int64) ([]client.Permission, error) {
	list, err := a.s.Contacts.Permissions(ctx, account, id)
	return each(list, func(p contact.Permission) client.Permission { return client.Permission(p) }), err
}

// theContact finds the contact of a path.
func (a *API) theContact(ctx context.Context, account int64, given string) (contact.Contact, error) {
	id, err := object(given, "contact")
	if err != nil {
		return contact.Contact{}, err
	}
	return a.s.Contacts.Get(ctx, account, id)
}

func (a *API) listConsents(ctx context.Context, who Actor, in *IDInput) (*body[client.Page[client.Consent]], error) {
	c, err := a.theContact(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	lines, err := a.s.Contacts.Ledger(ctx, who.Account, c.ID)
	return &body[client.Page[client.Consent]]{client.Page[client.Consent]{Items: each(lines, consentOf)}}, err
}

type consentInput struct {
	IDInput
	Body client.NewConsent
}

func (a *API) recordConsent(ctx context.Context, who Actor, in *consentInput) (*body[client.Consented], error) {
	id, err := object(in.ID, "contact")
	if err != nil {
		return nil, err
	}
	out := client.Consented{}
	line := ledgerLine(in.Body)
	err = a.s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := a.s.Contacts.RecordConsent(ctx, who.Account, id, []contact.Consent{line}, who.Author); err != nil {
			return renamed(err, "consent[0].", "")
		}
		if out.Items, err = a.permissions(ctx, who.Account, id); err != nil || !withdrawn(line, out.Items) {
			return err
		}
		c, err := a.s.Contacts.Get(ctx, who.Account, id)
		if err != nil {
			return err
		}
		out.Handing, err = a.handingTo(ctx, who.Account, line.Channel, addresses(c, line.Channel))
		return err
	})
	if err != nil {
		return nil, err
	}
	return &body[client.Consented]{out}, nil
}

// withdrawn reports whether a line took the permission of its channel away: one that is recorded late may be older than a grant.
func withdrawn(line contact.Consent, now []client.Permission) bool {
	granted := slices.ContainsFunc(now, func(p client.Permission) bool { return p.Channel == line.Channel && p.Granted })
	return line.Act == contact.Revoke && !granted
}

// addresses are a contact's addresses of a channel.
func addresses(c contact.Contact, channel string) []string {
	var out []string
	switch contact.AddressKind(channel) {
	case contact.EmailAddress:
		for _, e := range c.Emails {
			out = append(out, account.NormalEmail(e.Address))
		}
	case contact.PhoneAddress:
		for _, p := range c.Phones {
			out = append(out, p.Number)
		}
	}
	return out
}

// channels are those that consent and opt-outs are kept for.
func channels() []string { return []string{"email", "sms", "call", "mail"} }

func (a *API) suppressions(ctx context.Context, acct int64, c contact.Contact, only string) (client.Page[client.Suppression], error) {
	page := client.Page[client.Suppression]{Items: []client.Suppression{}}
	for _, channel := range channels() {
		list := addresses(c, channel)
		if only != "" && only != channel || len(list) == 0 {
			continue
		}
		found, err := a.s.Contacts.Suppressions(ctx, acct, channel, list)
		if err != nil {
			return page, err
		}
		page.Items = append(page.Items, each(found, suppressionOf)...)
	}
	return page, nil
}

func (a *API) listOptOuts(ctx context.Context, who Actor, in *IDInput) (*body[client.Page[client.Suppression]], error) {
	c, err := a.theContact(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	page, err := a.suppressions(ctx, who.Account, c, "")
	return &body[client.Page[client.Suppression]]{page}, err
}

type optOutInput struct {
	IDInput
	Body client.NewOptOut
}

// chosenAddresses are the addresses that a request means: one of the contact's, or all.
func (a *API) chosenAddresses(ctx context.Context, acct int64, c contact.Contact, channel, given string) ([]string, error) {
	list := addresses(c, channel)
	if given == "" {
		if len(list) == 0 {
			return nil, invalid("channel", "the contact has no address of this channel")
		}
		return list, nil
	}
	normal := account.NormalEmail(given)
	if contact.AddressKind(channel) == contact.PhoneAddress {
		business, err := a.s.Accounts.Account(ctx, acct)
		if err != nil {
			return nil, err
		}
		normal, _ = account.NormalPhone(given, business.Country)
	}
	for _, address := range list {
		if address == normal {
			return []string{normal}, nil
		}
	}
	return nil, invalid("address", "the contact has no such address for the channel %s", channel)
}

func (a *API) optOut(ctx context.Context, who Actor, in *optOutInput) (*body[client.OptedOut], error) {
	c, err := a.theContact(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := a.chosenAddresses(ctx, who.Account, c, in.Body.Channel, in.Body.Address)
	if err != nil {
		return nil, err
	}
	reason := contact.Reason(in.Body.Reason)
	if reason == "" {
		reason = contact.OptOut
	}
	out := client.OptedOut{}
	err = a.s.Store.InTx(ctx, func(ctx context.Context) error {
		for _, address := range list {
			if err := a.s.Contacts.Suppress(ctx, contact.Suppression{
				AccountID: who.Account, Channel: in.Body.Channel, Address: address, Reason: reason, Detail: in.Body.Detail, Author: who.Author,
			}); err != nil {
				return err
			}
		}
		out.Handing, err = a.handingTo(ctx, who.Account, in.Body.Channel, list)
		return err
	})
	if err != nil {
		return nil, err
	}
	page, err := a.suppressions(ctx, who.Account, c, in.Body.Channel)
	out.Items = page.Items
	return &body[client.OptedOut]{out}, err
}

type allowInput struct {
	IDInput
	Channel string `query:"channel" required:"true" enum:"email,sms,call"`
	Address string `query:"address" required:"true"`
	Reason  string `query:"reason" required:"true" enum:"opt_out,bounce,complaint,do_not_contact"`
}

func (a *API) allow(ctx context.Context, who Actor, in *allowInput) (*none, error) {
	c, err := a.theContact(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Reason == string(contact.OptOut) && !who.Key.May(account.All) {
		return nil, fault.New(fault.Forbidden, "an opt-out is lifted by its person; by hand it takes a key with the scope admin")
	}
	list, err := a.chosenAddresses(ctx, who.Account, c, in.Channel, in.Address)
	if err != nil {
		return nil, err
	}
	return &none{}, a.s.Contacts.Allow(ctx, who.Account, in.Channel, list[0], contact.Reason(in.Reason), who.Author)
}
