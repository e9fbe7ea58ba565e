package importer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tactus/internal/account"
	"tactus/internal/contact"
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
	days     map[int]string // by column: how a day was read
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
		l.FirstName = account.OneLine(text)
	case LastName:
		l.LastName = account.OneLine(text)
	case FullName:
		l.FirstName, l.LastName = person(account.OneLine(text))
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
		l.Birthday, err = d.day(i, text, true)
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
		return d.consent(i, col.Field, text)
	default:
		return d.own(i, col.Field, text)
	}
	if err == nil && len(text) > maxText && col.Field != Note {
		err = fmt.Errorf("this is longer than %d characters", maxText)
	}
	return err
}
