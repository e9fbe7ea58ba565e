package planbook

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tactus/internal/action"
	"tactus/internal/clock"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/history"
	"tactus/internal/plan"
)

// Service keeps the plans of accounts. Safe for concurrent use. Authors are written as in histories: user:7, key:3.
type Service struct {
	store   Store
	clock   clock.Clock
	actions *action.Registry
	runs    *enroll.Service
}

// NewService makes the service; runs carries out what plans decide for enrollments.
func NewService(store Store, c clock.Clock, actions *action.Registry, runs *enroll.Service) *Service {
	return &Service{store: store, clock: c, actions: actions, runs: runs}
}

// Full is a plan with its newest version.
type Full struct {
	Head
	Version *plan.Version
	Counts  Counts
}

// Get returns a plan with its newest version and its counts.
func (s *Service) Get(ctx context.Context, account, id int64) (*Full, error) {
	var out *Full
	err := s.store.ReadTx(ctx, func(ctx context.Context) error {
		head, err := s.store.PlanHead(ctx, account, id)
		if err != nil {
			return err
		}
		out, err = s.full(ctx, head)
		return err
	})
	return out, err
}

// ByName returns a plan by its name, which is its identity in an account (DEC-8).
func (s *Service) ByName(ctx context.Context, account int64, name string) (*Full, error) {
	var out *Full
	err := s.store.ReadTx(ctx, func(ctx context.Context) error {
		heads, err := s.store.PlanHeads(ctx, account)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(heads, func(h Head) bool { return h.Name == name })
		if i < 0 {
			return fault.New(fault.NotFound, "there is no plan %q", name)
		}
		out, err = s.full(ctx, heads[i])
		return err
	})
	return out, err
}

func (s *Service) full(ctx context.Context, head Head) (*Full, error) {
	v, err := s.version(ctx, head.AccountID, head.VersionID)
	if err != nil {
		return nil, err
	}
	counts, err := s.store.PlanCounts(ctx, head.AccountID, []int64{head.ID})
	if err != nil {
		return nil, err
	}
	return &Full{Head: head, Version: v, Counts: counts[head.ID]}, nil
}

func (s *Service) version(ctx context.Context, account, id int64) (*plan.Version, error) {
	versions, err := s.store.VersionsByID(ctx, account, []int64{id})
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return nil, fault.New(fault.NotFound, "there is no such version of the plan")
	}
	return versions[0], nil
}

// Versions returns the plan's versions, newest first; those made for one contact are left out.
func (s *Service) Versions(ctx context.Context, account, id int64) ([]VersionHead, error) {
	var out []VersionHead
	err := s.store.ReadTx(ctx, func(ctx context.Context) error {
		if _, err := s.store.PlanHead(ctx, account, id); err != nil {
			return err
		}
		var err error
		out, err = s.store.VersionHeads(ctx, account, id)
		return err
	})
	return out, err
}

// Version returns one version of a plan by its number.
func (s *Service) Version(ctx context.Context, account, id int64, number int) (*plan.Version, error) {
	return s.store.VersionByNumber(ctx, account, id, number)
}

// CompareVersions says what makes version b of version a (PLAN-21).
func (s *Service) CompareVersions(ctx context.Context, account, id int64, a, b int) ([]plan.Change, error) {
	var out []plan.Change
	err := s.store.ReadTx(ctx, func(ctx context.Context) error {
		from, err := s.store.VersionByNumber(ctx, account, id, a)
		if err != nil {
			return err
		}
		to, err := s.store.VersionByNumber(ctx, account, id, b)
		if err != nil {
			return err
		}
		out = plan.Diff(&from.Document, &to.Document)
		return nil
	})
	return out, err
}

// Query selects plans for a list.
type Query struct {
	Text     string // a part of the name, without regard to case
	Kind     plan.Kind
	Ready    *bool
	Archived bool   // archived plans instead of the others
	After    string // the Next of the page before
	Limit    int    // 0 = 100, at most 500
}

// Listed is a line of the plan list (PLAN-19).
type Listed struct {
	Head
	StepCount int
	Counts    Counts
}

// Page is a part of the plan list, by name without regard to case.
type Page struct {
	Plans []Listed
	Next  string // the After of the next page; "" = this is the last
}

// List returns plans with their counts.
func (s *Service) List(ctx context.Context, account int64, q Query) (Page, error) {
	var page Page
	err := s.store.ReadTx(ctx, func(ctx context.Context) error {
		heads, err := s.store.PlanHeads(ctx, account)
		if err != nil {
			return err
		}
		heads = slices.DeleteFunc(heads, func(h Head) bool { return !q.takes(h) })
		slices.SortFunc(heads, func(a, b Head) int { return strings.Compare(place(a.Name), place(b.Name)) })
		limit := history.Limit(q.Limit, 100, 500)
		if len(heads) > limit {
			heads = heads[:limit]
			page.Next = place(heads[limit-1].Name)
		}
		page.Plans, err = s.listed(ctx, account, heads)
		return err
	})
	return page, err
}

func (q Query) takes(h Head) bool {
	return h.Archived == q.Archived && (q.Kind == "" || h.Kind == q.Kind) && (q.Ready == nil || h.Ready == *q.Ready) &&
		(q.After == "" || place(h.Name) > q.After) && strings.Contains(strings.ToLower(h.Name), strings.ToLower(q.Text))
}

// place is where a name stands in the list; names are unique, so places are too.
func place(name string) string { return strings.ToLower(name) + "\x00" + name }

func (s *Service) listed(ctx context.Context, account int64, heads []Head) ([]Listed, error) {
	ids, versions := make([]int64, len(heads)), make([]int64, len(heads))
	for i, h := range heads {
		ids[i], versions[i] = h.ID, h.VersionID
	}
	counts, err := s.store.PlanCounts(ctx, account, ids)
	if err != nil {
		return nil, err
	}
	all, err := s.store.VersionsByID(ctx, account, versions)
	if err != nil {
		return nil, err
	}
	steps := make(map[int64]int, len(all))
	for _, v := range all {
		steps[v.PlanID] = len(v.Document.Steps)
	}
	out := make([]Listed, len(heads))
	for i, h := range heads {
		out[i] = Listed{Head: h, StepCount: steps[h.ID], Counts: counts[h.ID]}
	}
	return out, nil
}

// HistoryPlan is the kind of history rows about a plan itself; their outcome is one of those below. Stored for ever.
const HistoryPlan = "plan"

// What was done to a plan.
const (
	wasCreated    = "created"
	wasEdited     = "edited"
	wasReady      = "ready"
	wasDraft      = "draft"
	wasArchived   = "archived"
	wasUnarchived = "unarchived"
	wasDeleted    = "deleted"
	wasRenamed    = "renamed"
)

// record writes who did what to a plan (ENG-14).
func (s *Service) record(ctx context.Context, p plan.Plan, did, author, detail string, args ...any) error {
	if len(args) > 0 {
		detail = fmt.Sprintf(detail, args...)
	}
	return s.store.AppendHistory(ctx, []history.Row{{
		AccountID: p.AccountID, PlanID: p.ID, VersionID: p.VersionID, Kind: HistoryPlan, Outcome: did,
		At: s.clock.Now(), Author: author, Detail: detail,
	}})
}
