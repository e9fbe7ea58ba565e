package contact

import (
	"context"
	"maps"
	"slices"

	"tactus/internal/account"
)

// load finds, locks and loads the contacts that have an address of the batch.
func (b *batch) load(ctx context.Context) error {
	var emails, phones []string
	for i, l := range b.leads {
		if b.results[i].Err != nil {
			continue
		}
		for _, e := range l.Emails {
			emails = append(emails, e.Address)
		}
		for _, p := range l.Phones {
			phones = append(phones, p.Number)
		}
	}
	if b.single() {
		if err := b.s.store.LockAddresses(ctx, b.account, slices.Concat(emails, phones)); err != nil {
			return err
		}
	}
	holders, err := b.s.store.Holders(ctx, b.account, emails, phones)
	if err != nil {
		return err
	}
	ids := make([]int64, len(holders))
	for i, h := range holders {
		ids[i] = h.ID
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if ids, err = b.s.store.LockContacts(ctx, b.account, ids); err != nil {
		return err
	}
	known, err := b.s.store.FullContacts(ctx, b.account, ids)
	if err != nil {
		return err
	}
	changes := make(map[int64]*change, len(known))
	for id, c := range known {
		changes[id] = newChange(c)
	}
	b.byEmail, b.byPhone = map[string]*change{}, map[string][]*change{}
	for _, h := range holders { // lowest id first
		// Until the locks were there, somebody may have taken the address away.
		if ch := changes[h.ID]; ch != nil && slices.Contains(ch.after.addresses(h.Kind), h.Address) {
			b.index(ch, h.Kind, h.Address)
		}
	}
	return nil
}

func (b *batch) index(ch *change, kind, address string) {
	switch {
	case kind == PhoneAddress:
		if !slices.Contains(b.byPhone[address], ch) {
			b.byPhone[address] = append(b.byPhone[address], ch)
		}
	case b.byEmail[address] == nil:
		b.byEmail[address] = ch
	}
}

// take puts one lead into the contact that it is.
func (b *batch) take(i int) {
	l := &b.leads[i]
	ch := b.match(i)
	if ch == nil {
		c := l.Contact
		c.Tags, c.TagIDs, c.Groups, c.GroupIDs, c.Killed = nil, nil, nil, nil, false
		if c.StageID == 0 {
			c.Stage, c.StageID = b.firstStage.Name, b.firstStage.ID
		}
		c.Dates, c.Fields = maps.Clone(c.Dates), maps.Clone(c.Fields)
		ch = &change{after: &c}
		b.results[i].Created = true
		ch.changed.Source = l.SourceID
	} else {
		ch.fill(l)
	}
	ch.addTags(b.names.ids(account.Tag, l.Tags))
	ch.addGroups(b.names.ids(account.Group, l.Groups))
	if l.Note != "" {
		ch.notes = append(ch.notes, l.Note)
	}
	ch.consent = append(ch.consent, l.Consents...)
	ch.acted = ch.acted || l.Inquired
	for _, e := range ch.after.Emails {
		b.index(ch, EmailAddress, e.Address)
	}
	for _, p := range ch.after.Phones {
		b.index(ch, PhoneAddress, p.Number)
	}
	if !b.touched[ch] {
		b.touched[ch] = true
		b.changes = append(b.changes, ch)
	}
	b.target[i] = ch
}

// match finds the contact that a lead is: by email, else by phone unless the names differ (CON-3).
func (b *batch) match(i int) *change {
	l := &b.leads[i]
	for _, e := range l.Emails {
		if ch := b.byEmail[e.Address]; ch != nil {
			return ch
		}
	}
	name := l.nameKey()
	for _, p := range l.Phones {
		for _, ch := range b.byPhone[p.Number] {
			if other := ch.after.nameKey(); name == "" || other == "" || name == other {
				return ch
			}
			if !slices.Contains(b.possible[i], ch) {
				b.possible[i] = append(b.possible[i], ch)
			}
		}
	}
	return nil
}

// finish names the contacts, which have ids now.
func (b *batch) finish() []Result {
	for i := range b.results {
		if b.target[i] == nil {
			continue
		}
		b.results[i].ID = b.target[i].after.ID
		for _, ch := range b.possible[i] {
			if ch != b.target[i] {
				b.results[i].Possible = append(b.results[i].Possible, ch.after.ID)
			}
		}
	}
	return b.results
}
