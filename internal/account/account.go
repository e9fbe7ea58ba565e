// Package account is one business using the system and what belongs to it besides contacts and
// plans: settings, users and partners, API keys, and the labels that contacts carry.
package account

import (
	"time"
)

// Account is one business; everything belongs to exactly one.
type Account struct {
	ID        int64
	Name      string
	Zone      string // IANA name
	Country   string // ISO 3166 alpha-2
	Phone     string // E.164
	Email     string
	Website   string
	Postal    string // the postal address as mail shows it (EMAIL-4)
	OwnerID   int64  // the user who stands in where nobody else is responsible (PLAN-26)
	Settings  Settings
	Rev       int64 // grows with every change to the account, its people, labels and templates
	CreatedAt time.Time
}

// Role says what a user may do in an account.
type Role string

// The roles. Stored for ever.
const (
	Owner Role = "owner" // everything; each account has at least one
	Admin Role = "admin" // everything but owners
	Agent Role = "agent" // contacts, tasks and plans, no settings
)

// User is a person who signs in.
type User struct {
	ID        int64
	Email     string
	FirstName string
	LastName  string
	CreatedAt time.Time
}

// Name is the user's full name, the email address when there is none.
func (u User) Name() string {
	switch {
	case u.FirstName == "" && u.LastName == "":
		return u.Email
	case u.FirstName == "":
		return u.LastName
	case u.LastName == "":
		return u.FirstName
	}
	return u.FirstName + " " + u.LastName
}

// Member is a user in one account.
type Member struct {
	User
	AccountID int64
	Role      Role
	Phone     string // E.164
	Zone      string // IANA name, "" = the account's
	Signature string // Markdown with merge fields
	Active    bool
}

// Partner is a co-marketing partner: gets tasks, does not sign in.
type Partner struct {
	ID        int64
	AccountID int64
	Name      string
	Email     string
	Phone     string // E.164
	CreatedAt time.Time
}

// LabelKind is what a label is for.
type LabelKind string

// The kinds of labels. Stored for ever.
const (
	Stage  LabelKind = "stage"  // where the contact stands; exactly one or none
	Tag    LabelKind = "tag"    // any number
	Source LabelKind = "source" // where a lead came from
	Group  LabelKind = "group"  // a list that people join
)

// Label is a stage, tag, source or group. Names are unique within a kind without regard to case.
type Label struct {
	ID        int64
	AccountID int64
	Kind      LabelKind
	Name      string
	Position  int   // order of stages
	Contacts  int64 // how many contacts have it; only in lists
}

// Key is an API key. Its secret is shown once, when it is made.
type Key struct {
	ID        int64
	AccountID int64
	Name      string
	Prefix    string // the part before the dot, for people to tell keys apart
	Scopes    []Scope
	UserID    int64 // in whose name it acts; 0 = the account's
	CreatedAt time.Time
	RevokedAt time.Time // zero = in use
}

// Scope is what a key may do.
type Scope string

// The scopes.
const (
	Read  Scope = "read"
	Write Scope = "write" // includes Read
	All   Scope = "admin" // includes Write; settings, users and keys
)

// May reports whether the key may do what needs the scope.
func (k Key) May(need Scope) bool {
	rank := map[Scope]int{Read: 1, Write: 2, All: 3}
	for _, s := range k.Scopes {
		if rank[s] >= rank[need] {
			return true
		}
	}
	return false
}

// defaultStages are the stages of a fresh account, in order.
func defaultStages() []string {
	return []string{"New", "Attempted", "Working", "Appointment", "Offer", "Under contract", "Closed", "Lost"}
}
