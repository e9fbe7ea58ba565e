package simulate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tactus/internal/account"
	"tactus/internal/app"
	"tactus/internal/calendar"
	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/gate"
	"tactus/internal/plan"
	"tactus/internal/planbook"
)

// What the made-up account has: its owner's address and its country.
const (
	ownerEmail = "owner@sandbox.example"
	country    = "US"
)

// dated checks that a dated plan has its date, and lays --event over what the files say: of the simulated plan, or, where that one
// has no date, of the plans that it leads to.
func (s *simulation) dated() error {
	main := s.docs[0]
	if s.opt.Event.IsZero() {
		if main.Event != "" {
			return usagef("the plan %q is dated by events: say when with --event", main.Name)
		}
		if f := main.DateField; f != "" && !s.hasDate(f) {
			return usagef("the plan %q is dated by the contact's %s: give it with --set %s=2026-05-01, or the date itself with --event", main.Name, f, f)
		}
		return nil
	}
	zone, err := time.LoadLocation(s.opt.AccountZone)
	if err != nil {
		return err
	}
	docs := []*plan.Document{main}
	if !main.Dated() {
		docs = s.docs[1:]
	}
	dated := false
	for _, d := range docs {
		dated = dated || d.Dated()
		if d.Dated() && d.Event == "" && !s.give(d.DateField) {
			d.Yearly = d.RepeatsYearly()
			d.Date, d.DateField = &plan.Date{Wall: calendar.Of(s.opt.Event, zone)}, ""
		}
	}
	if !dated {
		return usagef("--event: the plan %q has no date", main.Name)
	}
	return nil
}

// give writes --event into the contact's date field, so that the dates of further years are of the contact's zone (PLAN-6). False when the
// field can't hold it: a birthday has no time of day, a date no seconds.
func (s *simulation) give(field string) bool {
	layout := "2006-01-02T15:04"
	if field == "birthday" {
		layout = time.DateOnly
	}
	text := s.opt.Event.In(s.zone).Format(layout)
	wall, ok := enroll.ParseWall(text)
	if field == "" || !ok || !wall.In(s.zone).Equal(s.opt.Event) {
		return false
	}
	s.opt.Contact[field] = text
	if dates, ok := s.opt.Contact["dates"].(map[string]any); ok && field != "birthday" {
		dates[field] = text
	}
	return true
}

func (s *simulation) hasDate(field string) bool {
	lead, _, err := Lead(s.opt.Contact)
	if err != nil {
		return true // said when the contact is made
	}
	if field == "birthday" {
		return lead.Birthday != ""
	}
	for name, date := range lead.Dates { // as the engine finds it: without regard to case
		if strings.EqualFold(name, field) && date != "" {
			return true
		}
	}
	return false
}

// furnish makes the account that the plans need: its stages, users, templates and tags, the plans themselves, and the contact.
func (s *simulation) furnish(ctx context.Context, files []*plan.File) error {
	acct, err := s.app.Accounts.Create(ctx, account.Account{
		Name: "My business", Zone: s.opt.AccountZone, Country: country, Postal: "1 Main Street, Springfield",
	}, account.User{Email: ownerEmail, FirstName: "Olivia", LastName: "Owner"})
	if err != nil {
		return err
	}
	s.account, s.owner = acct.ID, acct.OwnerID
	if err := s.objects(ctx, files); err != nil {
		return err
	}
	applied, err := s.app.Plans.Apply(ctx, s.account, files, planbook.ApplyOptions{Author: "simulator"})
	if err != nil {
		return err
	}
	_ = applied
	heads, err := s.db.PlanHeads(ctx, s.account)
	if err != nil {
		return err
	}
	for _, h := range heads {
		s.names[h.ID] = h.Name
		if h.Name == s.docs[0].Name {
			s.main = h.ID
		}
	}
	if err := s.person(ctx); err != nil {
		return err
	}
	return s.events(ctx)
}

// objects makes what the plans name and an account would have: unknown stages, users and templates are accepted (1a).
func (s *simulation) objects(ctx context.Context, files []*plan.File) error {
	have := map[string]bool{}
	for _, f := range files {
		if f.Template != nil {
			have[f.Template.Name] = true
		}
	}
	stages := map[string]bool{"New": true}
	templates, users, partners := map[string]string{}, map[string]bool{}, map[string]bool{}
	actions := app.Actions()
	for _, d := range s.docs {
		for _, r := range d.References(actions) {
			switch r.Ref {
			case form.Stage:
				stages[r.Name] = true
			case form.Template:
				if !have[r.Name] {
					templates[r.Name] = templateChannel(d, r, actions)
				}
			case form.User:
				users[r.Name] = true
			case "partner":
				partners[r.Name] = true
			default: // made by the plans themselves
			}
		}
	}
	if name, ok := s.opt.Contact["stage"].(string); ok && name != "" {
		stages[name] = true
	}
	if _, err := s.db.EnsureLabels(ctx, s.account, account.Stage, slices.Sorted(maps.Keys(stages))); err != nil {
		return err
	}
	for email := range users {
		m := account.Member{AccountID: s.account, Role: "agent", Active: true}
		m.User = account.User{Email: email, FirstName: nameOf(email)}
		if _, err := s.app.Accounts.AddMember(ctx, m); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	for email := range partners {
		if _, err := s.app.Accounts.CreatePartner(ctx, account.Partner{AccountID: s.account, Name: nameOf(email), Email: email}); err != nil {
			return err
		}
	}
	for name, ch := range templates {
		_, err := s.db.SaveTemplateFile(ctx, s.account, plan.Template{
			Name: name, Channel: ch, Subject: "[" + name + "]", Body: "(The text of the template " + name + ".)",
		}, s.clock.Now())
		if err != nil {
			return err
		}
	}
	return nil
}

// templateChannel is the channel of a template that a step names: tasks send theirs by email.
func templateChannel(d *plan.Document, r plan.Reference, actions plan.Actions) string {
	step := 0
	if _, err := fmt.Sscanf(r.Field, "steps[%d]", &step); err == nil && actions.Role(d.Steps[step].Action).Channel == channel.Mail {
		return "letter"
	}
	return channel.Email
}

func nameOf(email string) string {
	name, _, _ := strings.Cut(email, "@")
	return name
}

// person makes the contact: made up, or as --contact and --set say.
func (s *simulation) person(ctx context.Context) error {
	lead, optedOut, err := Lead(s.opt.Contact)
	if err != nil {
		return wrongContact(err)
	}
	lead.Zone = s.zone.String()
	bad := unusable(&lead)
	res, err := s.app.Contacts.Upsert(ctx, s.account, lead, "simulator")
	if err != nil {
		return wrongContact(err)
	}
	s.contact = res.ID
	for kind, address := range bad {
		if err := s.db.PutAddress(ctx, s.account, s.contact, kind, address); err != nil {
			return err
		}
	}
	for _, ch := range optedOut {
		if err := s.optOut(ctx, Happening{Channel: ch}); err != nil {
			return err
		}
	}
	// What the arrival itself started is none of the simulation's: the contact is on no plan yet.
	return s.clear(ctx)
}

// unusable takes the addresses out of a lead that no contact would be given, and returns those that come first: a simulation may
// ask what a bad address does.
func unusable(lead *contact.Lead) map[string]string {
	bad := map[string]string{}
	if len(lead.Emails) > 0 && badEmail(lead.Emails[0]) {
		bad[contact.EmailAddress] = lead.Emails[0].Address
	}
	lead.Emails = slices.DeleteFunc(lead.Emails, badEmail)
	badPhone := func(p contact.Phone) bool {
		_, ok := account.NormalPhone(p.Number, either(lead.Address.Country, country))
		return !ok
	}
	if len(lead.Phones) > 0 && badPhone(lead.Phones[0]) {
		bad[contact.PhoneAddress] = lead.Phones[0].Number
	}
	lead.Phones = slices.DeleteFunc(lead.Phones, badPhone)
	return bad
}

func badEmail(e contact.Email) bool {
	return gate.CheckAddress(channel.Email, account.NormalEmail(e.Address)) != ""
}

// wrongContact says what is wrong with --contact or --set.
func wrongContact(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Invalid {
		return err
	}
	text := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		text[i] = field.Name + ": " + field.Message
	}
	return usagef("the contact cannot be: %s", strings.Join(text, "; "))
}

// events makes the event of --event for each kind that a plan is dated by.
func (s *simulation) events(ctx context.Context) error {
	if s.opt.Event.IsZero() {
		return nil
	}
	made := map[string]bool{}
	for _, d := range s.docs {
		kind := plan.EventKind(d.Event)
		if kind == "" || made[kind] {
			continue
		}
		made[kind] = true
		id, err := s.db.InsertEventFor(ctx, s.account, s.contact, d.Event, s.opt.Event, s.clock.Now())
		if err != nil {
			return err
		}
		if d == s.docs[0] {
			s.event = id
		}
	}
	return nil
}

// optOut is the person's own wish, for every address of the channel.
func (s *simulation) optOut(ctx context.Context, h Happening) error {
	c, err := s.app.Contacts.Get(ctx, s.account, s.contact)
	if err != nil {
		return err
	}
	var addresses []string
	switch h.Channel {
	case "email":
		for _, e := range c.Emails {
			addresses = append(addresses, e.Address)
		}
	case "sms", "call":
		for _, p := range c.Phones {
			addresses = append(addresses, p.Number)
		}
	}
	for _, a := range addresses {
		if err := s.app.Contacts.OptOut(ctx, s.account, h.Channel, a, "", "simulator"); err != nil {
			return err
		}
	}
	return nil
}
