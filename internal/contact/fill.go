package contact

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tactus/internal/account"
)

// fill fills gaps, never overwrites with nothing or with something else, and adds addresses and fields as far as a contact's bounds go. What
// they leave out becomes a note: a contact beyond them could not be edited, and a lead must not be lost.
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
	if note := c.gather(&l.Contact); note != "" {
		ch.notes = append(ch.notes, note)
	}
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

// gather adds addresses and fields of another that the contact lacks, and returns a note of those that there is no room for; "" = none.
func (c *Contact) gather(from *Contact) string {
	left := c.addAddresses(from)
	room := maxFields - len(c.Dates) - len(c.Fields)
	c.Dates, room, left = united(c.Dates, from.Dates, room, left)
	c.Fields, _, left = united(c.Fields, from.Fields, room, left)
	if len(left) == 0 {
		return ""
	}
	return "Left out, because a contact holds no more: " + strings.Join(left, "; ")
}

func (c *Contact) addAddresses(from *Contact) (left []string) {
	for _, e := range from.Emails {
		switch {
		case slices.ContainsFunc(c.Emails, func(k Email) bool { return k.Address == e.Address }):
		case len(c.Emails) < maxAddresses:
			c.Emails = append(c.Emails, e)
		default:
			left = append(left, e.Address)
		}
	}
	for _, p := range from.Phones {
		switch {
		case slices.ContainsFunc(c.Phones, func(k Phone) bool { return k.Number == p.Number }):
		case len(c.Phones) < maxAddresses:
			c.Phones = append(c.Phones, p)
		default:
			left = append(left, p.Number)
		}
	}
	return left
}

// united adds to a map what it lacks, while there is room; what there is none for joins left.
func united[T any](m, more map[string]T, room int, left []string) (map[string]T, int, []string) {
	if m == nil && len(more) > 0 {
		m = map[string]T{}
	}
	for _, k := range slices.Sorted(maps.Keys(more)) {
		switch _, has := m[k]; {
		case has:
		case room > 0:
			m[k] = more[k]
			room--
		default:
			left = append(left, fmt.Sprintf("%s: %v", k, more[k]))
		}
	}
	return m, room, left
}
