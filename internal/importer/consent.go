package importer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tactus/internal/contact"
	"tactus/internal/history"
	"tactus/internal/work"
)

// will is what a chunk says of one contact's consent.
type will struct {
	created bool
	grants  saidAt
	refuses saidAt
}

// saidAt are, by channel or address, those of the rows that said it first.
type saidAt map[string]int

func (l saidAt) add(what string, line int) {
	if _, ok := l[what]; !ok {
		l[what] = line
	}
}

func (l saidAt) has(what string) bool { return l[what] > 0 }

// record writes the consent that a chunk brings, and its refusals: those suppress the addresses and reach everybody
// who has them (CMP-1, CMP-7, CMP-8). What was refused before is not granted by a list: the strictest wins (CON-3).
func (s *Service) record(ctx context.Context, op *work.Operation, taken []*entry, results []contact.Result) error {
	var p Params
	if err := op.Decode(&p); err != nil {
		return err
	}
	wills := map[int64]*will{}
	opted := map[string]saidAt{} // channel -> addresses
	for i, e := range taken {
		r := results[i]
		if r.Err != nil || len(e.grants)+len(e.refusals) == 0 {
			continue
		}
		w := wills[r.ID]
		if w == nil {
			w = &will{created: r.Created, grants: saidAt{}, refuses: saidAt{}}
			wills[r.ID] = w
		}
		for _, ch := range e.grants {
			w.grants.add(ch, e.row.Line)
		}
		for _, ch := range e.refusals {
			w.refuses.add(ch, e.row.Line)
			if opted[ch] == nil {
				opted[ch] = saidAt{}
			}
			for _, address := range addressesOf(&e.lead.Contact, ch) {
				opted[ch].add(address, e.row.Line)
			}
		}
	}
	if err := s.knownAddresses(ctx, op, opted, wills); err != nil {
		return err
	}
	if err := s.suppress(ctx, op, opted, wills); err != nil {
		return err
	}
	return s.write(ctx, op, p.Consent, wills)
}

// addressesOf are those that a channel writes to.
func addressesOf(c *contact.Contact, channel string) []string {
	var out []string
	switch contact.AddressKind(channel) {
	case contact.EmailAddress:
		for _, a := range c.Emails {
			out = append(out, a.Address)
		}
	case contact.PhoneAddress:
		for _, p := range c.Phones {
			out = append(out, p.Number)
		}
	}
	return out
}

// origin says where a word on consent stands.
func origin(op *work.Operation, line int) string {
	return fmt.Sprintf("import %d, line %d", op.ID, line)
}

// knownAddresses adds the addresses that other rows, of this chunk or before, gave the contacts: who refuses a channel refuses it at all of them.
func (s *Service) knownAddresses(ctx context.Context, op *work.Operation, opted map[string]saidAt, wills map[int64]*will) error {
	var ids []int64
	for id, w := range wills {
		if len(w.refuses) > 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	full, err := s.ledger.FullContacts(ctx, op.Account, ids)
	if err != nil {
		return err
	}
	for _, c := range full {
		for ch, line := range wills[c.ID].refuses {
			for _, address := range addressesOf(c, ch) {
				opted[ch].add(address, line)
			}
		}
	}
	return nil
}

// suppress opts addresses out that are not yet, and adds the refusal to everybody who has one of them.
func (s *Service) suppress(ctx context.Context, op *work.Operation, opted map[string]saidAt, wills map[int64]*will) error {
	for _, channel := range slices.Sorted(maps.Keys(opted)) {
		known, err := s.ledger.Suppressions(ctx, op.Account, channel, slices.Sorted(maps.Keys(opted[channel])))
		if err != nil {
			return err
		}
		for _, k := range known {
			if k.Reason == contact.OptOut {
				delete(opted[channel], k.Address)
			}
		}
		fresh := slices.Sorted(maps.Keys(opted[channel]))
		if len(fresh) == 0 {
			continue
		}
		if err := s.revokeHolders(ctx, op, channel, opted[channel], wills); err != nil {
			return err
		}
		rows := make([]contact.Suppression, len(fresh))
		for i, address := range fresh {
			rows[i] = contact.Suppression{
				AccountID: op.Account, Channel: channel, Address: address, Reason: contact.OptOut,
				Detail: origin(op, opted[channel][address]), Author: op.Author, At: s.clock.Now(),
			}
		}
		if _, err := s.ledger.Suppress(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// revokeHolders finds who has the addresses, takes the locks that a sender takes (ENG-4), and notes the refusal.
func (s *Service) revokeHolders(ctx context.Context, op *work.Operation, channel string, opted saidAt, wills map[int64]*will) error {
	emails, phones := slices.Sorted(maps.Keys(opted)), []string(nil)
	if contact.AddressKind(channel) == contact.PhoneAddress {
		emails, phones = nil, emails
	}
	holders, err := s.ledger.Holders(ctx, op.Account, emails, phones)
	if err != nil {
		return err
	}
	ids := make([]int64, len(holders))
	for i, h := range holders {
		ids[i] = h.ID
	}
	slices.Sort(ids)
	ids, err = s.ledger.LockContacts(ctx, op.Account, slices.Compact(ids))
	if err != nil {
		return err
	}
	var past []history.Row
	for _, id := range ids {
		if wills[id] == nil {
			wills[id] = &will{grants: saidAt{}, refuses: saidAt{}}
		}
	}
	for _, h := range holders {
		if w := wills[h.ID]; w != nil { // who was deleted meanwhile has none
			w.refuses.add(channel, opted[h.Address])
		}
		past = append(past, history.Row{
			AccountID: op.Account, ContactID: h.ID, Kind: history.Suppression, Outcome: "added", Reason: string(contact.OptOut),
			At: s.clock.Now(), Author: op.Author, Detail: channel + " " + h.Address,
		})
	}
	return s.ledger.AppendHistory(ctx, past)
}

// write adds the lines to the ledger that change something.
func (s *Service) write(ctx context.Context, op *work.Operation, c Consent, wills map[int64]*will) error {
	var rows []contact.Consent
	var past []history.Row
	now := s.clock.Now()
	for _, id := range slices.Sorted(maps.Keys(wills)) {
		w := wills[id]
		known := map[string]contact.Permission{}
		if !w.created { // a new contact has none
			found, err := s.ledger.Permissions(ctx, op.Account, id)
			if err != nil {
				return err
			}
			for _, p := range found {
				known[p.Channel] = p
			}
		}
		line := contact.Consent{
			AccountID: op.Account, ContactID: id, Method: Kind, Author: op.Author, At: now, RecordedAt: now,
		}
		acts := map[contact.Act][]string{}
		for _, ch := range []string{"email", "sms", "call", "mail"} {
			was, ok := known[ch]
			line.Channel = ch
			switch {
			case w.refuses.has(ch) && (!ok || was.Granted): // what the list was shown is the evidence of a consent, not of a refusal
				line.Act, line.Basis, line.Wording, line.Evidence = contact.Revoke, "", "", origin(op, w.refuses[ch])
			case w.grants.has(ch) && !w.refuses.has(ch) && (!ok || was.Granted && slices.Index(bases, was.Basis) < slices.Index(bases, c.Basis)):
				line.Act, line.Basis, line.Wording = contact.Grant, c.Basis, c.Wording
				line.Evidence = strings.TrimPrefix(c.Document+"; "+origin(op, w.grants[ch]), "; ")
			default:
				continue
			}
			rows = append(rows, line)
			acts[line.Act] = append(acts[line.Act], ch)
		}
		for _, act := range []contact.Act{contact.Grant, contact.Revoke} { // one line of the timeline for all channels
			if len(acts[act]) == 0 {
				continue
			}
			detail := Kind
			if act == contact.Grant {
				detail = c.Basis + " " + Kind
			}
			past = append(past, history.Row{
				AccountID: op.Account, ContactID: id, Kind: history.Consent, Outcome: string(act), Reason: strings.Join(acts[act], ","),
				At: now, Author: op.Author, Detail: detail,
			})
		}
	}
	if err := s.ledger.AppendConsent(ctx, rows); err != nil {
		return err
	}
	return s.ledger.AppendHistory(ctx, past)
}
