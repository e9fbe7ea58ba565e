package bulk

import (
	"context"
	"math"

	"tactus/internal/enroll"
	"tactus/internal/work"
)

// planParams are what planbook queues.
type planParams struct {
	Plan    int64 `json:"plan"`
	Version int64 `json:"version,omitempty"`
}

// edit takes the live runs of a plan to a version that was saved for everyone (PLAN-22). Runs on newer versions, which a later
// save brought, stay there.
type edit struct {
	s       *Service
	settled func(ctx context.Context, account, plan int64) error
}

// Kind implements work.Handler.
func (edit) Kind() string { return kindEdit }

// Step implements work.Handler.
func (h edit) Step(ctx context.Context, op *work.Operation) (bool, error) {
	var p planParams
	if err := op.Decode(&p); err != nil {
		return false, err
	}
	r := Runs{Plan: p.Plan, Status: live(), Until: math.MaxInt64 - 1, OlderThan: p.Version}
	done, err := h.s.runsOf(ctx, op, r, commandChunk, func(ids []int64) error {
		n, err := h.s.runs.Edited(ctx, op.Account, enroll.Selection{IDs: ids, Plan: p.Plan}, p.Version, op.Author)
		op.Count("moved", int64(n))
		op.Count("skipped.own_version", int64(len(ids)-n)) // customised for one contact (PLAN-23), or ended meanwhile
		return err
	})
	return done, settle(ctx, op, p.Plan, done, err, h.settled)
}

// archive stops the live runs of a plan that was put away (PLAN-20).
type archive struct {
	s       *Service
	settled func(ctx context.Context, account, plan int64) error
}

// Kind implements work.Handler.
func (archive) Kind() string { return kindArchive }

// Step implements work.Handler.
func (h archive) Step(ctx context.Context, op *work.Operation) (bool, error) {
	var p planParams
	if err := op.Decode(&p); err != nil {
		return false, err
	}
	// Who takes the plan out comes before this chunk, and is seen, or after it.
	if err := h.s.store.ShareAccount(ctx, op.Account); err != nil {
		return false, err
	}
	a, err := h.s.runs.Account(ctx, op.Account)
	if err != nil {
		return false, err
	}
	if !a.Plans[p.Plan].Archived {
		op.Message = "the plan was taken out of the archive: the other runs go on"
		return true, nil
	}
	r := Runs{Plan: p.Plan, Status: live(), Until: math.MaxInt64 - 1}
	done, err := h.s.runsOf(ctx, op, r, commandChunk, func(ids []int64) error {
		n, err := h.s.runs.EndRuns(ctx, op.Account, enroll.Selection{IDs: ids, Plan: p.Plan}, "archived", op.Author)
		op.Count("stopped", int64(n))
		return err
	})
	return done, settle(ctx, op, p.Plan, done, err, h.settled)
}

func settle(ctx context.Context, op *work.Operation, plan int64, done bool, err error, settled func(ctx context.Context, account, plan int64) error) error {
	if err != nil || !done || settled == nil {
		return err
	}
	return settled(ctx, op.Account, plan)
}
