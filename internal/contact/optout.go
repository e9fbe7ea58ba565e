package contact

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tactus/internal/account"
	"tactus/internal/fault"
	"tactus/internal/history"
)

// OptOut suppresses an address and revokes the consent of everybody who has it, at once and for everything that is queued:
// it takes the same locks as a sender (ENG-4, CMP-7).
func (s *Service) OptOut(ctx context.Context, account int64, channel, address, detail, author string) error {
	return s.suppress(ctx, Suppression{AccountID: account, Channel: channel, Address: address, Reason: OptOut, Detail: detail, Author: author}, 0)
}

// Suppress keeps messages off an address for another reason: bounce, complaint, do_not_contact.
func (s *Service) Suppress(ctx context.Context, sup Suppression) error {
	return s.suppress(ctx, sup, 0)
}

// suppress writes the entry and the ledger of those who have the address, but for the contact whose ledger has said it already.
func (s *Service) suppress(ctx context.Context, sup Suppression, said int64) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		holders, err := s.holders(ctx, &sup)
		if err != nil {
			return err
		}
		sup.At = s.clock.Now()
		fresh, err := s.store.Suppress(ctx, []Suppression{sup})
		if err != nil {
			return err
		}
		if sup.Reason == OptOut || sup.Reason == Complaint {
			for _, id := range holders {
				if err := s.revoke(ctx, sup, id, fresh > 0 && id != said); err != nil {
					return err
				}
			}
		}
		if fresh == 0 {
			return nil
		}
		return s.suppressionHistory(ctx, sup, holders, "added")
	})
}

// revoke puts an opt-out into the ledger of one who has the address: when it is news, and whenever the ledger says otherwise,
// for a consent that came after an earlier opt-out must not outlive this one.
func (s *Service) revoke(ctx context.Context, sup Suppression, id int64, news bool) error {
	if !news {
		granted, err := s.granted(ctx, sup.AccountID, id, sup.Channel)
		if err != nil || !granted {
			return err
		}
	}
	line := Consent{Channel: sup.Channel, Act: Revoke, Method: "address", Evidence: sup.Detail}
	return s.appendConsent(ctx, sup.AccountID, id, []Consent{line}, sup.Author)
}

// honour opts out what revocations in a contact's ledger withdraw: all its addresses of the channel, and so everybody
// who has them (CON-3: opt-outs belong to the address, and the strictest wins).
func (s *Service) honour(ctx context.Context, c *Contact, lines []Consent, author string) error {
	for _, line := range lines {
		if line.Act != Revoke {
			continue
		}
		granted, err := s.granted(ctx, c.AccountID, c.ID, line.Channel)
		if err != nil {
			return err
		}
		if granted { // what was said later counts: this line was recorded late
			continue
		}
		for _, address := range c.addresses(s.channels[line.Channel]) {
			sup := Suppression{AccountID: c.AccountID, Channel: line.Channel, Address: address, Reason: OptOut, Detail: line.Evidence, Author: author}
			if err := s.suppress(ctx, sup, c.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// granted is what the ledger of a contact says of a channel.
func (s *Service) granted(ctx context.Context, account, contact int64, channel string) (bool, error) {
	all, err := s.store.Permissions(ctx, account, contact)
	return slices.ContainsFunc(all, func(p Permission) bool { return p.Channel == channel && p.Granted }), err
}

// lockSharers locks a contact together with those who share an address that a revocation opts out, in ascending order (DEC-10).
func (s *Service) lockSharers(ctx context.Context, account, id int64, lines []Consent) error {
	if !slices.ContainsFunc(lines, func(l Consent) bool { return l.Act == Revoke }) {
		return nil
	}
	c, err := s.Get(ctx, account, id)
	if err != nil {
		return err
	}
	found, err := s.store.Holders(ctx, account, c.addresses(EmailAddress), c.addresses(PhoneAddress))
	if err != nil {
		return err
	}
	ids := []int64{id}
	for _, h := range found {
		ids = append(ids, h.ID)
	}
	slices.Sort(ids)
	_, err = s.store.LockContacts(ctx, account, slices.Compact(ids))
	return err
}

// addresses are a contact's of a kind.
func (c *Contact) addresses(kind string) []string {
	var out []string
	switch kind {
	case EmailAddress:
		for _, e := range c.Emails {
			out = append(out, e.Address)
		}
	case PhoneAddress:
		for _, p := range c.Phones {
			out = append(out, p.Number)
		}
	}
	return out
}

// OptIn lifts the opt-out of an address because its person asked for it (START, resubscribe), and records the consent.
// Complaints, bounces and do-not-contact entries stay. lifted says whether there was one.
func (s *Service) OptIn(ctx context.Context, account int64, channel, address string, consent Consent, author string) (lifted bool, err error) {
	consent.Channel, consent.Act = channel, Grant
	if err := fault.InvalidFields(s.channels.checkConsents("consent", []Consent{consent}, s.clock.Now())); err != nil {
		return false, err
	}
	sup := Suppression{AccountID: account, Channel: channel, Address: address, Reason: OptOut, Author: author}
	err = s.store.InTx(ctx, func(ctx context.Context) error {
		holders, err := s.holders(ctx, &sup)
		if err != nil {
			return err
		}
		n, err := s.store.Unsuppress(ctx, account, channel, sup.Address, OptOut)
		if err != nil {
			return err
		}
		lifted = n > 0
		for _, id := range holders {
			if err := s.appendConsent(ctx, account, id, []Consent{consent}, author); err != nil {
				return err
			}
		}
		if !lifted {
			return nil
		}
		return s.suppressionHistory(ctx, sup, holders, "removed")
	})
	return lifted, err
}

// Allow removes an entry by hand, such as a bounce that has been repaired.
func (s *Service) Allow(ctx context.Context, account int64, channel, address string, reason Reason, author string) error {
	sup := Suppression{AccountID: account, Channel: channel, Address: address, Reason: reason, Author: author}
	return s.store.InTx(ctx, func(ctx context.Context) error {
		holders, err := s.holders(ctx, &sup)
		if err != nil {
			return err
		}
		n, err := s.store.Unsuppress(ctx, account, channel, sup.Address, reason)
		if err != nil || n == 0 {
			return err
		}
		return s.suppressionHistory(ctx, sup, holders, "removed")
	})
}

// holders normalises the address and locks the contacts that have it.
func (s *Service) holders(ctx context.Context, sup *Suppression) ([]int64, error) {
	a, err := s.store.Account(ctx, sup.AccountID)
	if err != nil {
		return nil, err
	}
	kind := s.channels[sup.Channel]
	var ok bool
	var found []Holder
	switch kind {
	case EmailAddress:
		sup.Address, ok = account.NormalEmail(sup.Address), true
		found, err = s.store.Holders(ctx, sup.AccountID, []string{sup.Address}, nil)
	case PhoneAddress:
		if sup.Address, ok = account.NormalPhone(sup.Address, a.Country); ok {
			found, err = s.store.Holders(ctx, sup.AccountID, nil, []string{sup.Address})
		}
	}
	if err != nil {
		return nil, err
	}
	if !ok || sup.Address == "" {
		return nil, fault.InvalidFields([]fault.Field{{Name: "address", Message: fmt.Sprintf("this is not an address of the channel %s", sup.Channel)}})
	}
	ids := make([]int64, 0, len(found))
	for _, h := range found {
		ids = append(ids, h.ID)
	}
	slices.Sort(ids)
	return s.store.LockContacts(ctx, sup.AccountID, slices.Compact(ids))
}

func (s *Service) suppressionHistory(ctx context.Context, sup Suppression, holders []int64, outcome string) error {
	rows := make([]history.Row, len(holders))
	for i, id := range holders {
		rows[i] = history.Row{
			AccountID: sup.AccountID, ContactID: id, Kind: history.Suppression, Outcome: outcome, Reason: string(sup.Reason),
			At: s.clock.Now(), Author: sup.Author, Detail: strings.Trim(sup.Channel+" "+sup.Address+" "+sup.Detail, " "),
		}
	}
	return s.store.AppendHistory(ctx, rows)
}
