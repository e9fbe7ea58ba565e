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
		if ch := changes[h.ID]; ch != nil {
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

// fill fills gaps, never overwrites with nothing or with something else, and adds addresses.
func (ch *change) fill(l *Lead) {
	c := ch.after
	switch { // half a name is filled only by the same person's
	case c.nameKey() == "":
		c.FirstName, c.LastName = l.FirstName, l.LastName
	case c.LastName == "" && account.NameKey(c.FirstName) == account.NameKey(l.FirstName):
		c.LastName = l.LastName
	case c.FirstName == "" && account.NameKey(c.LastName) == account.NameKey(l.LastName):
		c.FirstName = l.FirstName
	}
	gap(&c.Zone, l.Zone)
	gap(&c.Language, l.Language)
	gap(&c.Birthday, l.Birthday)
	gap(&c.Assigned, l.Assigned)
	gap(&c.Address, l.Address) // an address is one thing: parts of two would be none
	if c.SourceID == 0 {
		c.Source, c.SourceID = l.Source, l.SourceID
	}
	if c.StageID == 0 {
		c.Stage, c.StageID = l.Stage, l.StageID
	}
	for _, e := range l.Emails {
		if !slices.ContainsFunc(c.Emails, func(k Email) bool { return k.Address == e.Address }) {
			c.Emails = append(c.Emails, e)
		}
	}
	for _, p := range l.Phones {
		if !slices.ContainsFunc(c.Phones, func(k Phone) bool { return k.Number == p.Number }) {
			c.Phones = append(c.Phones, p)
		}
	}
	c.Dates, c.Fields = united(c.Dates, l.Dates), united(c.Fields, l.Fields)
	if l.SourceID != 0 {
		ch.changed.Source = l.SourceID
		if ch.before != nil {
			ch.inquiry = l.Source
		}
	}
}

// gap sets a field that is empty.
func gap[T comparable](field *T, v T) {
	var none T
	if *field == none {
		*field = v
	}
}

// united adds to a map what it lacks.
func united[T any](m, more map[string]T) map[string]T {
	if m == nil && len(more) > 0 {
		m = map[string]T{}
	}
	for k, v := range more {
		if _, ok := m[k]; !ok {
			m[k] = v
		}
	}
	return m
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
