package contact

import (
	"context"

	"tactus/internal/account"
	"tactus/internal/history"
)

// Store is what the service needs of the database. Methods run in the transaction of ctx.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error

	Account(ctx context.Context, id int64) (account.Account, error)
	// LockAccount keeps all leads of the account waiting, so that two of the same person become one contact.
	LockAccount(ctx context.Context, id int64) error
	// ShareAccount keeps those waiting that lock the account, not other leads. LockAddresses, which follows, does that for those with one of
	// the same addresses.
	ShareAccount(ctx context.Context, id int64) error
	LockAddresses(ctx context.Context, account int64, addresses []string) error
	EnsureLabels(ctx context.Context, account int64, kind account.LabelKind, names []string) (map[string]int64, error)
	FindLabels(ctx context.Context, account int64, kind account.LabelKind, names []string) (map[string]int64, error)
	// FirstStage is the stage of contacts that come without one; zero when the account has no stages.
	FirstStage(ctx context.Context, acct int64) (account.Label, error)
	Member(ctx context.Context, account, user int64) (account.Member, error)
	AppendHistory(ctx context.Context, rows []history.Row) error

	// LockContacts locks contacts in ascending order (DEC-10) and returns those that exist.
	LockContacts(ctx context.Context, account int64, ids []int64) ([]int64, error)
	// FullContacts loads contacts whole, with names of stage, source, tags and groups; gone ones are left out.
	FullContacts(ctx context.Context, account int64, ids []int64) (map[int64]*Contact, error)
	// Holders returns who has any of the addresses, lowest id first.
	Holders(ctx context.Context, account int64, emails, phones []string) ([]Holder, error)
	// InsertContacts adds contacts with addresses and labels, as sets, and returns their ids in order.
	InsertContacts(ctx context.Context, account int64, rows []Record) ([]int64, error)
	// SaveContacts writes contacts with addresses, as sets; labels are only added and removed as the records say.
	SaveContacts(ctx context.Context, account int64, rows []Record) error
	DeleteContacts(ctx context.Context, account int64, ids []int64) error

	ListContacts(ctx context.Context, account int64, q Query) (List, error)
	CountContacts(ctx context.Context, account int64, f Filter) (int64, error)
	// ContactIDs returns up to limit ids above after that match, ascending.
	ContactIDs(ctx context.Context, account int64, f Filter, after int64, limit int) ([]int64, error)

	// AppendConsent adds to the ledger and derives the permissions anew.
	AppendConsent(ctx context.Context, rows []Consent) error
	ConsentLedger(ctx context.Context, account, contact int64) ([]Consent, error)
	Permissions(ctx context.Context, account, contact int64) ([]Permission, error)
	// Suppress adds entries; those that are there stay as they are. It returns how many are new.
	Suppress(ctx context.Context, rows []Suppression) (int64, error)
	Unsuppress(ctx context.Context, account int64, channel, address string, reason Reason) (int64, error)
	Suppressions(ctx context.Context, account int64, channel string, addresses []string) ([]Suppression, error)
}

// Holder is a contact that has an address.
type Holder struct {
	ID        int64
	Kind      string // EmailAddress or PhoneAddress
	Address   string
	FirstName string
	LastName  string
}

// Kinds of addresses. Stored for ever.
const (
	EmailAddress = "email"
	PhoneAddress = "phone"
)

// Record is a contact as it is written, with what changes of its labels.
type Record struct {
	Contact      *Contact
	AddLabels    []int64
	RemoveLabels []int64
	// SameAddresses says that emails and phones are as stored, so that their rows need not be written.
	SameAddresses bool
}

// Triggers are told what really changed, inside the same transaction; start rules and re-timing hang on it.
type Triggers interface {
	// ContactChanged tells of contacts that changed in the same way.
	ContactChanged(ctx context.Context, account int64, contacts []int64, changed Changed, author string) error
	// ContactsLeaving tells of contacts that are about to be deleted: their runs end (PLAN-26). They are locked.
	ContactsLeaving(ctx context.Context, account int64, contacts []int64, author string) error
}

// Changed is what was really new.
type Changed struct {
	Created      bool
	Source       int64   // a new lead or inquiry came in by this source (PLAN-4, CON-3); 0 = none
	StageEntered int64   // 0 = the stage is as it was
	NewTags      []int64 // ascending
	NewGroups    []int64 // ascending
	Zone         bool    // the zone in effect is another: wall-clock steps are re-timed (PLAN-8)
	Dates        bool    // a dated field or the birthday is another (PLAN-11)
}

// None reports whether nothing changed that anybody waits for.
func (c Changed) None() bool {
	return !c.Created && c.Source == 0 && c.StageEntered == 0 && len(c.NewTags) == 0 && len(c.NewGroups) == 0 && !c.Zone && !c.Dates
}
