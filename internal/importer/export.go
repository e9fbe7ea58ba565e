package importer

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tactus/internal/contact"
)

// Bounds of the columns of an export; a contact with more addresses has the rest in the last of them.
const maxAddressColumns = 10

// exportPage is how many contacts are held at once.
const exportPage = 500

// Export writes the contacts that match, newest first, as CSV for spreadsheets, with columns that an import understands by
// itself, and returns how many there were. Texts that a spreadsheet would take for a formula begin with an
// apostrophe, which an import takes off. A refusal stands for the whole contact, the strictest of its addresses
// (CON-3); notes and the ledger are not exported.
func (s *Service) Export(ctx context.Context, id int64, f contact.Filter, w io.Writer) (int64, error) {
	sh := newShape()
	if err := s.walk(ctx, id, f, func(page []contact.Contact) error { sh.measure(page); return nil }); err != nil {
		return 0, err
	}
	users, err := s.emails(ctx, id)
	if err != nil {
		return 0, err
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	out := csv.NewWriter(w)
	if err := out.Write(sh.header()); err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	var n int64
	err = s.walk(ctx, id, f, func(page []contact.Contact) error {
		refused, err := s.refused(ctx, id, page)
		if err != nil {
			return err
		}
		for i := range page {
			if err := out.Write(sh.row(&page[i], users, refused[page[i].ID])); err != nil {
				return fmt.Errorf("export: %w", err)
			}
			n++
		}
		out.Flush()
		return out.Error()
	})
	return n, err
}

// walk calls do with every page of the contacts that match.
func (s *Service) walk(ctx context.Context, id int64, f contact.Filter, do func([]contact.Contact) error) error {
	q := contact.Query{Filter: f, Order: contact.Newest, Limit: exportPage}
	for {
		page, err := s.contacts.List(ctx, id, q)
		if err != nil {
			return err
		}
		if err := do(page.Contacts); err != nil {
			return err
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
}

func (s *Service) emails(ctx context.Context, id int64) (map[int64]string, error) {
	members, err := s.accounts.Members(ctx, id)
	if err != nil {
		return nil, err
	}
	out := map[int64]string{}
	for _, m := range members {
		out[m.ID] = m.Email
	}
	return out, nil
}

// exportedChannels are those with a column for refusals.
var exportedChannels = [...]string{"email", "sms", "call", "mail"}

// refused says which channels each contact of a page refuses: by the ledger, or by an entry of one of its addresses.
func (s *Service) refused(ctx context.Context, id int64, page []contact.Contact) (map[int64]map[string]bool, error) {
	out := map[int64]map[string]bool{}
	for i := range page {
		c := &page[i]
		set := map[string]bool{}
		out[c.ID] = set
		found, err := s.ledger.Permissions(ctx, id, c.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			set[p.Channel] = !p.Granted
		}
		for _, ch := range exportedChannels {
			set[ch] = set[ch] || c.Killed
		}
	}
	for _, ch := range exportedChannels {
		holders := map[string][]int64{}
		for i := range page {
			for _, a := range addressesOf(&page[i], ch) {
				holders[a] = append(holders[a], page[i].ID)
			}
		}
		if len(holders) == 0 {
			continue
		}
		entries, err := s.ledger.Suppressions(ctx, id, ch, slices.Sorted(maps.Keys(holders)))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Reason == contact.Bounce { // the address is broken; nobody has refused
				continue
			}
			for _, holder := range holders[e.Address] {
				out[holder][ch] = true
			}
		}
	}
	return out, nil
}

// shape is which columns an export needs.
type shape struct {
	emails, phones int
	emailTypes     bool
	fields         map[string]string // name -> kind: custom, number or yesNo
	dates          map[string]bool
	fieldNames     []string
	dateNames      []string
}

func newShape() *shape {
	return &shape{emails: 1, phones: 1, fields: map[string]string{}, dates: map[string]bool{}}
}

func (sh *shape) measure(page []contact.Contact) {
	for i := range page {
		c := &page[i]
		sh.emails = max(sh.emails, min(len(c.Emails), maxAddressColumns))
		sh.phones = max(sh.phones, min(len(c.Phones), maxAddressColumns))
		for _, e := range c.Emails {
			sh.emailTypes = sh.emailTypes || e.Type != ""
		}
		for name := range c.Dates {
			sh.dates[name] = true
		}
		for name, v := range c.Fields {
			kind := custom
			switch v.(type) {
			case float64:
				kind = number
			case bool:
				kind = yesNo
			}
			if was, ok := sh.fields[name]; ok && was != kind {
				kind = custom
			}
			sh.fields[name] = kind
		}
	}
	sh.fieldNames, sh.dateNames = slices.Sorted(maps.Keys(sh.fields)), slices.Sorted(maps.Keys(sh.dates))
}

// numbered is "Email", "Email 2" …
func numbered(name string, i int) string {
	if i == 0 {
		return name
	}
	return name + " " + strconv.Itoa(i+1)
}

func (sh *shape) header() []string {
	out := []string{"First name", "Last name"}
	for i := range sh.emails {
		out = append(out, numbered("Email", i))
		if sh.emailTypes {
			out = append(out, numbered("Email type", i))
		}
	}
	for i := range sh.phones {
		out = append(out, numbered("Phone", i), numbered("Phone type", i))
	}
	out = append(out, "Street", "Address line 2", "City", "State", "ZIP", "Country", "Birthday", "Source", "Stage", "Assigned to", "Time zone", "Language", "Tags", "Groups")
	for _, ch := range exportedChannels {
		out = append(out, string(OptOut)+"."+ch)
	}
	for _, name := range sh.dateNames {
		out = append(out, otherDates+" "+name)
	}
	for _, name := range sh.fieldNames {
		out = append(out, sh.fields[name]+" "+name)
	}
	return guarded(out)
}

func (sh *shape) row(c *contact.Contact, users map[int64]string, refused map[string]bool) []string {
	out := []string{c.FirstName, c.LastName}
	for i := range sh.emails {
		text, kind := "", ""
		if i < len(c.Emails) {
			text, kind = c.Emails[i].Address, c.Emails[i].Type
		}
		if i == maxAddressColumns-1 {
			for _, more := range c.Emails[min(i+1, len(c.Emails)):] {
				text += "; " + more.Address
			}
		}
		if out = append(out, text); sh.emailTypes {
			out = append(out, kind)
		}
	}
	for i := range sh.phones {
		text, kind := "", ""
		if i < len(c.Phones) {
			text, kind = c.Phones[i].Number, c.Phones[i].Type
		}
		if i == maxAddressColumns-1 {
			for _, more := range c.Phones[min(i+1, len(c.Phones)):] {
				text += "; " + more.Number
			}
		}
		out = append(out, text, kind)
	}
	a := c.Address
	out = append(out, a.Street, a.Line2, a.City, a.State, a.Zip, a.Country, c.Birthday, c.Source, c.Stage, users[c.Assigned], c.Zone, c.Language, joined(c.Tags), joined(c.Groups))
	for _, ch := range exportedChannels {
		out = append(out, yesOr(refused[ch], ""))
	}
	for _, name := range sh.dateNames {
		out = append(out, strings.Replace(c.Dates[name], "T", " ", 1))
	}
	for _, name := range sh.fieldNames {
		out = append(out, shown(c.Fields[name]))
	}
	return guarded(out)
}

// shown is a custom field's value as text.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return yesOr(v, "no")
	}
	return ""
}

func yesOr(v bool, no string) string {
	if v {
		return "yes"
	}
	return no
}
