package planbook

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Ready makes a draft ready (PLAN-2): every step must be valid and every target usable. The error is fault.Invalid with all
// fields at fault at once. number is the version that was looked at, 0 = whichever is the newest.
func (s *Service) Ready(ctx context.Context, account, id int64, number int, author string) (*Saved, error) {
	var out *Saved
	err := s.locked(ctx, account, func(ctx context.Context, cat *catalog) error {
		head, err := cat.byID(id)
		switch {
		case err != nil:
			return err
		case head.Archived:
			return fault.New(fault.Conflict, "the plan %q is archived; take it out of the archive first", head.Name)
		case number != 0 && number != head.Number:
			return stale(head)
		}
		v, err := s.version(ctx, account, head.VersionID)
		if err != nil {
			return err
		}
		c, err := s.candidate(&v.Document, nil)
		if err != nil {
			return err
		}
		if err := s.edits(ctx, c, head); err != nil {
			return err
		}
		c.ready = true
		if _, err := s.check(ctx, cat, []*candidate{c}, nil); err != nil {
			return err
		}
		if err := plan.Fault(c.problems); err != nil {
			return err
		}
		// Targets that did not exist when the draft was saved are known now: a version of its own.
		saved, err := s.commit(ctx, cat, []*candidate{c}, SaveOptions{Author: author})
		if err != nil {
			return err
		}
		out = saved[0]
		return nil
	})
	return out, err
}

// Draft takes a plan back (PLAN-2): it starts for nobody more, and contacts who are on it go on. The counts say how many are, so
// that pausing them all can be offered.
func (s *Service) Draft(ctx context.Context, account, id int64, author string) (Counts, error) {
	var counts Counts
	err := s.turn(ctx, account, id, func(ctx context.Context, h *Head) (string, error) {
		var err error
		if counts, err = s.store.EnrollmentCounts(ctx, account, id); err != nil || !h.Ready {
			return "", err
		}
		h.Ready = false
		return wasDraft, nil
	}, author)
	return counts, err
}

// Archived is what became of the runs of a plan that was archived.
type Archived struct {
	Live      int   // contacts who are live on it
	Stopped   int   // how many of them were stopped
	Operation int64 // stops them in the background; 0 = none is needed
}

// Archive puts a plan away (PLAN-20): its start rules end; live runs are stopped with reason "archived", or finish.
func (s *Service) Archive(ctx context.Context, account, id int64, stop bool, author string) (Archived, error) {
	var out Archived
	turn := s.spare
	if stop {
		turn = s.turn
	}
	err := turn(ctx, account, id, func(ctx context.Context, h *Head) (string, error) {
		counts, err := s.store.EnrollmentCounts(ctx, account, id)
		out.Live = counts.Live()
		if err != nil || h.Archived {
			return "", err
		}
		h.Archived = true
		return wasArchived, nil
	}, author)
	if err != nil || !stop || out.Live == 0 {
		return out, err
	}
	// The plan is archived by now, so nobody joins while its runs are stopped; asking again goes on where it was left.
	err = s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.store.LockAccount(ctx, account); err != nil {
			return err
		}
		head, err := s.store.PlanHead(ctx, account, id)
		switch {
		case err != nil:
			return err
		case !head.Archived:
			return fault.New(fault.Conflict, "the plan %q has just been taken out of the archive: its runs go on", head.Name)
		}
		if out.Live > enroll.AtOnce {
			out.Operation, err = s.queue(ctx, head, OpArchive, OperationParams{Plan: id}, out.Live, author)
			return err
		}
		if out.Stopped, err = s.runs.EndRuns(ctx, account, enroll.Selection{Plan: id}, "archived", author); err != nil {
			return err
		}
		return s.refresh(ctx, head)
	})
	return out, err
}

// Unarchive takes a plan out of the archive, as a draft.
func (s *Service) Unarchive(ctx context.Context, account, id int64, author string) error {
	return s.spare(ctx, account, id, func(_ context.Context, h *Head) (string, error) {
		if !h.Archived {
			return "", nil
		}
		h.Archived, h.Ready = false, false
		return wasUnarchived, nil
	}, author)
}

// spare is turn for what lets the plan's runs go on: nothing that was to stop them does so when it has returned. It waits for a chunk that is
// stopping some, before it locks the account, because that chunk has its operation first and shares the account then.
func (s *Service) spare(ctx context.Context, account, id int64, change func(context.Context, *Head) (string, error), author string) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		op, err := s.operation(account, OpArchive, OperationParams{Plan: id}, author)
		if err != nil {
			return err
		}
		if err := s.store.CancelOperations(ctx, op); err != nil {
			return err
		}
		return s.turn(ctx, account, id, change, author)
	})
}

// turn changes what a plan is; change returns what it did, "" for nothing.
func (s *Service) turn(ctx context.Context, account, id int64, change func(context.Context, *Head) (string, error), author string) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.store.LockAccount(ctx, account); err != nil {
			return err
		}
		h, err := s.store.PlanHead(ctx, account, id)
		if err != nil {
			return err
		}
		did, err := change(ctx, &h)
		if err != nil || did == "" {
			return err
		}
		h.UpdatedAt = s.clock.Now()
		if err := s.store.UpdatePlan(ctx, h.Plan, h.Steps); err != nil {
			return err
		}
		v, err := s.version(ctx, account, h.VersionID)
		if err != nil {
			return err
		}
		if err := s.settle(ctx, h, &v.Document, v.Refs); err != nil {
			return err
		}
		return s.record(ctx, h.Plan, did, author, "")
	})
}

// Delete deletes a plan that nobody is on, in any status, and that no live plan names (PLAN-20).
func (s *Service) Delete(ctx context.Context, account, id int64, author string) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.store.LockAccount(ctx, account); err != nil {
			return err
		}
		h, err := s.store.PlanHead(ctx, account, id)
		if err != nil {
			return err
		}
		counts, err := s.store.EnrollmentCounts(ctx, account, id)
		if err != nil {
			return err
		}
		if counts.All() > 0 {
			return fault.New(fault.Conflict, "the plan %q cannot be deleted: %s; remove them first, or archive it", h.Name, counts)
		}
		users, err := s.using(ctx, account, Ref{form.Plan, id})
		if err != nil {
			return err
		}
		users = slices.DeleteFunc(users, func(u plan.Plan) bool { return u.ID == id })
		if len(users) > 0 {
			return fault.New(fault.Conflict, "the plan %q cannot be deleted: %s", h.Name, UsedBy(users))
		}
		if err := s.record(ctx, h.Plan, wasDeleted, author, h.Name); err != nil {
			return err
		}
		return s.store.DeletePlan(ctx, account, id)
	})
}

// String says how many contacts there are, by status: "3 contacts are on it (2 active, 1 completed)".
func (c Counts) String() string {
	var parts []string
	for _, status := range []plan.Status{plan.Active, plan.Paused, plan.Stopped, plan.Completed} {
		if n := c.Of(status); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	switch c.All() {
	case 0:
		return "nobody is on it"
	case 1:
		return "1 contact is on it (" + parts[0] + ")"
	}
	return fmt.Sprintf("%d contacts are on it (%s)", c.All(), strings.Join(parts, ", "))
}

// UsedBy says which plans use something: `the plans "A" and "B" use it`.
func UsedBy(plans []plan.Plan) string {
	names := make([]string, len(plans))
	for i, p := range plans {
		names[i] = fmt.Sprintf("%q", p.Name)
	}
	switch n := len(names); {
	case n == 1:
		return "the plan " + names[0] + " uses it"
	case n > 5:
		return fmt.Sprintf("%d plans use it, among them %s", n, strings.Join(names[:5], ", "))
	default:
		return "the plans " + strings.Join(names[:n-1], ", ") + " and " + names[n-1] + " use it"
	}
}

// Using returns the plans of which a live version names the object: it cannot be deleted (PLAN-20), and who edits it is told (TPL-3). A live
// version is the newest of a plan that is not archived, and any that contacts are live on.
func (s *Service) Using(ctx context.Context, account int64, ref Ref) ([]plan.Plan, error) {
	var out []plan.Plan
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		var err error
		out, err = s.using(ctx, account, ref)
		return err
	})
	return out, err
}

// using looks again at the plans noted, because runs may have ended since.
func (s *Service) using(ctx context.Context, account int64, ref Ref) ([]plan.Plan, error) {
	noted, err := s.store.PlansNaming(ctx, account, ref)
	if err != nil {
		return nil, err
	}
	for _, id := range noted {
		h, err := s.store.PlanHead(ctx, account, id)
		if err != nil {
			return nil, err
		}
		if err := s.refresh(ctx, h); err != nil {
			return nil, err
		}
	}
	if noted, err = s.store.PlansNaming(ctx, account, ref); err != nil {
		return nil, err
	}
	out := make([]plan.Plan, len(noted))
	for i, id := range noted {
		h, err := s.store.PlanHead(ctx, account, id)
		if err != nil {
			return nil, err
		}
		out[i] = h.Plan
	}
	return out, nil
}
