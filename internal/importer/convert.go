package importer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tactus/internal/account"
	"tactus/internal/contact"
	"tactus/internal/gate"
)

// Facts are what the account knows that rows are checked against.
type Facts struct {
	Country string           // where phones without a country code are dialled
	Stages  []string         // in order
	Users   map[string]int64 // active ones by email address and by name, as account.NameKey has them
	Now     time.Time
}

// Problem is what is wrong with a row; it is refused for it.
type Problem struct {
	Column  string // "" = the row as a whole
	Message string
}

// String is one reason in the file of refused rows.
func (p Problem) String() string {
	if p.Column == "" {
		return p.Message
	}
	return p.Column + ": " + p.Message
}

// entry is a row as it is understood.
type entry struct {
	row      Row
	lead     contact.Lead
	grants   []string // channels that the list's consent covers for this person
	refusals []string // channels that the person refused
	problems []Problem
}

// converter makes leads of rows.
type converter struct {
	params Params
	facts  Facts
	orders []DayOrder        // by column
	stages map[string]string // by account.NameKey
	asked  map[string]bool   // channels that a column gives permission for
}

// newConverter makes one for a checked mapping; orders is what a survey found of the columns with days.
func newConverter(p Params, f Facts, orders []DayOrder) *converter {
	c := &converter{params: p, facts: f, orders: orders, stages: map[string]string{}, asked: map[string]bool{}}
	for _, s := range f.Stages {
		c.stages[account.NameKey(s)] = s
	}
	for _, col := range p.Mapping.Columns {
		if strings.HasPrefix(string(col.Field), string(OptIn)) {
			for _, ch := range col.Field.channels() {
				c.asked[ch] = true
			}
		}
	}
	return c
}

// draft is an entry while its cells are read.
type draft struct {
	*converter
	e          *entry
	permitted  map[string]bool
	phones     []phoneCell
	typed      int // phone columns that take types, so far
	emailTypes []string
	phoneTypes []string
	emails     int   // columns so far
	emailOf    []int // the column's number of each email
}

type phoneCell struct {
	column, text, kind string
	nth                int // among the columns that have types
}

// convert reads one row. Everything that is wrong with it is said at once.
func (c *converter) convert(row Row) *entry {
	e := &entry{row: row}
	if row.Problem != "" {
		e.problems = []Problem{{Message: "the row " + row.Problem}}
		return e
	}
	d := &draft{converter: c, e: e}
	l := &e.lead
	l.Stage, l.Assigned, l.Source = c.params.Stage, c.params.Assigned, c.params.Source
	l.Tags, l.Groups = slices.Clone(c.params.Tags), slices.Clone(c.params.Groups)
	for i, col := range c.params.Mapping.Columns {
		if col.Field == "" {
			continue
		}
		text := clean(row.Cells[i])
		if text == "" && col.Field != Phone && col.Field != PhoneType && col.Field != EmailType && col.Field != Email {
			continue
		}
		if err := d.cell(i, col, text); err != nil {
			d.problem(col.Column, err)
		}
	}
	d.readPhones()
	d.types()
	if l.FirstName == "" && l.LastName == "" && len(l.Emails) == 0 && len(l.Phones) == 0 && len(e.problems) == 0 {
		e.problems = append(e.problems, Problem{Message: "the row has no name, no email address and no phone number"})
	}
	for _, ch := range c.params.Consent.covered() {
		if !slices.Contains(e.refusals, ch) && (!c.asked[ch] || d.permitted[ch]) {
			e.grants = append(e.grants, ch)
		}
	}
	return e
}

func (d *draft) problem(column string, err error) {
	d.e.problems = append(d.e.problems, Problem{column, err.Error()})
}

// cell takes one cell over. The error says what is wrong with it.
func (d *draft) cell(i int, col Column, text string) (err error) {
	l := &d.e.lead
	switch col.Field {
	case FirstName:
		l.FirstName = text
	case LastName:
		l.LastName = text
	case FullName:
		l.FirstName, l.LastName = person(text)
	case Email:
		return d.email(text)
	case EmailType:
		d.emailTypes = append(d.emailTypes, strings.ToLower(text))
	case Phone:
		d.phones = append(d.phones, phoneCell{col.Column, text, "", d.typed})
		d.typed++
	case PhoneMobile, PhoneHome, PhoneWork:
		d.phones = append(d.phones, phoneCell{col.Column, text, strings.TrimPrefix(string(col.Field), "phone."), -1})
	case PhoneType:
		d.phoneTypes = append(d.phoneTypes, phoneType(text))
	case Street:
		l.Address.Street = text
	case Line2:
		l.Address.Line2 = text
	case City:
		l.Address.City = text
	case State:
		l.Address.State = text
	case Zip:
		l.Address.Zip = text
	case Country:
		l.Address.Country, err = country(text)
	case Birthday:
		l.Birthday, err = day(text, d.orders[i], d.facts.Now, true)
	case Source:
		l.Source = text
		return label(text)
	case Stage:
		name, ok := d.stages[account.NameKey(text)]
		if !ok {
			return fmt.Errorf("there is no stage %q; the stages are %s", text, strings.Join(d.facts.Stages, ", "))
		}
		l.Stage = name
	case Tags, Groups:
		return d.labels(col.Field, text)
	case Assigned:
		id := d.facts.Users[account.NameKey(text)]
		if id == 0 {
			return fmt.Errorf("no active user has the email address or name %q", text)
		}
		l.Assigned = id
	case Zone:
		l.Zone = zone(text)
		if _, err := time.LoadLocation(l.Zone); err != nil || l.Zone == "Local" {
			return fmt.Errorf("%q is not a time zone; write it as America/Denver", text)
		}
	case Language:
		l.Language = text
	case Note:
		l.Note = strings.TrimSpace(l.Note + "\n\n" + text)
	case OptOut, OptOutEmail, OptOutSMS, OptOutCall, OptOutPhone, OptOutMail, OptIn, OptInEmail, OptInSMS, OptInCall:
		return d.consent(col.Field, text)
	default:
		return d.own(i, col.Field, text)
	}
	if err == nil && len(text) > maxText && col.Field != Note {
		err = fmt.Errorf("this is longer than %d characters", maxText)
	}
	return err
}

// maxText bounds what a contact holds in one field, in bytes.
const maxText = 500

func (d *draft) email(text string) error {
	d.emails++
	for _, a := range addresses(text) {
		a = account.NormalEmail(bare(a))
		if gate.CheckAddress("email", a) != "" {
			return fmt.Errorf("%q is not an email address", a)
		}
		if !slices.ContainsFunc(d.e.lead.Emails, func(e contact.Email) bool { return e.Address == a }) {
			d.e.lead.Emails = append(d.e.lead.Emails, contact.Email{Address: a})
			d.emailOf = append(d.emailOf, d.emails-1)
		}
	}
	return nil
}

// types names the kinds of email addresses: the columns may stand on either side.
func (d *draft) types() {
	for i, nth := range d.emailOf {
		if nth < len(d.emailTypes) {
			d.e.lead.Emails[i].Type = d.emailTypes[nth]
		}
	}
}

// readPhones reads the phones, when it is known in which country.
func (d *draft) readPhones() {
	dialled := d.facts.Country
	if c := d.e.lead.Address.Country; c != "" {
		dialled = c
	}
	for _, cell := range d.phones {
		for _, text := range addresses(cell.text) {
			number, ok := account.NormalPhone(text, dialled)
			switch {
			case shortened(text):
				d.problem(cell.column, fmt.Errorf("the spreadsheet has shortened %q; make the column text and save it again", text))
				continue
			case !ok:
				d.problem(cell.column, fmt.Errorf("%q is not a phone number", text))
				continue
			}
			kind := cell.kind
			if cell.nth >= 0 && cell.nth < len(d.phoneTypes) {
				kind = d.phoneTypes[cell.nth]
			}
			if !slices.ContainsFunc(d.e.lead.Phones, func(p contact.Phone) bool { return p.Number == number }) {
				d.e.lead.Phones = append(d.e.lead.Phones, contact.Phone{Number: number, Type: kind})
			}
		}
	}
}

// phoneType is the kind of a phone in our words.
func phoneType(s string) string {
	switch s = strings.ToLower(strings.TrimPrefix(s, "* ")); s {
	case "cell", "cellular", "cell phone", "handy":
		return "mobile"
	case "office", "business":
		return "work"
	}
	return s
}

func (d *draft) labels(f Field, text string) error {
	set := &d.e.lead.Tags
	if f == Groups {
		set = &d.e.lead.Groups
	}
	for _, name := range items(text) {
		if err := label(name); err != nil {
			return err
		}
		if !slices.Contains(*set, name) {
			*set = append(*set, name)
		}
	}
	return nil
}

func label(name string) error {
	for _, f := range account.CheckLabel("", name) {
		return fmt.Errorf("%.40q: %s", name, f.Message)
	}
	return nil
}

// own reads a field that the account has named itself.
func (d *draft) own(i int, f Field, text string) error {
	l := &d.e.lead
	kind, name := f.split()
	if kind == otherDates {
		_, hours := clockTime(text)
		date, err := day(text, d.orders[i], d.facts.Now, false)
		if err != nil {
			return err
		}
		if hours != "" {
			date += "T" + hours
		}
		if l.Dates == nil {
			l.Dates = map[string]string{}
		}
		l.Dates[name] = date
		return nil
	}
	var v any = text
	var err error
	switch kind {
	case number:
		v, err = decimal(text)
	case yesNo:
		value, ok := truth(text)
		if v = value; !ok {
			err = fmt.Errorf("%q is neither yes nor no", text)
		}
	}
	if err != nil {
		return err
	}
	if l.Fields == nil {
		l.Fields = map[string]any{}
	}
	l.Fields[name] = v
	return nil
}

// consent reads a refusal or a permission. A day stands for yes: on it the person refused or agreed.
func (d *draft) consent(f Field, text string) error {
	value, ok := truth(text)
	if !ok {
		switch strings.ToLower(text) {
		case "unsubscribed", "opted out", "opt out", "opted-out", "do not contact", "dnc", "stop", "do not call", "do not email", "do not text", "cleaned", "bounced":
			value, ok = strings.HasPrefix(string(f), string(OptOut)), true
		case "subscribed", "opted in", "opt in", "opted-in", "confirmed", "granted", "ok", "okay", "allowed":
			value, ok = strings.HasPrefix(string(f), string(OptIn)), true
		default:
			_, err := day(text, d.params.Days, d.facts.Now, true)
			value, ok = true, err == nil
		}
	}
	if !ok {
		return fmt.Errorf("%q is neither yes nor no, nor a day", text)
	}
	out := strings.HasPrefix(string(f), string(OptOut))
	for _, ch := range f.channels() {
		switch {
		case out && value, !out && !value:
			if !slices.Contains(d.e.refusals, ch) {
				d.e.refusals = append(d.e.refusals, ch)
			}
		case !out:
			if d.permitted == nil {
				d.permitted = map[string]bool{}
			}
			d.permitted[ch] = true
		}
	}
	return nil
}
