// Package contact is a lead or client of an account and everything that is known of it.
package contact

import "time"

// Contact is one lead or client (CON-1). Slices are owned by the value; the first email and phone are primary.
type Contact struct {
	ID        int64
	AccountID int64
	FirstName string
	LastName  string
	Emails    []Email
	Phones    []Phone
	Address   Address
	Source    string
	SourceID  int64
	Stage     string
	StageID   int64
	Tags      []string
	TagIDs    []int64 // as Tags
	Groups    []string
	GroupIDs  []int64 // as Groups
	Assigned  int64   // user id, 0 = none
	Zone      string  // as given; "" = derived (PLAN-8)
	ZoneNow   string  // in effect: given, else the address's; "" = the account's
	Language  string
	Birthday  string            // YYYY-MM-DD, "" = unknown
	Dates     map[string]string // other dated fields: YYYY-MM-DD or YYYY-MM-DDTHH:MM
	Fields    map[string]any    // custom fields: string, float64, bool
	Killed    bool              // the person's own kill switch: nothing leaves (CMP-2)
	CreatedAt time.Time
	UpdatedAt time.Time
	ActiveAt  time.Time // the last thing the contact did, not what was done with it (CON-5); zero = nothing yet
}

// Email is one address, lower-cased in its domain.
type Email struct {
	Address string `json:"address"`
	Type    string `json:"type,omitempty"` // home, work …
}

// Phone is one number in E.164.
type Phone struct {
	Number string `json:"number"`
	Type   string `json:"type,omitempty"` // mobile, home, work
}

// Address is a postal address.
type Address struct {
	Street  string `json:"street,omitempty"`
	Line2   string `json:"line2,omitempty"`
	City    string `json:"city,omitempty"`
	State   string `json:"state,omitempty"`
	Zip     string `json:"zip,omitempty"`
	Country string `json:"country,omitempty"` // ISO 3166 alpha-2; "" = the account's
}

// Field returns the part of that name, nil when there is none.
func (a *Address) Field(name string) *string {
	switch name {
	case "street":
		return &a.Street
	case "line2":
		return &a.Line2
	case "city":
		return &a.City
	case "state":
		return &a.State
	case "zip", "postal_code":
		return &a.Zip
	case "country":
		return &a.Country
	}
	return nil
}
