package contact

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tactus/internal/calendar"
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
// address, and only the person lifts it (OptIn). A revocation opts the contact's addresses of the channel out (CMP-7).
func (s *Service) RecordConsent(ctx context.Context, account, contact int64, lines []Consent, author string) error {
	bad := s.channels.checkConsents("consent", lines, s.clock.Now())
	if err := fault.InvalidFields(bad); err != nil {
		return err
	}
	return s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockSharers(ctx, account, contact, lines); err != nil {
			return err
		}
		if err := s.lock(ctx, account, contact); err != nil {
			return err
		}
		if err := s.appendConsent(ctx, account, contact, lines, author); err != nil {
			return err
		}
		c, err := s.Get(ctx, account, contact)
		if err != nil {
			return err
		}
		return s.honour(ctx, &c, lines, author)
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

// skew is how far clocks may be apart; a consent is not given later than that.
const skew = 5 * time.Minute

func (c Channels) checkConsents(field string, lines []Consent, now time.Time) []fault.Field {
	var bad []fault.Field
	for i, line := range lines {
		name := fmt.Sprintf("%s[%d]", field, i)
		if _, ok := c[line.Channel]; !ok {
			known := strings.Join(slices.Sorted(maps.Keys(c)), ", ")
			bad = append(bad, fault.Field{Name: name + ".channel", Message: "choose one of " + known})
		}
		if line.At.After(now.Add(skew)) { // it would overrule every revocation until then
			bad = append(bad, fault.Field{Name: name + ".at", Message: "consent cannot be given in the future; give the moment at which it was"})
		}
		if !line.At.IsZero() && !calendar.Kept(line.At) {
			bad = append(bad, fault.Field{Name: name + ".at", Message: "give the moment at which it was given, of the years from 1900 on"})
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
