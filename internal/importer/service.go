package importer

import (
	"context"
	"io"

	"tactus/internal/account"
	"tactus/internal/clock"
	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/history"
	"tactus/internal/work"
)

// Contacts takes people in and lists them; contact.Service does.
type Contacts interface {
	UpsertBatch(ctx context.Context, account int64, leads []contact.Lead, author string) ([]contact.Result, error)
	List(ctx context.Context, account int64, q contact.Query) (contact.List, error)
}

// Accounts tells what rows are checked against; account.Service does.
type Accounts interface {
	Account(ctx context.Context, id int64) (account.Account, error)
	Members(ctx context.Context, account int64) ([]account.Member, error)
	Labels(ctx context.Context, account int64, kind account.LabelKind) ([]account.Label, error)
}

// Ledger keeps consent and opt-outs as sets, in the transaction of ctx; the store does.
type Ledger interface {
	LockContacts(ctx context.Context, account int64, ids []int64) ([]int64, error)
	FullContacts(ctx context.Context, account int64, ids []int64) (map[int64]*contact.Contact, error)
	Holders(ctx context.Context, account int64, emails, phones []string) ([]contact.Holder, error)
	Permissions(ctx context.Context, account, contact int64) ([]contact.Permission, error)
	AppendConsent(ctx context.Context, rows []contact.Consent) error
	Suppress(ctx context.Context, rows []contact.Suppression) (int64, error)
	Suppressions(ctx context.Context, account int64, channel string, addresses []string) ([]contact.Suppression, error)
	AppendHistory(ctx context.Context, rows []history.Row) error
}

// Operations is the long work that an import is; work.Service does.
type Operations interface {
	Draft(ctx context.Context, account int64, kind string, params any, author string) (int64, error)
	Start(ctx context.Context, account, id int64, params any, total int64) error
	Get(ctx context.Context, account, id int64) (work.Operation, error)
	AddFile(ctx context.Context, account, op int64, name string, r io.Reader) (int64, error)
	OpenFile(ctx context.Context, account, op int64, name string, offset int64) io.Reader
}

// Kind is the kind of import operations. Stored for ever.
const Kind = "import"

// Files of an import.
const (
	Upload   = "upload.csv"
	Refused  = "refused.csv" // the rows that were refused, with their lines and reasons; none when all were taken
	contacts = "contacts"    // the ids of the contacts that came, in the handler's own form
)

// MaxSize bounds an uploaded file, in bytes.
const MaxSize = 256 << 20

// Service brings files in. Safe for concurrent use. It is the work.Handler of its kind too.
type Service struct {
	contacts Contacts
	accounts Accounts
	ledger   Ledger
	ops      Operations
	clock    clock.Clock
	jobs     jobs
}

// NewService makes the service.
func NewService(c Contacts, a Accounts, l Ledger, ops Operations, clk clock.Clock) *Service {
	return &Service{contacts: c, accounts: a, ledger: l, ops: ops, clock: clk}
}

// Look is a file with what would become of it.
type Look struct {
	*Survey
	Operation int64        `json:"operation"`
	Mapping   Mapping      `json:"mapping"`
	Ignored   []string     `json:"ignored"` // columns that are not imported
	Preview   []RowPreview `json:"preview"`
}

// previewed is how many rows are shown before the import.
const previewed = 20

// Upload keeps a file for an import that Start begins, and looks at it with a guessed mapping. A file that is no CSV is
// fault.Invalid.
func (s *Service) Upload(ctx context.Context, account int64, r io.Reader, author string) (Look, error) {
	id, err := s.ops.Draft(ctx, account, Kind, Params{}, author)
	if err != nil {
		return Look{}, err
	}
	size, err := s.ops.AddFile(ctx, account, id, Upload, io.LimitReader(r, MaxSize+1))
	if err != nil {
		return Look{}, err
	}
	if size > MaxSize {
		return Look{}, fault.New(fault.Invalid, "the file is larger than %d MB; split it", MaxSize>>20)
	}
	return s.Look(ctx, account, id, Params{})
}

// Look shows an uploaded file as it would be read with these parameters; without a mapping in them, with a guessed one.
func (s *Service) Look(ctx context.Context, account, id int64, p Params) (Look, error) {
	survey, facts, err := s.examine(ctx, account, id)
	if err != nil {
		return Look{}, err
	}
	if len(p.Mapping.Columns) == 0 {
		p.Mapping = survey.Guess()
	} else if err := p.Mapping.Check(survey.Header); err != nil {
		return Look{}, err
	}
	return Look{
		Survey: survey, Operation: id, Mapping: p.Mapping, Ignored: p.Mapping.Ignored(),
		Preview: survey.Preview(p, facts, previewed),
	}, nil
}

// Start begins the import of an uploaded file. The error names every parameter at fault.
func (s *Service) Start(ctx context.Context, account, id int64, p Params) error {
	survey, facts, err := s.examine(ctx, account, id)
	if err != nil {
		return err
	}
	if err := p.Check(survey.Header, facts); err != nil {
		return err
	}
	return s.ops.Start(ctx, account, id, p, survey.Rows)
}

func (s *Service) examine(ctx context.Context, account, id int64) (*Survey, Facts, error) {
	op, err := s.ops.Get(ctx, account, id)
	if err != nil {
		return nil, Facts{}, err
	}
	if op.Kind != Kind {
		return nil, Facts{}, fault.New(fault.NotFound, "there is no such import")
	}
	survey, err := Examine(s.ops.OpenFile(ctx, account, id, Upload, 0))
	if err != nil {
		return nil, Facts{}, err
	}
	facts, err := s.facts(ctx, account)
	return survey, facts, err
}

// facts loads what rows are checked against.
func (s *Service) facts(ctx context.Context, id int64) (Facts, error) {
	a, err := s.accounts.Account(ctx, id)
	if err != nil {
		return Facts{}, err
	}
	f := Facts{Country: a.Country, Users: map[string]int64{}, Now: s.clock.Now()}
	stages, err := s.accounts.Labels(ctx, id, account.Stage)
	if err != nil {
		return Facts{}, err
	}
	for _, l := range stages {
		f.Stages = append(f.Stages, l.Name)
	}
	members, err := s.accounts.Members(ctx, id)
	if err != nil {
		return Facts{}, err
	}
	for _, m := range members {
		if !m.Active {
			continue
		}
		name := account.NameKey(m.Name())
		if _, twice := f.Users[name]; twice {
			f.Users[name] = 0 // two of the same name: neither is meant for sure
		} else {
			f.Users[name] = m.ID
		}
	}
	for _, m := range members {
		if m.Active {
			f.Users[account.NameKey(m.Email)] = m.ID
		}
	}
	return f, nil
}
