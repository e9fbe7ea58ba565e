package planbook

import (
	"context"
	"time"

	"tactus/internal/account"
	"tactus/internal/form"
	"tactus/internal/history"
	"tactus/internal/plan"
)

// Store is what the service needs of the database. Methods run in the transaction of ctx; what changes anything that
// snapshots of the account hold also raises the account's revision.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	ReadTx(ctx context.Context, fn func(context.Context) error) error
	// LockAccount lets one change of an account's plans happen at a time.
	LockAccount(ctx context.Context, account int64) error
	Signal(ctx context.Context, topic string)
	AppendHistory(ctx context.Context, rows []history.Row) error

	Account(ctx context.Context, id int64) (account.Account, error)
	Members(ctx context.Context, account int64) ([]account.Member, error)
	Partners(ctx context.Context, account int64) ([]account.Partner, error)
	// LabelNames returns the names of a kind, in order.
	LabelNames(ctx context.Context, account int64, kind account.LabelKind) ([]string, error)
	FindLabels(ctx context.Context, account int64, kind account.LabelKind, names []string) (map[string]int64, error)
	EnsureLabels(ctx context.Context, account int64, kind account.LabelKind, names []string) (map[string]int64, error)

	PlanStore
	TemplateStore
}

// PlanStore keeps plans, versions and what follows from them.
type PlanStore interface {
	// PlanHeads returns all plans of an account, archived ones too, by name.
	PlanHeads(ctx context.Context, account int64) ([]Head, error)
	PlanHead(ctx context.Context, account, id int64) (Head, error)
	InsertPlan(ctx context.Context, p plan.Plan, steps int) (int64, error)
	// UpdatePlan writes everything but id, account and creation; steps is the highest number of a step's identity.
	UpdatePlan(ctx context.Context, p plan.Plan, steps int) error
	// DeletePlan deletes the plan with its versions, references, rules and counts; history stays.
	DeletePlan(ctx context.Context, account, id int64) error

	InsertVersion(ctx context.Context, v *plan.Version) (int64, error)
	// VersionsByID returns versions, private ones too, in the order of their ids.
	VersionsByID(ctx context.Context, account int64, ids []int64) ([]*plan.Version, error)
	VersionByNumber(ctx context.Context, account, planID int64, number int) (*plan.Version, error)
	// VersionHeads returns the plan's versions without their documents, newest first; private ones are left out.
	VersionHeads(ctx context.Context, account, planID int64) ([]VersionHead, error)

	// SetStartRules makes the plan's start rules what they are to be; those that stay keep their "since".
	SetStartRules(ctx context.Context, account, planID int64, rules []Rule, now time.Time) error
	// SetPlanRefs makes the plan's references what they are to be; AddPlanRefs adds to them.
	SetPlanRefs(ctx context.Context, account, planID int64, refs []Ref) error
	AddPlanRefs(ctx context.Context, account, planID int64, refs []Ref) error
	// PlansNaming returns the plans with a reference to the object.
	PlansNaming(ctx context.Context, account int64, ref Ref) ([]int64, error)

	// PlanCounts sums the deltas of contacts by status (DEC-11).
	PlanCounts(ctx context.Context, account int64, plans []int64) (map[int64]Counts, error)
	// EnrollmentCounts counts the enrollments themselves.
	EnrollmentCounts(ctx context.Context, account, planID int64) (Counts, error)
	// LiveVersions counts the live enrollments by version.
	LiveVersions(ctx context.Context, account, planID int64) ([]Live, error)
	// LiveCases hands out the live enrollments by equal case. fn must not use the database.
	LiveCases(ctx context.Context, account, planID int64, fn func(Case) error) error
	// QueueOperation puts long work in the queue and returns its id.
	QueueOperation(ctx context.Context, op Operation) (int64, error)
	// CancelOperations ends the account's operations of this kind and with these parameters that have not ended, in the author's name. It waits
	// for chunks that are being done.
	CancelOperations(ctx context.Context, op Operation) error
}

// TemplateStore keeps templates as far as plan files bring them.
type TemplateStore interface {
	// TemplateHeads returns all templates of an account without their texts.
	TemplateHeads(ctx context.Context, account int64) ([]Template, error)
	// TemplatesNamed returns the templates of those names, with their texts.
	TemplatesNamed(ctx context.Context, account int64, names []string) ([]Template, error)
	// SaveTemplateFile inserts or updates a template by its name.
	SaveTemplateFile(ctx context.Context, account int64, t plan.Template, now time.Time) (int64, error)
}

// Head is a plan without its steps.
type Head struct {
	plan.Plan
	Steps   int    // the highest number of a step's identity so far
	Problem string // what the plan page must show (PLAN-14, ENG-8)
}

// Template is a template of the account.
type Template struct {
	ID int64
	plan.Template
}

// VersionHead is a version without its document.
type VersionHead struct {
	ID        int64
	Number    int
	Author    string
	CreatedAt time.Time
}

// Rule is one start rule of a ready plan (PLAN-4): Kind is source, tag, stage, group or event.
type Rule struct {
	Kind      string
	Ref       int64
	EventKind string // in the form of plan.EventKind
}

// Ref is one object that a live version names (PLAN-20).
type Ref struct {
	Kind form.Ref
	ID   int64
}

// Counts are contacts on a plan by status (PLAN-19).
type Counts struct {
	Active    int `json:"active"`
	Paused    int `json:"paused"`
	Stopped   int `json:"stopped"`
	Completed int `json:"completed"`
}

// Live is how many are active or paused.
func (c Counts) Live() int { return c.Active + c.Paused }

// All is how many are on the plan in any status.
func (c Counts) All() int { return c.Live() + c.Stopped + c.Completed }

// Of is how many have a status; "" = any.
func (c Counts) Of(s plan.Status) int {
	switch s {
	case plan.Active:
		return c.Active
	case plan.Paused:
		return c.Paused
	case plan.Stopped:
		return c.Stopped
	case plan.Completed:
		return c.Completed
	default:
		return c.All()
	}
}

// Live are the live enrollments on one version.
type Live struct {
	Version        int64
	Private        bool
	Active, Paused int
}

// Case are live enrollments that an edit treats alike.
type Case struct {
	Version int64
	Status  plan.Status
	State   string // the stored document
	Zone    string // of the contact; "" = the account's
	Count   int
}

// Operation is work for the background, done in chunks by whoever gets it.
type Operation struct {
	AccountID int64
	Kind      string
	Params    string // a JSON object
	Total     int
	Author    string
	At        time.Time
}
