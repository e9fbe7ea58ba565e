package planbook

import (
	"context"
	"slices"
	"time"

	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/plan"
)

// Preview is what a save would do, before it is done (PLAN-22).
type Preview struct {
	// Changes name what is taken for a delete and an add (DEC-8), and everything else.
	Changes []plan.Change
	Live    int // contacts whom the change would reach if it is for everyone
	Private int // live contacts with a version of their own, whom it leaves alone (PLAN-23)
	Steps   []StepPreview
}

// StepPreview is what would happen to contacts at one step; steps at which nothing happens to anybody are left out.
type StepPreview struct {
	StepID string
	Name   string
	Gain   int // get the step
	Late   int // would get it, but its moment is past for them: it is skipped
	Lose   int // lose it before it was done
	Retime int // get it at another time
}

// Preview says what saving the document as the plan would do. The document need not be valid for it.
func (s *Service) Preview(ctx context.Context, account, id int64, doc *plan.Document) (*Preview, error) {
	var out *Preview
	err := s.store.ReadTx(ctx, func(ctx context.Context) error {
		head, err := s.store.PlanHead(ctx, account, id)
		if err != nil {
			return err
		}
		a, err := s.store.Account(ctx, account)
		if err != nil {
			return err
		}
		c, err := s.candidate(doc, nil)
		if err != nil {
			return err
		}
		if err := s.edits(ctx, c, head); err != nil {
			return err
		}
		out, err = s.preview(ctx, c, a.Zone)
		return err
	})
	return out, err
}

func (s *Service) preview(ctx context.Context, c *candidate, accountZone string) (*Preview, error) {
	p := &Preview{Live: c.movable()}
	for _, l := range c.live {
		if l.Private {
			p.Private += l.Active + l.Paused
		}
	}
	if c.old == nil {
		return p, nil
	}
	p.Changes = plan.Diff(&c.old.Document, c.doc)
	if p.Live == 0 || len(p.Changes) == 0 {
		return p, nil
	}
	// What cannot run yet is shown by its changes alone.
	next, err := enroll.Compile(&plan.Version{PlanID: c.head.ID, Document: *c.doc}, s.actions)
	if err != nil {
		return p, nil //nolint:nilerr // the document's problems are told when it is saved
	}
	t := &tally{next: next, now: s.clock.Now(), zone: enroll.ZoneOf(accountZone, time.UTC), from: map[int64]*edit{}, steps: map[string]*StepPreview{}}
	if err := t.load(ctx, s, c); err != nil {
		return nil, err
	}
	if err := s.store.LiveCases(ctx, c.head.AccountID, c.head.ID, t.add); err != nil {
		return nil, err
	}
	p.Steps = t.list(c)
	return p, nil
}

// tally counts what an edit does to the live contacts of a plan, a case at a time.
type tally struct {
	next  *enroll.Program
	now   time.Time
	zone  *time.Location // the account's
	from  map[int64]*edit
	steps map[string]*StepPreview
}

// edit is the way from one version to the next.
type edit struct {
	old     *enroll.Program
	retimed map[string]bool
}

func (t *tally) load(ctx context.Context, s *Service, c *candidate) error {
	var ids []int64
	for _, l := range c.live {
		if !l.Private {
			ids = append(ids, l.Version)
		}
	}
	versions, err := s.store.VersionsByID(ctx, c.head.AccountID, ids)
	if err != nil {
		return err
	}
	for _, v := range versions {
		old, err := enroll.Compile(v, s.actions)
		if err != nil {
			continue // its contacts are set aside already (ENG-8)
		}
		e := &edit{old: old, retimed: map[string]bool{}}
		for _, ch := range plan.Diff(&v.Document, c.doc) {
			if ch.Kind == plan.Retimed {
				e.retimed[ch.StepID] = true
			}
		}
		t.from[v.ID] = e
	}
	return nil
}

func (t *tally) step(id string) *StepPreview {
	if t.steps[id] == nil {
		t.steps[id] = &StepPreview{StepID: id}
	}
	return t.steps[id]
}

// add counts the contacts of one case.
func (t *tally) add(c Case) error {
	e := t.from[c.Version]
	if e == nil {
		return nil
	}
	st, err := enroll.DecodeState(c.State)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "an enrollment cannot be read")
	}
	late, err := t.late(e, c, st)
	if err != nil {
		return err
	}
	done := map[string]bool{}
	if !st.Fresh && st.Next == 0 {
		for _, d := range st.Done {
			done[d.Step] = true
		}
	}
	for _, s := range e.old.Steps {
		if t.next.Step(s.ID) == nil && !done[s.ID] {
			t.step(s.ID).Lose += c.Count
		}
	}
	moved := map[string]bool{}
	for i, s := range t.next.Steps {
		switch was := e.old.Step(s.ID); {
		case done[s.ID]:
		case was == nil && late[s.ID]:
			t.step(s.ID).Late += c.Count
		case was == nil:
			t.step(s.ID).Gain += c.Count
		case e.retimed[s.ID] || t.follows(e, was, i, done, moved):
			moved[s.ID] = true
			t.step(s.ID).Retime += c.Count
		}
	}
	return nil
}

// follows reports whether a step that counts from the one above is at another time because that one is, or is another.
func (t *tally) follows(e *edit, was *enroll.Step, i int, done, moved map[string]bool) bool {
	if was.When.Anchor != plan.Previous || i == 0 || was.Pos == 0 {
		return false
	}
	above := t.next.Steps[i-1].ID
	return above != e.old.Steps[was.Pos-1].ID || !done[above] && moved[above]
}

// late asks the engine's own decision which new steps are past for these contacts.
func (t *tally) late(e *edit, c Case, st enroll.State) (map[string]bool, error) {
	paused := enroll.Enrollment{Status: plan.Paused, State: st} // so that nothing is done, only judged
	m, err := enroll.Advance(paused, t.next, enroll.Edit{Old: e.old}, t.now, zones{enroll.ZoneOf(c.Zone, t.zone)})
	if err != nil {
		return nil, err
	}
	late := map[string]bool{}
	for _, entry := range m.Entries {
		if entry.Kind == enroll.StepEntry && entry.Reason == enroll.ReasonTooLate {
			late[entry.Step] = true
		}
	}
	return late, nil
}

// zones answers the only question that an edit of a paused enrollment asks; tasks without a time of their own are judged by the
// contact's zone, because who gets them is not known here.
type zones struct{ contact *time.Location }

// list orders the steps as the new version does, those that go after them.
func (t *tally) list(c *candidate) []StepPreview {
	var out []StepPreview
	take := func(d *plan.Document) {
		for _, s := range d.Steps {
			if p := t.steps[s.ID]; p != nil {
				p.Name = s.Name
				out = append(out, *p)
				delete(t.steps, s.ID)
			}
		}
	}
	take(c.doc)
	for _, e := range t.from {
		take(&e.old.Document)
	}
	gone := slices.IndexFunc(out, func(p StepPreview) bool { return t.next.Step(p.StepID) == nil })
	if gone >= 0 {
		slices.SortFunc(out[gone:], func(a, b StepPreview) int { return compareIDs(a.StepID, b.StepID) })
	}
	return out
}
