package contact

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tactus/internal/account"
	"tactus/internal/fault"
	"tactus/internal/history"
)

// Act is what a line of the consent ledger says.
type Act string

// The acts. Stored for ever.
const (
	Grant  Act = "grant"
	Revoke Act = "revoke"
)

// Consent is one line of the ledger, which is only ever added to (CMP-1).
type Consent struct {
	ID         int64
	AccountID  int64
	ContactID  int64
	Channel    string // email, sms, call, mail
	Act        Act
	Basis      string // express_written, express, inquiry, transaction …
	Wording    string // exactly what was shown
	Method     string // form, import, keyword, paper, api, hand
	Evidence   string // source URL, IP, document
	Author     string
	At         time.Time // when it was given
	RecordedAt time.Time
}

// Permission is the current state for one channel, derived from the ledger.
type Permission struct {
	Channel string
	Granted bool
	Basis   string
}

// Reason is why an address is suppressed.
type Reason string

// The reasons. Stored for ever.
const (
	OptOut       Reason = "opt_out"
	Bounce       Reason = "bounce"
	Complaint    Reason = "complaint"
	DoNotContact Reason = "do_not_contact"
)

// Suppression keeps messages of a channel off an address. It belongs to the address and outlives the contact (PLAN-26).
type Suppression struct {
	AccountID int64
	Channel   string
	Address   string
	Reason    Reason
	Detail    string
	Author    string
	At        time.Time
}

// RecordConsent adds lines to the ledger of one contact. A grant does not lift an opt-out: that belongs to the
// address, and only the person lifts it (OptIn).
func (s *Service) RecordConsent(ctx context.Context, account, contact int64, lines []Consent, author string) error {
	bad := s.channels.checkConsents("consent", lines)
	if err := fault.InvalidFields(bad); err != nil {
		return err
	}
	return s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.lock(ctx, account, contact); err != nil {
			return err
		}
		return s.appendConsent(ctx, account, contact, lines, author)
	})
}

// appendConsent fills in what the caller need not say and writes ledger and history.
func (s *Service) appendConsent(ctx context.Context, account, contact int64, lines []Consent, author string) error {
	now := s.clock.Now()
	rows, past := make([]Consent, len(lines)), make([]history.Row, len(lines))
	for i, c := range lines {
		c.AccountID, c.ContactID, c.Author, c.RecordedAt = account, contact, author, now
		if c.At.IsZero() {
			c.At = now
		}
		rows[i] = c
		past[i] = history.Row{
			AccountID: account, ContactID: contact, Kind: history.Consent, Outcome: string(c.Act),
			Reason: c.Channel, At: now, Author: author, Detail: strings.Trim(c.Basis+" "+c.Method, " "),
		}
	}
	if err := s.store.AppendConsent(ctx, rows); err != nil {
		return err
	}
	return s.store.AppendHistory(ctx, past)
}

// OptOut suppresses an address and revokes the consent of everybody who has it, at once and for everything that is queued:
// it takes the same locks as a sender (ENG-4, CMP-7).
func (s *Service) OptOut(ctx context.Context, account int64, channel, address, detail, author string) error {
	return s.suppress(ctx, Suppression{AccountID: account, Channel: channel, Address: address, Reason: OptOut, Detail: detail, Author: author})
}

// Suppress keeps messages off an address for another reason: bounce, complaint, do_not_contact.
func (s *Service) Suppress(ctx context.Context, sup Suppression) error { return s.suppress(ctx, sup) }

func (s *Service) suppress(ctx context.Context, sup Suppression) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		holders, err := s.holders(ctx, &sup)
		if err != nil {
			return err
		}
		sup.At = s.clock.Now()
		fresh, err := s.store.Suppress(ctx, []Suppression{sup})
		if err != nil || fresh == 0 {
			return err
		}
		for _, id := range holders {
			if sup.Reason == OptOut || sup.Reason == Complaint {
				line := Consent{Channel: sup.Channel, Act: Revoke, Method: "address", Evidence: sup.Detail}
				if err := s.appendConsent(ctx, sup.AccountID, id, []Consent{line}, sup.Author); err != nil {
					return err
				}
			}
		}
		return s.suppressionHistory(ctx, sup, holders, "added")
	})
}

// OptIn lifts the opt-out of an address because its person asked for it (START, resubscribe), and records the consent.
// Complaints, bounces and do-not-contact entries stay. lifted says whether there was one.
func (s *Service) OptIn(ctx context.Context, account int64, channel, address string, consent Consent, author string) (lifted bool, err error) {
	consent.Channel, consent.Act = channel, Grant
	if err := fault.InvalidFields(s.channels.checkConsents("consent", []Consent{consent})); err != nil {
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

// Ledger returns everything that was ever recorded of a contact's consent, oldest first: the evidence (CMP-1).
func (s *Service) Ledger(ctx context.Context, account, contact int64) ([]Consent, error) {
	return s.store.ConsentLedger(ctx, account, contact)
}

// Permissions returns the current state by channel.
func (s *Service) Permissions(ctx context.Context, account, contact int64) ([]Permission, error) {
	return s.store.Permissions(ctx, account, contact)
}

// Suppressions returns the entries of addresses of a channel, in normalised form.
func (s *Service) Suppressions(ctx context.Context, account int64, channel string, addresses []string) ([]Suppression, error) {
	return s.store.Suppressions(ctx, account, channel, addresses)
}

// PostalAddress is the kind of address of channels that send paper; it is no row of addresses.
const PostalAddress = ""

// Channels says which kind of address each channel writes to: EmailAddress, PhoneAddress or PostalAddress. A carrier of a new
// channel brings its line with its own Info (HOUSE-3).
type Channels map[string]string

// DefaultChannels are those of the product.
func DefaultChannels() Channels {
	return Channels{"email": EmailAddress, "sms": PhoneAddress, "call": PhoneAddress, "mail": PostalAddress}
}

// With returns the channels and one more.
func (c Channels) With(name, kind string) Channels {
	more := maps.Clone(c)
	more[name] = kind
	return more
}

// AddressKind is the kind of address that one of the product's own channels writes to; "" for paper.
func AddressKind(channel string) string { return DefaultChannels()[channel] }

// Channels sets the channels that consent can be given for.
func (s *Service) Channels(c Channels) { s.channels = c }

func (c Channels) checkConsents(field string, lines []Consent) []fault.Field {
	var bad []fault.Field
	for i, line := range lines {
		name := fmt.Sprintf("%s[%d]", field, i)
		if _, ok := c[line.Channel]; !ok {
			known := strings.Join(slices.Sorted(maps.Keys(c)), ", ")
			bad = append(bad, fault.Field{Name: name + ".channel", Message: "choose one of " + known})
		}
		switch line.Act {
		case Grant:
			if line.Basis == "" {
				bad = append(bad, fault.Field{Name: name + ".basis", Message: "say what the consent rests on: express_written, express, inquiry or transaction"})
			}
		case Revoke:
		default:
			bad = append(bad, fault.Field{Name: name + ".act", Message: "choose grant or revoke"})
		}
	}
	return bad
}
