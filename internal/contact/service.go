package contact

import (
	"context"
	"slices"
	"strings"

	"tactus/internal/account"
	"tactus/internal/clock"
	"tactus/internal/fault"
	"tactus/internal/history"
)

// ZoneFunc derives the zone in effect of what is known of a contact: the given one, else the address's, else "" for the account's.
type ZoneFunc func(Contact) string

// Service keeps contacts. Safe for concurrent use.
type Service struct {
	store    Store
	clock    clock.Clock
	zone     ZoneFunc
	triggers Triggers
	channels Channels
}

// NewService makes the service.
func NewService(store Store, c clock.Clock, zone ZoneFunc, triggers Triggers) *Service {
	return &Service{store, c, zone, triggers, DefaultChannels()}
}

// Get returns one contact, whole.
func (s *Service) Get(ctx context.Context, account, id int64) (Contact, error) {
	found, err := s.store.FullContacts(ctx, account, []int64{id})
	if err != nil {
		return Contact{}, err
	}
	c := found[id]
	if c == nil {
		return Contact{}, fault.New(fault.NotFound, "there is no such contact")
	}
	return *c, nil
}

// Patch changes a contact; nil leaves a field as it is.
type Patch struct {
	FirstName, LastName      *string
	Zone, Language, Birthday *string
	Emails                   *[]Email
	Phones                   *[]Phone
	Address                  *Address
	Source, Stage            *string // names; a stage must exist
	Assigned                 *int64  // 0 = nobody
	AddTags, RemoveTags      []string
	AddGroups, RemoveGroups  []string
	Dates                    map[string]string // "" removes
	Fields                   map[string]any    // nil removes
	Killed                   *bool
}

// Update changes one contact and returns it as it is now.
func (s *Service) Update(ctx context.Context, account, id int64, p Patch, author string) (Contact, error) {
	var after Contact
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.lock(ctx, account, id); err != nil {
			return err
		}
		before, err := s.Get(ctx, account, id)
		if err != nil {
			return err
		}
		ch := newChange(&before)
		if err := s.patch(ctx, account, ch, p); err != nil {
			return err
		}
		if err := s.commit(ctx, account, []*change{ch}, author); err != nil {
			return err
		}
		after, err = s.Get(ctx, account, id)
		return err
	})
	return after, err
}

func (s *Service) patch(ctx context.Context, acct int64, ch *change, p Patch) error {
	a, err := s.store.Account(ctx, acct)
	if err != nil {
		return err
	}
	c := ch.after
	set(&c.FirstName, p.FirstName)
	set(&c.LastName, p.LastName)
	set(&c.Zone, p.Zone)
	set(&c.Language, p.Language)
	set(&c.Birthday, p.Birthday)
	set(&c.Emails, p.Emails)
	set(&c.Phones, p.Phones)
	set(&c.Address, p.Address)
	set(&c.Killed, p.Killed)
	set(&c.Assigned, p.Assigned)
	for name, v := range p.Dates {
		if c.Dates[name] = v; v == "" {
			delete(c.Dates, name)
		}
	}
	for name, v := range p.Fields {
		if c.Fields[name] = v; v == nil {
			delete(c.Fields, name)
		}
	}
	names := &vocabulary{}
	names.need(account.Tag, p.AddTags...)
	names.need(account.Group, p.AddGroups...)
	names.need(account.Source, value(p.Source)...)
	names.know(account.Stage, value(p.Stage)...)
	names.know(account.Tag, p.RemoveTags...)
	names.know(account.Group, p.RemoveGroups...)
	bad := slices.DeleteFunc(c.normalise(a.Country), func(f fault.Field) bool { return !p.touches(f.Name, ch) })
	bad = append(bad, names.check()...)
	if p.Assigned != nil && *p.Assigned != 0 && *p.Assigned != ch.before.Assigned {
		f, err := s.checkAssigned(ctx, acct, *p.Assigned)
		if err != nil {
			return err
		}
		bad = append(bad, f...)
	}
	if len(bad) == 0 {
		if err := names.load(ctx, s.store, acct); err != nil {
			return err
		}
		if p.Stage != nil && *p.Stage != "" && names.id(account.Stage, *p.Stage) == 0 {
			bad = append(bad, noStage(*p.Stage))
		}
	}
	if err := fault.InvalidFields(bad); err != nil {
		return err
	}
	if p.Source != nil {
		c.Source, c.SourceID = *p.Source, names.id(account.Source, *p.Source)
	}
	if p.Stage != nil && *p.Stage != "" {
		c.Stage, c.StageID = *p.Stage, names.id(account.Stage, *p.Stage)
	}
	ch.addTags(names.ids(account.Tag, p.AddTags))
	ch.addGroups(names.ids(account.Group, p.AddGroups))
	ch.remove(append(names.ids(account.Tag, p.RemoveTags), names.ids(account.Group, p.RemoveGroups)...))
	return nil
}

// touches reports whether a field at fault is one that the patch sets: what is as it was must not stand in the way of other edits, least of all
// of the kill switch.
func (p *Patch) touches(field string, ch *change) bool {
	name, rest, _ := strings.Cut(field, ".")
	name, _, _ = strings.Cut(name, "[")
	switch name {
	case "first_name":
		return p.FirstName != nil
	case "last_name":
		return p.LastName != nil
	case "zone":
		return p.Zone != nil
	case "language":
		return p.Language != nil
	case "birthday":
		return p.Birthday != nil
	case "emails":
		return p.Emails != nil
	case "phones":
		return p.Phones != nil
	case "address":
		return p.Address != nil
	case "dates":
		_, set := p.Dates[rest]
		return set
	case "fields":
		_, set := p.Fields[rest]
		return set || rest == "" && len(ch.after.Dates)+len(ch.after.Fields) > len(ch.before.Dates)+len(ch.before.Fields)
	}
	return true
}

// Acted notes that a contact did something just now by itself, such as following a link: their last activity (CON-5).
func (s *Service) Acted(ctx context.Context, account, id int64) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.lock(ctx, account, id); err != nil {
			return err
		}
		c, err := s.Get(ctx, account, id)
		if err != nil {
			return err
		}
		ch := newChange(&c)
		ch.acted = true
		return s.commit(ctx, account, []*change{ch}, "contact")
	})
}

// AddNote puts a note on the timeline.
func (s *Service) AddNote(ctx context.Context, account, id int64, text, author string) error {
	if text = strings.TrimSpace(text); text == "" {
		return fault.InvalidFields([]fault.Field{{Name: "text", Message: "write the note"}})
	}
	return s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.lock(ctx, account, id); err != nil {
			return err
		}
		return s.store.AppendHistory(ctx, []history.Row{{
			AccountID: account, ContactID: id, Kind: history.Note, At: s.clock.Now(), Author: author, Detail: text,
		}})
	})
}

// Delete deletes contacts: their runs end, their tasks go, suppression entries, the consent ledger and history
// stay (PLAN-26). It returns how many there were.
func (s *Service) Delete(ctx context.Context, account int64, ids []int64, author string) (int, error) {
	var n int
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		locked, err := s.store.LockContacts(ctx, account, ids)
		n = len(locked)
		if err != nil || n == 0 {
			return err
		}
		if err := s.triggers.ContactsLeaving(ctx, account, locked, author); err != nil {
			return err
		}
		rows := make([]history.Row, n)
		for i, id := range locked {
			rows[i] = history.Row{AccountID: account, ContactID: id, Kind: history.Contact, Outcome: "deleted", At: s.clock.Now(), Author: author}
		}
		if err := s.store.AppendHistory(ctx, rows); err != nil {
			return err
		}
		return s.store.DeleteContacts(ctx, account, locked)
	})
	return n, err
}

func (s *Service) lock(ctx context.Context, account, id int64) error {
	locked, err := s.store.LockContacts(ctx, account, []int64{id})
	if err == nil && len(locked) == 0 {
		err = fault.New(fault.NotFound, "there is no such contact")
	}
	return err
}

// checkAssigned returns what is wrong with a user as the assigned one.
func (s *Service) checkAssigned(ctx context.Context, account, user int64) ([]fault.Field, error) {
	m, err := s.store.Member(ctx, account, user)
	if fault.Is(err, fault.NotFound) || err == nil && !m.Active {
		return []fault.Field{{Name: "assigned", Message: "choose an active member of the account"}}, nil
	}
	return nil, err
}

func noStage(name string) fault.Field {
	return fault.Field{Name: "stage", Message: "there is no stage “" + name + "”; choose one of the account's stages, or add it under Settings"}
}

func set[T any](field *T, v *T) {
	if v != nil {
		*field = *v
	}
}

// value is the text that a pointer holds, none when it is nil or empty.
func value(p *string) []string {
	if p == nil || *p == "" {
		return nil
	}
	return []string{*p}
}

// without returns the sorted ids of set that others lacks.
func without(set, others []int64) []int64 {
	var out []int64
	for _, id := range set {
		if id != 0 && !slices.Contains(others, id) && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
