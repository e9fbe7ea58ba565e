package planbook

import (
	"context"
	"encoding/json"
	"slices"

	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// candidate is a document on its way into the account.
type candidate struct {
	file  *plan.File // where its problems are told
	doc   *plan.Document
	head  Head          // the plan that it edits; ID 0 = a new one
	was   string        // the name that the plan had; "" = a new one
	old   *plan.Version // its newest version, nil for a new plan
	ready bool          // it is to be ready afterwards
	runs  bool          // contacts will run it, draft or not
	live  []Live        // on the plan that it edits
	// problems are those that forbid it; doubts are those that a draft may have.
	problems, doubts []plan.Problem
}

// candidate reads a document once more, strictly, so that it is stored as plan files are read; file may be nil.
func (s *Service) candidate(doc *plan.Document, file *plan.File) (*candidate, error) {
	data, err := json.MarshalIndent(doc, "", " ") // by lines, so that problems are told apart by them
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the plan cannot be written")
	}
	loaded, problems := plan.Load("", data, s.actions)
	c := &candidate{file: file, doc: loaded.Document}
	if file == nil {
		c.file = loaded
	}
	if len(problems) > 0 || c.doc == nil { // keep what was written, also where it is wrong
		c.doc = &plan.Document{}
		if err := json.Unmarshal(data, c.doc); err != nil {
			return nil, err
		}
	}
	for _, p := range problems {
		p.File, p.Line = c.file.Name, c.file.Line(p.Path)
		c.doubts = append(c.doubts, p)
	}
	return c, nil
}

// edits says which plan the candidate edits and gives its steps their identities (DEC-8).
func (s *Service) edits(ctx context.Context, c *candidate, head Head) error {
	c.head, c.ready = head, head.Ready
	if head.ID != 0 {
		c.was = head.Name
	}
	var old *plan.Document
	if head.VersionID != 0 {
		var err error
		if c.old, err = s.version(ctx, head.AccountID, head.VersionID); err != nil {
			return err
		}
		old = &c.old.Document
	}
	c.head.Steps = plan.AssignIDs(c.doc, old, head.Steps)
	var err error
	c.live, err = s.store.LiveVersions(ctx, head.AccountID, head.ID)
	return err
}

// movable is how many live contacts an edit for everyone takes along: those with a version of their own stay (PLAN-23).
func (c *candidate) movable() int {
	n := 0
	for _, l := range c.live {
		if !l.Private {
			n += l.Active + l.Paused
		}
	}
	return n
}

// onIt is how many contacts are live on it, on whichever version.
func (c *candidate) onIt() int {
	n := 0
	for _, l := range c.live {
		n += l.Active + l.Paused
	}
	return n
}

// check finds everything that is wrong with the candidates, taken together, and resolves what they name. It returns what is wrong
// with the template files.
func (s *Service) check(ctx context.Context, cat *catalog, all []*candidate, templates []*plan.File) ([]plan.Problem, error) {
	docs := make([]*plan.Document, len(all))
	files := make([]*plan.File, 0, len(all)+len(templates))
	for i, c := range all {
		docs[i] = c.doc
		f := *c.file
		f.Document = c.doc
		files = append(files, &f)
	}
	if err := s.lookUp(ctx, cat, docs); err != nil {
		return nil, err
	}
	known := cat.names(docs, s.actions)
	var err error
	if known.Documents, err = s.reachable(ctx, cat, all); err != nil {
		return nil, err
	}
	between := plan.Check(append(files, templates...), known)
	var others []plan.Problem
	for i, c := range all {
		for _, p := range between {
			if p.File == files[i].Name && !slices.Contains(c.doubts, p) {
				c.doubts = append(c.doubts, p)
			}
		}
		c.doubts = append(c.doubts, badNames(c, s.actions)...)
		c.doubts = append(c.doubts, cat.unusable(c, all, templates, s.actions)...)
		c.judge()
		if n := c.onIt(); n > 0 && c.old != nil && c.old.Document.DatedByEvent() != c.doc.DatedByEvent() {
			c.problems = append(c.problems, c.problem("event", plan.Conflicting,
				"event: %d contacts are on this plan, and one by events has them per event, another once: stop their runs first, or make a copy of the plan", n))
		}
	}
	for _, f := range templates {
		for _, p := range between {
			if p.File == f.Name {
				others = append(others, p)
			}
		}
	}
	return others, nil
}

// judge tells problems from doubts: a draft may have steps that are not finished and targets that don't exist yet (PLAN-2), but
// no circle (PLAN-14); what contacts run must be valid.
func (c *candidate) judge() {
	kept := c.doubts[:0]
	for _, p := range c.doubts {
		switch {
		case c.ready, always(p), c.runs && !aboutTargets(p):
			c.problems = append(c.problems, p)
		default:
			kept = append(kept, p)
		}
	}
	c.doubts = kept
}

// always tells problems that no plan may have, drafts neither.
func always(p plan.Problem) bool {
	switch p.Code {
	case plan.DoubleID, plan.TooLarge, plan.Circle, plan.DoublePlan, plan.DoubleTemplate, BadName:
		return true
	default:
		return p.Path == "plan" || len(p.Path) > 3 && p.Path[len(p.Path)-3:] == ".id"
	}
}

func aboutTargets(p plan.Problem) bool {
	switch p.Code {
	case plan.UnknownPlan, plan.UnknownTemplate, plan.UnknownStage, plan.UnknownUser, plan.UnknownPartner, plan.NoSteps,
		Unusable, SwitchedOff:
		return true
	default:
		return false
	}
}

// reachable returns the newest documents of the account's plans that the candidates start, directly or through others: only with
// these can they make a circle.
func (s *Service) reachable(ctx context.Context, cat *catalog, all []*candidate) ([]*plan.Document, error) {
	seen := map[int64]bool{}
	var wave, found []*plan.Document
	for _, c := range all {
		seen[c.head.ID] = true
		wave = append(wave, c.doc)
	}
	for len(wave) > 0 {
		var versions []int64
		for _, d := range wave {
			for _, ref := range d.References(s.actions) {
				h, ok := cat.heads[ref.Name]
				if ref.Ref == form.Plan && ok && !h.Archived && !seen[h.ID] {
					seen[h.ID] = true
					versions = append(versions, h.VersionID)
				}
			}
		}
		loaded, err := s.store.VersionsByID(ctx, cat.account.ID, versions)
		if err != nil {
			return nil, err
		}
		wave = wave[:0]
		for _, v := range loaded {
			for _, c := range all { // they will say the new name
				if c.was != "" && c.was != c.doc.Name {
					if err := replacePlan(&v.Document, s.actions, c.was, c.doc.Name); err != nil {
						return nil, err
					}
				}
			}
			wave = append(wave, &v.Document)
		}
		found = append(found, wave...)
	}
	return found, nil
}
