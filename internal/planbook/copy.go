package planbook

import (
	"context"
	"fmt"

	"tactus/internal/fault"
	"tactus/internal/plan"
)

// Duplicate copies a plan as a draft named "NAME (copy)" (PLAN-24).
func (s *Service) Duplicate(ctx context.Context, account, id int64, author string) (*Saved, error) {
	var out *Saved
	err := s.locked(ctx, account, func(ctx context.Context, cat *catalog) error {
		head, err := cat.byID(id)
		if err != nil {
			return err
		}
		v, err := s.version(ctx, account, head.VersionID)
		if err != nil {
			return err
		}
		doc := v.Document
		doc.Name = cat.copyName(head.Name)
		if doc.NextPlan == head.Name {
			doc.NextPlan = doc.Name
		}
		c, err := s.candidate(&doc, nil)
		if err != nil {
			return err
		}
		if err := s.edits(ctx, c, Head{Plan: plan.Plan{AccountID: account, Name: doc.Name}, Steps: head.Steps}); err != nil {
			return err
		}
		if _, err := s.check(ctx, cat, []*candidate{c}, nil); err != nil {
			return err
		}
		if err := plan.Fault(c.problems); err != nil {
			return err
		}
		saved, err := s.commit(ctx, cat, []*candidate{c}, SaveOptions{Author: author})
		if err != nil {
			return err
		}
		out = saved[0]
		return nil
	})
	return out, err
}

func (cat *catalog) copyName(name string) string {
	try := name + " (copy)"
	for n := 2; ; n++ {
		if _, taken := cat.heads[try]; !taken {
			return try
		}
		try = fmt.Sprintf("%s (copy %d)", name, n)
	}
}

// SavePrivate saves a version of a ready plan for one contact (PLAN-23), to be given to enroll.StartRequest.Version: the plan itself is
// unchanged, and its later edits leave that run alone. Steps keep the identities that they have in the plan.
func (s *Service) SavePrivate(ctx context.Context, account, id int64, doc *plan.Document, author string) (version int64, err error) {
	err = s.locked(ctx, account, func(ctx context.Context, cat *catalog) error {
		head, err := cat.byID(id)
		switch {
		case err != nil:
			return err
		case head.Archived:
			return fault.New(fault.Conflict, "the plan %q is archived: it starts for nobody", head.Name)
		case !head.Ready:
			return fault.New(fault.Conflict, "the plan %q is a draft: make it ready first", head.Name)
		}
		own := *doc
		own.Name = head.Name
		c, err := s.candidate(&own, nil)
		if err != nil {
			return err
		}
		if err := s.edits(ctx, c, head); err != nil {
			return err
		}
		if _, err := s.check(ctx, cat, []*candidate{c}, nil); err != nil {
			return err
		}
		if plan.EventKind(c.old.Document.Event) != plan.EventKind(c.doc.Event) {
			c.problems = append(c.problems, c.problem("event", plan.Conflicting, "event: one contact's version is dated as the plan is"))
		}
		if err := plan.Fault(c.problems); err != nil {
			return err
		}
		if err := s.create(ctx, cat, []*plan.Document{c.doc}); err != nil {
			return err
		}
		refs := cat.refs(c.doc, s.actions)
		version, err = s.store.InsertVersion(ctx, &plan.Version{
			PlanID: id, AccountID: account, Number: head.Number, Document: *c.doc, Refs: refs, Private: true,
			CreatedAt: s.clock.Now(), Author: author,
		})
		if err != nil {
			return err
		}
		if c.head.Steps != head.Steps { // identities are never used twice
			if err := s.store.UpdatePlan(ctx, head.Plan, c.head.Steps); err != nil {
				return err
			}
		}
		return s.store.AddPlanRefs(ctx, account, id, objects(refs))
	})
	return version, err
}
