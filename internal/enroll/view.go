package enroll

import (
	"context"
	"slices"
	"time"

	"tactus/internal/history"
	"tactus/internal/plan"
)

// ListQuery selects enrollments for a list: of one plan or of one contact, newest first.
type ListQuery struct {
	Plan    int64
	Contact int64
	Status  []plan.Status // empty = any
	Before  int64         // only smaller ids; 0 = from the newest on
	Limit   int           // 0 = 50, at most 500
}

// ViewStore is what lists need of the database.
type ViewStore interface {
	// EnrollmentPage returns up to q.Limit ids that match, newest first.
	EnrollmentPage(ctx context.Context, account int64, q ListQuery) ([]int64, error)
	PeekEnrollments(ctx context.Context, account int64, ids []int64) ([]Row, error)
}

// View is an enrollment as people look at it (CON-7).
type View struct {
	Row
	PlanName string
	Version  int // the number of the version that it runs on
	Private  bool
	Steps    int   // of the version
	Done     int   // of this round
	Next     *Next // nil when nothing comes any more
}

// Next is the step that comes next and when. At is zero when the moment is not known: it waits for the carrier's answer, for its
// date, or for the resume.
type Next struct {
	Step   string // its identity
	Name   string
	Number int // from 1, as shown in the editor
	Action string
	At     time.Time
	Reason string // the gate that moved it
}

// Views reads enrollments for faces. Safe for concurrent use.
type Views struct {
	s     *Service
	store ViewStore
}

// NewViews makes the reader.
func NewViews(s *Service, store ViewStore) *Views { return &Views{s, store} }

// List returns a page of views, newest first, and the Before of the next one; 0 = this is the last.
func (v *Views) List(ctx context.Context, account int64, q ListQuery) ([]View, int64, error) {
	q.Limit = history.Limit(q.Limit, 50, 500)
	ids, err := v.store.EnrollmentPage(ctx, account, q)
	if err != nil {
		return nil, 0, err
	}
	out, err := v.Of(ctx, account, ids)
	if err != nil || len(ids) < q.Limit {
		return out, 0, err
	}
	return out, ids[len(ids)-1], nil
}

// Of returns the views of enrollments, newest first; those that are not there are left out.
func (v *Views) Of(ctx context.Context, account int64, ids []int64) ([]View, error) {
	rows, err := v.store.PeekEnrollments(ctx, account, ids)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	b, err := v.s.batch(ctx, account, rows)
	if err != nil {
		return nil, err
	}
	out := make([]View, len(rows))
	for i := range rows {
		if out[i], err = b.view(&rows[i]); err != nil {
			return nil, err
		}
	}
	slices.Reverse(out)
	return out, nil
}

func (b *batch) view(r *Row) (View, error) {
	v := View{Row: *r, PlanName: b.account.Plans[r.PlanID].Name}
	st, err := DecodeState(r.Raw)
	if err != nil {
		return v, err
	}
	v.State = st
	p := b.programs[r.VersionID]
	if p == nil {
		return v, nil // the plan page shows why (ENG-8)
	}
	v.Version, v.Private, v.Steps = p.Number, p.Private, len(p.Steps)
	if st.Next == 0 {
		for _, d := range st.Done {
			if p.Step(d.Step) != nil {
				v.Done++
			}
		}
	}
	if r.Status.Live() {
		v.Next = b.nextOf(r, p, st)
	}
	return v, nil
}

// nextOf asks the same code that will do the step.
func (b *batch) nextOf(r *Row, p *Program, st State) *Next {
	describe := func(s *Step, at time.Time) *Next {
		n := &Next{Step: s.ID, Name: s.Name, Number: s.Pos + 1, Action: s.Step.Action, At: at}
		if w := st.waiting(s.ID); w != nil {
			n.Reason = w.Reason
		}
		if r.Status == plan.Paused {
			n.At = time.Time{}
		}
		return n
	}
	switch {
	case st.Hand != "":
		if s := p.Step(st.Hand); s != nil {
			return describe(s, time.Time{})
		}
	case st.Next != 0:
		if len(p.Steps) > 0 {
			return describe(p.Steps[0], st.Next.Time())
		}
	}
	e := &env{b: b, row: r, p: p, facts: r.Facts}
	a := &advance{Move: Move{After: r.Enrollment}, p: p, now: b.now, env: e}
	a.After.State = st
	a.z.contact, a.z.assignee = e.Zones()
	c, ok := a.next()
	if !ok {
		return nil
	}
	return describe(c.s, c.at)
}
