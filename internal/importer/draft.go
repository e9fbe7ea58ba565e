package importer

import (
	"fmt"
	"slices"
	"strings"

	"tactus/internal/account"
	"tactus/internal/contact"
	"tactus/internal/gate"
)

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

// day reads a day of a column. Points put the day first, unless the person says otherwise of the file.
func (d *draft) day(i int, text string, past bool) (string, error) {
	order := d.orders[i]
	if d.params.Days == "" && dotted(text) {
		order = DayFirst
	}
	read, err := day(text, order, d.facts.Now, past)
	if err == nil {
		if d.e.days == nil {
			d.e.days = map[int]string{}
		}
		d.e.days[i] = read
	}
	return read, err
}

// own reads a field that the account has named itself.
func (d *draft) own(i int, f Field, text string) error {
	l := &d.e.lead
	kind, name := f.split()
	if kind == otherDates {
		_, hours := clockTime(text)
		date, err := d.day(i, text, false)
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
func (d *draft) consent(i int, f Field, text string) error {
	value, ok := truth(text)
	if !ok {
		switch strings.ToLower(text) {
		case "unsubscribed", "opted out", "opt out", "opted-out", "do not contact", "dnc", "stop", "do not call", "do not email", "do not text", "cleaned", "bounced":
			value, ok = strings.HasPrefix(string(f), string(OptOut)), true
		case "subscribed", "opted in", "opt in", "opted-in", "confirmed", "granted", "ok", "okay", "allowed":
			value, ok = strings.HasPrefix(string(f), string(OptIn)), true
		default:
			_, err := d.day(i, text, true)
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
