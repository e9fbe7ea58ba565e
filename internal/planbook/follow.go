package planbook

import (
	"context"
	"encoding/json"
	"slices"

	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/plan"
)

// settle writes the start rules of a plan that is ready, takes them from any other, and notes what the plan names (PLAN-4, PLAN-20).
func (s *Service) settle(ctx context.Context, h Head, doc *plan.Document, refs plan.Refs) error {
	var rules []Rule
	if h.Ready && !h.Archived {
		rules = startRules(doc, refs)
	}
	if err := s.store.SetStartRules(ctx, h.AccountID, h.ID, rules, s.clock.Now()); err != nil {
		return err
	}
	return s.refresh(ctx, h)
}

func startRules(doc *plan.Document, refs plan.Refs) []Rule {
	var rules []Rule
	add := func(kind string, id int64, event string) {
		if r := (Rule{kind, id, event}); (id != 0 || event != "") && !slices.Contains(rules, r) {
			rules = append(rules, r)
		}
	}
	add("source", refs.Sources[doc.Source], "")
	for _, r := range doc.StartOn {
		add("tag", refs.Tags[r.Tag], "")
		add("stage", refs.Stages[r.Stage], "")
		add("group", refs.Groups[r.Group], "")
		add("event", 0, plan.EventKind(r.Event))
	}
	return rules
}

// refresh notes what the plan names: its newest version, unless it is archived, and every version that contacts are live on.
func (s *Service) refresh(ctx context.Context, h Head) error {
	live, err := s.store.LiveVersions(ctx, h.AccountID, h.ID)
	if err != nil {
		return err
	}
	var ids []int64
	if !h.Archived {
		ids = append(ids, h.VersionID)
	}
	for _, l := range live {
		ids = append(ids, l.Version)
	}
	versions, err := s.store.VersionsByID(ctx, h.AccountID, ids)
	if err != nil {
		return err
	}
	refs := make([]plan.Refs, len(versions))
	for i, v := range versions {
		refs[i] = v.Refs
	}
	return s.store.SetPlanRefs(ctx, h.AccountID, h.ID, objects(refs...))
}

// OpEdit is the operation that takes live contacts to a plan's new version; OpArchive stops a plan's runs. Stored for ever.
const (
	OpEdit    = "edit_plan"
	OpArchive = "archive_plan"
)

// OperationParams are the parameters of both.
type OperationParams struct {
	Plan    int64 `json:"plan"`
	Version int64 `json:"version,omitempty"`
}

// follow takes the live contacts to the new version, now or in the background (PLAN-22).
func (s *Service) follow(ctx context.Context, c *candidate, saved *Saved, author string) error {
	n := c.movable()
	switch {
	case n == 0:
		return nil
	case n > enroll.AtOnce:
		var err error
		saved.Waiting = n
		saved.Operation, err = s.queue(ctx, c.head, OpEdit, OperationParams{Plan: c.head.ID, Version: c.head.VersionID}, n, author)
		return err
	}
	var err error
	saved.Moved, err = s.runs.Edited(ctx, c.head.AccountID, enroll.Selection{Plan: c.head.ID}, c.head.VersionID, author)
	if err != nil {
		return err
	}
	return s.refresh(ctx, c.head)
}

func (s *Service) queue(ctx context.Context, h Head, kind string, params OperationParams, total int, author string) (int64, error) {
	op, err := s.operation(h.AccountID, kind, params, author)
	if err != nil {
		return 0, err
	}
	op.Total = total
	s.store.Signal(ctx, enroll.TopicWork)
	return s.store.QueueOperation(ctx, op)
}

func (s *Service) operation(account int64, kind string, params OperationParams, author string) (Operation, error) {
	raw, err := json.Marshal(params)
	if err != nil {
		return Operation{}, fault.Wrap(fault.Internal, err, "parameters of an operation")
	}
	return Operation{AccountID: account, Kind: kind, Params: string(raw), Author: author, At: s.clock.Now()}, nil
}
