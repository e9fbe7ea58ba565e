package contact

import (
	"context"
	"slices"
	"strings"

	"tactus/internal/account"
	"tactus/internal/fault"
)

// Lead is what comes in of a person: by hand, API, form, mail or file (CON-2). Stage, source, tags and groups are names;
// tags, groups and sources are made when they are missing.
type Lead struct {
	Contact
	Note     string
	Consents []Consent
	// Inquired says that the person got in touch just now, which is what they did last (CON-5): not so in a file, or when somebody writes
	// down what is known.
	Inquired bool
	// Lenient takes a lead whose addresses, dates or stage cannot be read all the same; what could not be read
	// becomes a note. Forms and mail are lenient, because a lead must not be lost; hand and import are not.
	Lenient bool
}

// Result is what became of a lead.
type Result struct {
	ID       int64
	Created  bool
	Possible []int64 // contacts with the same phone and another name: possible duplicates
	Err      error   // fault.Invalid: this lead was refused; nothing of it was stored
}

// MaxBatch is the most leads of one UpsertBatch.
const MaxBatch = 1000

// Upsert takes one lead in: the same email or phone updates the contact that has it, else it is a new one (CON-3).
func (s *Service) Upsert(ctx context.Context, account int64, lead Lead, author string) (Result, error) {
	results, err := s.UpsertBatch(ctx, account, []Lead{lead}, author)
	if err != nil {
		return Result{}, err
	}
	return results[0], results[0].Err
}

// UpsertBatch takes up to MaxBatch leads in, in one transaction and as sets. A lead that is refused has its Err
// in the results and does not stop the others.
func (s *Service) UpsertBatch(ctx context.Context, account int64, leads []Lead, author string) ([]Result, error) {
	if len(leads) > MaxBatch {
		return nil, fault.New(fault.Invalid, "a batch has at most %d contacts", MaxBatch)
	}
	var results []Result
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		b := &batch{s: s, account: account, results: make([]Result, len(leads))}
		if err := b.prepare(ctx, slices.Clone(leads)); err != nil {
			return err
		}
		for i := range b.leads {
			if b.results[i].Err == nil {
				b.take(i)
			}
		}
		if err := s.commit(ctx, account, b.changes, author); err != nil {
			return err
		}
		results = b.finish()
		return nil
	})
	return results, err
}

// batch matches leads with contacts and with each other.
type batch struct {
	s          *Service
	account    int64
	leads      []Lead
	results    []Result
	names      vocabulary
	firstStage account.Label
	byEmail    map[string]*change
	byPhone    map[string][]*change
	changes    []*change // of leads, in order of first appearance
	touched    map[*change]bool
	target     []*change
	possible   [][]*change
}

// prepare checks the leads and loads whom they may be.
func (b *batch) prepare(ctx context.Context, leads []Lead) error {
	b.leads = leads
	a, err := b.s.store.Account(ctx, b.account)
	if err != nil {
		return err
	}
	lock := b.s.store.LockAccount
	if b.single() {
		lock = b.s.store.ShareAccount
	}
	if err := lock(ctx, b.account); err != nil {
		return err
	}
	b.target, b.possible = make([]*change, len(leads)), make([][]*change, len(leads))
	b.touched = map[*change]bool{}
	if err := b.check(ctx, a); err != nil {
		return err
	}
	if b.firstStage, err = b.s.store.FirstStage(ctx, b.account); err != nil {
		return err
	}
	return b.load(ctx)
}

// single reports whether only those need wait that bring the same address at the same moment: many leads together would take too many
// locks, so they lock the account.
func (b *batch) single() bool { return len(b.leads) == 1 }

// check normalises the leads and marks those that are refused.
func (b *batch) check(ctx context.Context, a account.Account) error {
	assigned := map[int64][]fault.Field{0: nil}
	problems := make([][]fault.Field, len(b.leads))
	for i := range b.leads {
		l := &b.leads[i]
		c := &l.Contact
		c.ID, c.Emails, c.Phones = 0, slices.Clone(c.Emails), slices.Clone(c.Phones)
		bad := c.normalise(a.Country)
		bad = append(bad, b.s.channels.checkConsents("consents", l.Consents, b.s.clock.Now())...)
		if c.FirstName == "" && c.LastName == "" && len(c.Emails) == 0 && len(c.Phones) == 0 {
			bad = append(bad, fault.Field{Name: "first_name", Message: "give a name, an email address or a phone number"})
		}
		if _, seen := assigned[c.Assigned]; !seen {
			f, err := b.s.checkAssigned(ctx, b.account, c.Assigned)
			if err != nil {
				return err
			}
			assigned[c.Assigned] = f
		}
		bad = append(bad, assigned[c.Assigned]...)
		own := vocabulary{}
		own.need(account.Tag, c.Tags...)
		own.need(account.Group, c.Groups...)
		own.need(account.Source, value(&c.Source)...)
		bad = append(bad, own.check()...)
		b.names.know(account.Stage, value(&c.Stage)...)
		if problems[i] = bad; len(bad) == 0 || l.Lenient {
			for kind, names := range own.needed {
				names = slices.DeleteFunc(names, func(n string) bool { return len(account.CheckLabel("", n)) > 0 })
				b.names.need(kind, names...)
			}
		}
	}
	if err := b.names.load(ctx, b.s.store, b.account); err != nil {
		return err
	}
	for i := range b.leads {
		l := &b.leads[i]
		if l.StageID = b.names.id(account.Stage, l.Stage); l.Stage != "" && l.StageID == 0 {
			problems[i] = append(problems[i], noStage(l.Stage))
		}
		if l.SourceID = b.names.id(account.Source, l.Source); l.SourceID == 0 {
			l.Source = ""
		}
		if len(problems[i]) == 0 {
			continue
		}
		if !l.Lenient || !l.soften(problems[i], a.Country) {
			b.results[i].Err = fault.InvalidFields(problems[i])
		}
	}
	return nil
}

// soften takes out what could not be read and keeps it as a note; false when nothing would be left.
func (l *Lead) soften(bad []fault.Field, country string) bool {
	lines := []string{}
	for _, f := range bad {
		lines = append(lines, f.Name+": "+f.Message)
	}
	l.Note = strings.TrimSpace(l.Note + "\n\nNot understood: " + strings.Join(lines, "; "))
	c := &l.Contact
	c.Emails = slices.DeleteFunc(c.Emails, func(e Email) bool { return len((&Contact{Emails: []Email{e}}).normaliseEmails()) > 0 })
	c.Phones = slices.DeleteFunc(c.Phones, func(p Phone) bool { return len((&Contact{Phones: []Phone{p}}).normalisePhones(country)) > 0 })
	named := func(name string) bool {
		return slices.ContainsFunc(bad, func(f fault.Field) bool { return f.Name == name })
	}
	clearIf := func(name string, field *string) {
		if named(name) {
			*field = ""
		}
	}
	clearIf("first_name", &c.FirstName)
	clearIf("last_name", &c.LastName)
	clearIf("zone", &c.Zone)
	clearIf("birthday", &c.Birthday)
	clearIf("language", &c.Language)
	clearIf("stage", &c.Stage)
	clearIf("address.country", &c.Address.Country)
	if named("assigned") {
		c.Assigned = 0
	}
	for name := range c.Dates {
		if named("dates." + name) {
			delete(c.Dates, name)
		}
	}
	for name := range c.Fields {
		if named("fields." + name) {
			delete(c.Fields, name)
		}
	}
	var kept Contact
	l.Note = strings.TrimSpace(l.Note + "\n\n" + kept.gather(c))
	c.Emails, c.Phones, c.Dates, c.Fields = kept.Emails, kept.Phones, kept.Dates, kept.Fields
	if slices.ContainsFunc(bad, func(f fault.Field) bool { return strings.HasPrefix(f.Name, "consents") }) {
		l.Consents = nil
	}
	left := Contact{FirstName: c.FirstName, LastName: c.LastName}
	return left.nameKey() != "" || len(c.Emails) > 0 || len(c.Phones) > 0
}
