package planbook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"tactus/internal/fault"
	"tactus/internal/plan"
)

// ApplyTo says whom an edit reaches (PLAN-22).
type ApplyTo string

// The answers; the zero value is Everyone.
const (
	Everyone ApplyTo = "everyone" // everyone, from their next step on
	NewRuns  ApplyTo = "new"      // only new runs
)

func (a ApplyTo) check() error {
	switch a {
	case "", Everyone, NewRuns:
		return nil
	}
	return fault.InvalidFields([]fault.Field{{Name: "apply_to", Message: fmt.Sprintf("%q is not a choice; write everyone or new", string(a))}})
}

// SaveOptions say which plan a document is saved as.
type SaveOptions struct {
	ID      int64 // the plan that is edited, also to rename it; 0 = the plan of the document's name, or a new one
	New     bool  // a new plan only: fault.Conflict when the name is taken
	Number  int   // the version that was edited: fault.Conflict when there is a newer one (If-Match); 0 = whichever is the newest
	ApplyTo ApplyTo
	Author  string
}

// Saved is what a save did.
type Saved struct {
	Plan    Head
	Created bool
	Changed bool           // false: it was like that already, and there is no new version
	Doubts  []plan.Problem // what keeps a draft from becoming ready
	Moved   int            // live contacts that were taken to the new version
	// Operation takes the live contacts to the new version in the background; 0 = none is needed.
	Operation int64
	Waiting   int // how many contacts it will take
}

// Save creates or edits a plan. A ready plan must stay fit for it; a draft may have unfinished steps and missing targets. Tags, sources and
// groups that don't exist are made. The error is fault.Invalid with all fields at fault.
func (s *Service) Save(ctx context.Context, account int64, doc *plan.Document, opt SaveOptions) (*Saved, error) {
	if err := opt.ApplyTo.check(); err != nil {
		return nil, err
	}
	var out *Saved
	err := s.locked(ctx, account, func(ctx context.Context, cat *catalog) error {
		c, err := s.candidate(doc, nil)
		if err != nil {
			return err
		}
		head, err := cat.target(c.doc, opt)
		if err != nil {
			return err
		}
		if err := s.edits(ctx, c, head); err != nil {
			return err
		}
		cat.rename(&c.head, c.doc)
		c.runs = opt.ApplyTo != NewRuns && c.movable() > 0
		if _, err := s.check(ctx, cat, []*candidate{c}, nil); err != nil {
			return err
		}
		if err := plan.Fault(c.problems); err != nil {
			return err
		}
		saved, err := s.commit(ctx, cat, []*candidate{c}, opt)
		if err != nil {
			return err
		}
		out = saved[0]
		if c.was != "" && c.was != c.doc.Name {
			return s.renamed(ctx, cat, c.head, c.was, opt.Author)
		}
		return nil
	})
	return out, err
}

// locked runs fn in a transaction that alone changes the account's plans.
func (s *Service) locked(ctx context.Context, account int64, fn func(context.Context, *catalog) error) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.store.LockAccount(ctx, account); err != nil {
			return err
		}
		cat, err := s.catalog(ctx, account)
		if err != nil {
			return err
		}
		return fn(ctx, cat)
	})
}

// target finds the plan that a document is saved as; the zero id means a new one.
func (cat *catalog) target(doc *plan.Document, opt SaveOptions) (Head, error) {
	head, taken := cat.heads[doc.Name]
	if opt.ID != 0 {
		named := head
		var err error
		if head, err = cat.byID(opt.ID); err != nil {
			return head, err
		}
		if taken && named.ID != head.ID {
			return head, fault.New(fault.Conflict, "there is a plan %q already; each has a name of its own", doc.Name)
		}
		taken = true
	}
	switch {
	case !taken:
		return Head{Plan: plan.Plan{AccountID: cat.account.ID, Name: doc.Name}}, nil
	case opt.New:
		return head, fault.New(fault.Conflict, "there is a plan %q already; each has a name of its own", doc.Name)
	case head.Archived:
		return head, fault.New(fault.Conflict, "the plan %q is archived; take it out of the archive first", head.Name)
	case opt.Number != 0 && opt.Number != head.Number:
		return head, stale(head)
	}
	return head, nil
}

func (cat *catalog) byID(id int64) (Head, error) {
	for _, h := range cat.heads {
		if h.ID == id {
			return h, nil
		}
	}
	return Head{}, fault.New(fault.NotFound, "there is no such plan")
}

func stale(h Head) error {
	return fault.New(fault.Conflict, "the plan %q was changed meanwhile: its newest version is %d; look at it and save again", h.Name, h.Number)
}

// rename makes the catalog know the plan by its new name, and the document know itself by it.
func (cat *catalog) rename(h *Head, doc *plan.Document) {
	if h.ID == 0 || h.Name == doc.Name {
		return
	}
	if doc.NextPlan == h.Name {
		doc.NextPlan = doc.Name
	}
	delete(cat.heads, h.Name)
	h.Name = doc.Name
	cat.heads[h.Name] = *h
}

// commit writes candidates that have been checked. Plans that name each other may be among them.
func (s *Service) commit(ctx context.Context, cat *catalog, all []*candidate, opt SaveOptions) ([]*Saved, error) {
	docs := make([]*plan.Document, len(all))
	for i, c := range all {
		docs[i] = c.doc
	}
	if err := s.create(ctx, cat, docs); err != nil {
		return nil, err
	}
	out := make([]*Saved, len(all))
	for i, c := range all {
		out[i] = &Saved{Created: c.head.ID == 0, Doubts: c.doubts}
		if err := s.insert(ctx, cat, c); err != nil {
			return nil, err
		}
	}
	for i, c := range all {
		if err := s.write(ctx, cat, c, out[i], opt.Author); err != nil {
			return nil, err
		}
	}
	for i, c := range all { // last, because it runs what was saved
		if out[i].Changed && opt.ApplyTo != NewRuns {
			if err := s.follow(ctx, c, out[i], opt.Author); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// insert gives a new plan its id.
func (s *Service) insert(ctx context.Context, cat *catalog, c *candidate) error {
	if c.head.ID != 0 {
		return nil
	}
	now := s.clock.Now()
	h := &c.head
	h.AccountID, h.Name, h.Kind, h.CreatedAt, h.UpdatedAt = cat.account.ID, c.doc.Name, c.doc.Kind, now, now
	var err error
	h.ID, err = s.store.InsertPlan(ctx, h.Plan, h.Steps)
	cat.heads[h.Name] = *h
	return err
}

// write saves a new version if anything has changed, and what follows from the plan being ready or not.
func (s *Service) write(ctx context.Context, cat *catalog, c *candidate, saved *Saved, author string) error {
	h := &c.head
	refs := cat.refs(c.doc, s.actions)
	saved.Changed = c.old == nil || !same(c.old, c.doc, refs)
	if saved.Changed {
		v := &plan.Version{
			PlanID: h.ID, AccountID: h.AccountID, Number: h.Number + 1, Document: *c.doc, Refs: refs, CreatedAt: s.clock.Now(), Author: author,
		}
		var err error
		if v.ID, err = s.store.InsertVersion(ctx, v); err != nil {
			return err
		}
		h.VersionID, h.Number, h.Name, h.Kind, h.UpdatedAt = v.ID, v.Number, c.doc.Name, c.doc.Kind, v.CreatedAt
	}
	turned := h.Ready != c.ready
	h.Ready = c.ready
	cat.heads[h.Name], saved.Plan = *h, *h
	if !saved.Changed && !turned {
		return nil
	}
	if err := s.store.UpdatePlan(ctx, h.Plan, h.Steps); err != nil {
		return err
	}
	if err := s.settle(ctx, *h, c.doc, refs); err != nil {
		return err
	}
	return s.log(ctx, c, saved, turned, author)
}

// same reports whether a version says and means the same as a document.
func same(v *plan.Version, doc *plan.Document, refs plan.Refs) bool {
	was, err := json.Marshal(v.Document)
	is, err2 := json.Marshal(doc)
	if err != nil || err2 != nil || !bytes.Equal(was, is) {
		return false
	}
	for _, kind := range refKinds() {
		if !maps.Equal(*refMap(&v.Refs, kind), *refMap(&refs, kind)) {
			return false
		}
	}
	return true
}

func (s *Service) log(ctx context.Context, c *candidate, saved *Saved, turned bool, author string) error {
	did := wasEdited
	if saved.Created {
		did = wasCreated
	}
	if saved.Changed {
		if err := s.record(ctx, c.head.Plan, did, author, fmt.Sprintf("version %d", c.head.Number)); err != nil {
			return err
		}
	}
	if !turned {
		return nil
	}
	did = wasDraft
	if c.head.Ready {
		did = wasReady
	}
	return s.record(ctx, c.head.Plan, did, author, "")
}
