package contact

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"tactus/internal/history"
)

// change is one contact as it was and as it will be.
type change struct {
	before  *Contact // nil = it is new
	after   *Contact
	changed Changed
	removed []int64 // labels
	inquiry string  // the source's name of a new inquiry of one that is known
	acted   bool    // the contact did something just now
	notes   []string
	consent []Consent
}

// newChange starts from a contact as stored.
func newChange(before *Contact) *change {
	after := *before
	after.Emails, after.Phones = slices.Clone(before.Emails), slices.Clone(before.Phones)
	after.TagIDs, after.GroupIDs = slices.Clone(before.TagIDs), slices.Clone(before.GroupIDs)
	after.Dates, after.Fields = maps.Clone(before.Dates), maps.Clone(before.Fields)
	if after.Dates == nil {
		after.Dates = map[string]string{}
	}
	if after.Fields == nil {
		after.Fields = map[string]any{}
	}
	return &change{before: before, after: &after}
}

func (ch *change) addTags(ids []int64) {
	fresh := without(ids, ch.after.TagIDs)
	ch.after.TagIDs = append(ch.after.TagIDs, fresh...)
	ch.changed.NewTags = merged(ch.changed.NewTags, fresh)
}

func (ch *change) addGroups(ids []int64) {
	fresh := without(ids, ch.after.GroupIDs)
	ch.after.GroupIDs = append(ch.after.GroupIDs, fresh...)
	ch.changed.NewGroups = merged(ch.changed.NewGroups, fresh)
}

// remove takes labels away that the contact has.
func (ch *change) remove(ids []int64) {
	for _, set := range []*[]int64{&ch.after.TagIDs, &ch.after.GroupIDs} {
		*set = slices.DeleteFunc(*set, func(id int64) bool {
			gone := slices.Contains(ids, id)
			if gone {
				ch.removed = append(ch.removed, id)
			}
			return gone
		})
	}
	ch.changed.NewTags = without(ch.changed.NewTags, ch.removed)
	ch.changed.NewGroups = without(ch.changed.NewGroups, ch.removed)
}

func merged(a, b []int64) []int64 {
	out := append(a, b...)
	slices.Sort(out)
	return out
}

// settle derives the zone and what has changed.
func (ch *change) settle(zone ZoneFunc) {
	a := ch.after
	a.ZoneNow = zone(*a)
	if ch.before == nil {
		ch.changed.Created, ch.changed.StageEntered = true, a.StageID
		return
	}
	b := ch.before
	if a.StageID != b.StageID {
		ch.changed.StageEntered = a.StageID
	}
	ch.changed.Zone = a.ZoneNow != b.ZoneNow
	ch.changed.Dates = a.Birthday != b.Birthday || len(a.Dates)+len(b.Dates) > 0 && !maps.Equal(a.Dates, b.Dates)
}

// what names the fields that changed, for the timeline.
func (ch *change) what() []string {
	if ch.before == nil {
		return nil
	}
	a, b := ch.after, ch.before
	var out []string
	add := func(differs bool, name string) {
		if differs {
			out = append(out, name)
		}
	}
	add(a.FirstName != b.FirstName || a.LastName != b.LastName, "name")
	add(!slices.Equal(a.Emails, b.Emails), "emails")
	add(!slices.Equal(a.Phones, b.Phones), "phones")
	add(a.Address != b.Address, "address")
	add(a.SourceID != b.SourceID, "source")
	add(a.Assigned != b.Assigned, "assigned user")
	add(a.Zone != b.Zone, "time zone")
	add(a.Language != b.Language, "language")
	add(ch.changed.Dates, "dates")
	add(len(a.Fields)+len(b.Fields) > 0 && !reflect.DeepEqual(a.Fields, b.Fields), "fields")
	add(a.Killed != b.Killed, "kill switch")
	add(len(ch.changed.NewTags) > 0 || len(ch.changed.NewGroups) > 0 || len(ch.removed) > 0, "tags and groups")
	return out
}

// commit writes changes as sets, with their history, and tells the triggers of each kind of change once.
func (s *Service) commit(ctx context.Context, account int64, changes []*change, author string) error {
	now := s.clock.Now()
	var fresh, known []Record
	var made []*change
	for _, ch := range changes {
		ch.settle(s.zone)
		r := Record{Contact: ch.after, AddLabels: slices.Concat(ch.changed.NewTags, ch.changed.NewGroups), RemoveLabels: ch.removed}
		ch.after.UpdatedAt = now
		if ch.acted && now.After(ch.after.ActiveAt) {
			ch.after.ActiveAt = now
		}
		switch {
		case ch.before == nil:
			ch.after.AccountID, ch.after.CreatedAt = account, now
			fresh, made = append(fresh, r), append(made, ch)
		case ch.dirty():
			r.SameAddresses = slices.Equal(ch.after.Emails, ch.before.Emails) && slices.Equal(ch.after.Phones, ch.before.Phones)
			known = append(known, r)
		}
	}
	ids, err := s.store.InsertContacts(ctx, account, fresh)
	if err != nil {
		return err
	}
	for i, ch := range made {
		ch.after.ID = ids[i]
	}
	if err := s.store.SaveContacts(ctx, account, known); err != nil {
		return err
	}
	var past []history.Row
	var consents []Consent
	for _, ch := range changes {
		rows, lines := ch.record(account, author)
		past, consents = append(past, rows...), append(consents, lines...)
	}
	for i := range past {
		past[i].At = now
	}
	for i := range consents {
		consents[i].RecordedAt = now
		if consents[i].At.IsZero() {
			consents[i].At = now
		}
	}
	if err := s.store.AppendConsent(ctx, consents); err != nil {
		return err
	}
	if err := s.store.AppendHistory(ctx, past); err != nil {
		return err
	}
	for _, ch := range changes {
		if err := s.honour(ctx, ch.after, ch.consent, author); err != nil {
			return err
		}
	}
	return s.tell(ctx, account, changes, author)
}

// dirty reports whether the contact's own rows must be written.
func (ch *change) dirty() bool {
	return len(ch.what()) > 0 || ch.changed.StageEntered != 0 || ch.changed.Zone || ch.inquiry != "" || ch.acted
}

// record makes the lines of the timeline and the ledger.
func (ch *change) record(account int64, author string) ([]history.Row, []Consent) {
	line := history.Row{AccountID: account, ContactID: ch.after.ID, Author: author}
	var rows []history.Row
	add := func(kind, outcome, reason, detail string) {
		line.Kind, line.Outcome, line.Reason, line.Detail = kind, outcome, reason, detail
		rows = append(rows, line)
	}
	what := ch.what()
	switch {
	case ch.before == nil:
		add(history.Contact, "created", "", strings.Join(slices.DeleteFunc([]string{ch.after.Source, ch.after.Stage}, func(s string) bool { return s == "" }), ", "))
	case ch.inquiry != "":
		add(history.Contact, "inquiry", "", strings.Join(append([]string{ch.inquiry}, what...), ", "))
	case len(what) > 0:
		add(history.Contact, "updated", "", strings.Join(what, ", "))
	}
	if ch.changed.StageEntered != 0 && ch.before != nil {
		add(history.Stage, "entered", "", ch.after.Stage)
	}
	for _, text := range ch.notes {
		add(history.Note, "", "", text)
	}
	lines := slices.Clone(ch.consent)
	for i := range lines {
		lines[i].AccountID, lines[i].ContactID, lines[i].Author = account, ch.after.ID, author
		if ch.before == nil {
			continue // an import need not write three lines a contact: the ledger has it
		}
		add(history.Consent, string(lines[i].Act), lines[i].Channel, strings.Trim(lines[i].Basis+" "+lines[i].Method, " "))
	}
	return rows, lines
}

// tell groups the contacts by what changed, so that start rules see sets.
func (s *Service) tell(ctx context.Context, account int64, changes []*change, author string) error {
	groups := map[string][]int64{}
	kinds := map[string]Changed{}
	var order []string
	for _, ch := range changes {
		if ch.changed.None() {
			continue
		}
		key := fmt.Sprint(ch.changed)
		if _, ok := kinds[key]; !ok {
			kinds[key] = ch.changed
			order = append(order, key)
		}
		groups[key] = append(groups[key], ch.after.ID)
	}
	for _, key := range order {
		slices.Sort(groups[key])
		if err := s.triggers.ContactChanged(ctx, account, groups[key], kinds[key], author); err != nil {
			return err
		}
	}
	return nil
}
