package account

import "context"

// Store is what the service needs of the database. Methods run in the transaction of ctx.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	// LockAccount keeps those waiting who change the account or its plans, or start runs, until the transaction ends. It comes before all other
	// locks.
	LockAccount(ctx context.Context, id int64) error

	CreateAccount(ctx context.Context, a Account) (int64, error)
	Account(ctx context.Context, id int64) (Account, error)
	UpdateAccount(ctx context.Context, a Account) error
	// LockSetup keeps other first starts out until the transaction ends.
	LockSetup(ctx context.Context) error
	// AccountIDs returns all accounts of the installation, ascending.
	AccountIDs(ctx context.Context) ([]int64, error)

	// EnsureUser returns the user of an email address, made when there is none.
	EnsureUser(ctx context.Context, u User) (int64, error)
	UserByEmail(ctx context.Context, email string) (User, error)
	SaveUser(ctx context.Context, u User) error
	// AddMember makes a user a member; fault.Conflict when it is one.
	AddMember(ctx context.Context, m Member) error
	Members(ctx context.Context, account int64) ([]Member, error)
	Member(ctx context.Context, account, user int64) (Member, error)
	SaveMember(ctx context.Context, m Member) error
	RemoveMember(ctx context.Context, account, user int64) error

	CreatePartner(ctx context.Context, p Partner) (int64, error)
	Partners(ctx context.Context, account int64) ([]Partner, error)
	Partner(ctx context.Context, account, id int64) (Partner, error)
	SavePartner(ctx context.Context, p Partner) error
	DeletePartner(ctx context.Context, account, id int64) error

	CreateKey(ctx context.Context, k Key, hash string) (int64, error)
	// KeyByPrefix returns a key and the hash of its secret, revoked ones too.
	KeyByPrefix(ctx context.Context, prefix string) (Key, string, error)
	Keys(ctx context.Context, account int64) ([]Key, error)
	RevokeKey(ctx context.Context, k Key) error

	// EnsureLabels returns the ids of labels by the names as given, making those that are missing.
	EnsureLabels(ctx context.Context, account int64, kind LabelKind, names []string) (map[string]int64, error)
	// FindLabels is EnsureLabels without making any.
	FindLabels(ctx context.Context, account int64, kind LabelKind, names []string) (map[string]int64, error)
	Labels(ctx context.Context, account int64, kind LabelKind) ([]Label, error)
	Label(ctx context.Context, account, id int64) (Label, error)
	SaveLabel(ctx context.Context, l Label) error
	DeleteLabel(ctx context.Context, account, id int64) error

	// PlansUsing names the plans whose live version or start rules name an object (PLAN-20).
	PlansUsing(ctx context.Context, account int64, kind string, id int64) ([]string, error)
}
