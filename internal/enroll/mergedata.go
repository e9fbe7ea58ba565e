package enroll

import (
	"math"
	"strconv"
	"strings"
	"time"

	"tactus/internal/calendar"
	"tactus/internal/contact"
	"tactus/internal/plan"
)

// MergeData are the merge fields of a message or note, as plan.Schema lists them (TPL-1).
func MergeData(a *Account, c *contact.Contact, sender int64) map[string]any {
	return map[string]any{
		"contact": contactData(a, c),
		"user":    userData(a.Users[sender]),
		"account": map[string]any{
			"name": a.Name, "phone": a.Phone, "email": a.Email, "address": a.Postal, "website": a.Website,
		},
	}
}

func contactData(a *Account, c *contact.Contact) map[string]any {
	country := c.Address.Country
	street := strings.TrimSpace(c.Address.Street + "\n" + c.Address.Line2)
	d := map[string]any{
		"id":         strconv.FormatInt(c.ID, 10),
		"name":       joinName(c.FirstName, c.LastName),
		"first_name": c.FirstName, "last_name": c.LastName,
		"source": c.Source, "stage": c.Stage, "language": c.Language, "birthday": c.Birthday,
		"tags": c.Tags, "groups": c.Groups,
		"street": street, "city": c.Address.City, "state": c.Address.State, "zip": c.Address.Zip, "country": country,
		"address": map[string]any{
			"street": street, "city": c.Address.City, "state": c.Address.State, "zip": c.Address.Zip, "country": country,
		},
		"email": "", "phone": "",
		"fields": customData(c.Fields),
	}
	if len(c.Emails) > 0 {
		d["email"] = c.Emails[0].Address
	}
	if len(c.Phones) > 0 {
		d["phone"] = c.Phones[0].Number
	}
	dates := map[string]any{}
	for k, v := range c.Dates {
		dates[k] = v
	}
	d["dates"] = dates
	if c.Assigned != 0 {
		d["assigned_user"] = userData(a.Users[c.Assigned])
	}
	return d
}

func userData(u User) map[string]any {
	return map[string]any{
		"name": u.Name(), "first_name": u.FirstName, "last_name": u.LastName,
		"email": u.Email, "phone": u.Phone, "signature": u.Signature,
	}
}

// EventData are the merge fields of the date that a run is for; nil when it has none. They print by the contact's clock, but for a plan's own date
// without a time: that is the same day for everybody.
func EventData(ev DatedEvent, date time.Time, d *plan.Document, account, contact *time.Location) any {
	if date.IsZero() {
		return nil
	}
	if d.Date != nil && d.Date.Wall.Time == 0 {
		date = calendar.Wall{Date: dayOf(d, date, account)}.In(contact)
	}
	kind := d.Event
	title := ev.Title
	if title == "" {
		title = kind
	}
	return map[string]any{"title": title, "kind": kind, "date": date, "time": date, "at": date}
}

// dayOf is the day that a run of a plan with a day is for. It is the plan's, whichever zone the account had when the run got its date; only a date
// that was moved by hand (the simulator's) is read by the account's clock.
func dayOf(d *plan.Document, date time.Time, account *time.Location) calendar.Date {
	day := calendar.Of(date, account).Date
	for year := day.Year - 1; year <= day.Year+1; year++ {
		own := d.Date.Wall.Date
		if d.Yearly {
			own = own.InYear(year)
		}
		if apart := (calendar.Wall{Date: own}).In(time.UTC).Sub(date).Abs(); apart <= 15*time.Hour {
			return own
		}
	}
	return day
}

// customData are the custom fields; a whole number reads as one, without ".0".
func customData(fields map[string]any) map[string]any {
	d := make(map[string]any, len(fields))
	for k, v := range fields {
		if f, ok := v.(float64); ok && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			v = int64(f)
		}
		d[k] = v
	}
	return d
}
