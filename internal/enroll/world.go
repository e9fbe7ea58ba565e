package enroll

import (
	"time"

	"tactus/internal/contact"
	"tactus/internal/form"
	"tactus/internal/gate"
	"tactus/internal/plan"
)

// Account is an immutable snapshot of what one account's settings, people and plans mean for its
// enrollments. Rev grows with every change, so that a batch can tell whether its snapshot is current.
type Account struct {
	ID         int64
	Rev        int64
	Name       string
	Phone      string
	Email      string
	Website    string
	Postal     string
	Zone       *time.Location
	Country    string
	Owner      int64
	Policy     gate.Policy
	ActionsOff map[string]bool
	// FromAssigned: plan emails go out in the name of the assigned user, else of the owner (EMAIL-1).
	FromAssigned bool
	// Sender is the verified address that stands in as From for people whose own domain is not verified; SenderDomains are the
	// verified ones. Without any, people's own addresses are used as they are (EMAIL-3).
	Sender        string
	SenderDomains []string
	// BaseURL is how people outside reach this server; "" = the installation's own address.
	BaseURL   string
	Limits    map[time.Duration]int // what one sender may hand over per window (EMAIL-6)
	MaxStarts int                   // automatic starts per contact, plan and day (PLAN-14)
	Users     map[int64]User
	Partners  map[int64]Partner
	Plans     map[int64]Plan
	Templates map[int64]Template
	Rules     map[RuleKey][]int64 // ready plans that start by this trigger (PLAN-4)
	Labels    map[int64]string    // names of stages, tags, groups, sources by id
}

// User is a member of the account.
type User struct {
	ID                  int64
	Email               string
	FirstName, LastName string
	Phone               string
	Signature           string
	Zone                *time.Location // nil = the account's
	Active              bool
}

// Name is the user's full name.
func (u User) Name() string { return joinName(u.FirstName, u.LastName) }

// Partner is a co-marketing partner; gets tasks, does not sign in.
type Partner struct {
	ID                 int64
	Name, Email, Phone string
}

// Plan is what other plans need to know of one.
type Plan struct {
	ID        int64
	Name      string
	Ready     bool
	Archived  bool
	VersionID int64
}

// Template is reusable content.
type Template struct {
	ID                                 int64
	Name, Channel, Subject, Body, HTML string
	Hold                               bool // an empty field without default holds the message for a person (TPL-2)
}

// RuleKey names a trigger of start rules.
type RuleKey struct {
	Kind      string // source, tag, stage, group, event
	Ref       int64
	EventKind string // in the form of plan.EventKind
}

// Alive reports whether a plan, template or user can be used now (PLAN-26).
func (a *Account) Alive(ref form.Ref, id int64) bool {
	switch ref {
	case form.Plan:
		p, ok := a.Plans[id]
		return ok && p.Ready && !p.Archived
	case form.Template:
		_, ok := a.Templates[id]
		return ok
	case form.User:
		return a.Users[id].Active
	case form.Stage, form.Tag:
		_, ok := a.Labels[id]
		return ok
	default:
		return true
	}
}

// Responsible is the contact's assigned user if active, else the account owner, who stands in (PLAN-26).
func (a *Account) Responsible(assigned int64) int64 {
	if a.Users[assigned].Active {
		return assigned
	}
	return a.Owner
}

// UserZone is the zone a user lives by.
func (a *Account) UserZone(id int64) *time.Location {
	if z := a.Users[id].Zone; z != nil {
		return z
	}
	return a.Zone
}

// Row is an enrollment as the store loads it for a move: locked, with the contact's facts.
type Row struct {
	Enrollment
	Raw   string // the state document as stored; equal documents of equal facts are one case
	Tries int    // how often the engine could not run it (ENG-8)
	Facts contact.Facts
}

// DatedEvent is an event as far as plans dated by one need it.
type DatedEvent struct {
	ID      int64
	Title   string
	Kind    string
	At      time.Time
	Yearly  bool
	Deleted bool
}

func joinName(first, last string) string {
	switch {
	case first == "":
		return last
	case last == "":
		return first
	}
	return first + " " + last
}

// Selection names enrollments for a command.
type Selection struct {
	IDs      []int64
	Contacts []int64
	Plan     int64         // 0 = any
	Event    int64         // 0 = any
	Status   []plan.Status // empty = any
}
