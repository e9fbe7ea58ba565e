package importer

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"tactus/internal/account"
	"tactus/internal/fault"
)

// Params are what a person says of a file: stored with the operation as JSON.
type Params struct {
	Mapping  Mapping  `json:"mapping"`
	Source   string   `json:"source"`             // where the contacts come from, for rows that do not say so (CON-2)
	Stage    string   `json:"stage,omitempty"`    // of new contacts whose row has none; "" = the account's first
	Assigned int64    `json:"assigned,omitempty"` // user, for rows that name nobody
	Tags     []string `json:"tags,omitempty"`     // added to every contact
	Groups   []string `json:"groups,omitempty"`
	Consent  Consent  `json:"consent"`
	// Days is how days such as 3/4/1980 are read mdy or dmy; "" = as the column tells, else the other columns, else as in the account's country.
	Days DayOrder `json:"days,omitempty"`
}

// Consent is what the list rests on (CMP-8).
type Consent struct {
	Basis    string   `json:"basis"`              // none, inquiry, transaction, express or express_written; required
	Channels []string `json:"channels,omitempty"` // what it covers; empty = what the basis usually does
	Wording  string   `json:"wording,omitempty"`  // exactly what the people were shown
	Document string   `json:"document,omitempty"` // where the evidence is
}

// NoConsent is the basis of a list that nobody has agreed to: its contacts are reached by hand only.
const NoConsent = "none"

// bases from the weakest to the strongest.
var bases = []string{"inquiry", "transaction", "express", "express_written"}

// covered are the channels that the consent is for. Who has asked or bought may be written to by email and
// post; texts and automated calls need an express consent.
func (c Consent) covered() []string {
	switch {
	case c.Basis == NoConsent:
		return nil
	case len(c.Channels) > 0:
		return c.Channels
	case c.Basis == "inquiry" || c.Basis == "transaction":
		return []string{"email", "mail"}
	}
	return []string{"email", "sms", "call", "mail"}
}

// Check returns an error that names every field at fault; header is that of the file.
func (p Params) Check(header []string, f Facts) error {
	var bad []fault.Field
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	if err := p.Mapping.Check(header); err != nil {
		bad = append(bad, fields(err)...)
	}
	if p.Source == "" && !p.Mapping.Has(Source) {
		add("source", "say where these contacts come from, or map a column to the source")
	}
	if p.Source != "" {
		bad = append(bad, account.CheckLabel("source", p.Source)...)
	}
	if p.Stage != "" && !slices.ContainsFunc(f.Stages, func(s string) bool { return account.NameKey(s) == account.NameKey(p.Stage) }) {
		add("stage", "there is no such stage; the stages are "+strings.Join(f.Stages, ", "))
	}
	if p.Assigned != 0 && !slices.Contains(slices.Collect(maps.Values(f.Users)), p.Assigned) {
		add("assigned", "choose an active member of the account")
	}
	for _, t := range p.Tags {
		bad = append(bad, account.CheckLabel("tags", t)...)
	}
	for _, g := range p.Groups {
		bad = append(bad, account.CheckLabel("groups", g)...)
	}
	if !slices.Contains([]DayOrder{"", MonthFirst, DayFirst}, p.Days) {
		add("days", "choose mdy or dmy")
	}
	c := p.Consent
	switch {
	case c.Basis != NoConsent && !slices.Contains(bases, c.Basis):
		add("consent.basis", "say what the consent of these people rests on: none, inquiry, transaction, express or express_written; with none they are reached by hand only")
	case c.Basis == "express_written" && c.Wording == "" && c.Document == "":
		add("consent.wording", "give the wording that the people agreed to, or name the document")
	}
	for _, ch := range c.Channels {
		if !slices.Contains([]string{"email", "sms", "call", "mail"}, ch) {
			add("consent.channels", "choose of email, sms, call and mail")
		}
	}
	return fault.InvalidFields(bad)
}

// fields are those that an error names.
func fields(err error) []fault.Field {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Fields
	}
	return nil
}
