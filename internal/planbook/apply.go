package planbook

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// ApplyOptions say how files are applied (DEC-9).
type ApplyOptions struct {
	Draft   bool // plans are not made ready; those that are stay so
	ApplyTo ApplyTo
	DryRun  bool // only the preview
	Author  string
}

// Applied is what applying files did, or would do.
type Applied struct {
	Problems []plan.Problem // when there is one, nothing was applied
	Files    []AppliedFile  // in the order of the files
}

// AppliedFile is what became of one file.
type AppliedFile struct {
	File     string
	Name     string // of the plan or template
	Template bool
	ID       int64 // 0 in a preview of something new
	Created  bool
	Changed  bool
	Ready    bool           // the plan is ready afterwards
	Preview  *Preview       // of a plan that exists
	Doubts   []plan.Problem // what keeps a draft from becoming ready
	UsedBy   []plan.Plan    // the plans that use a template that changes (TPL-3)
	Saved    *Saved         // nil in a preview, and of templates
}

// Apply brings plan and template files into the account, all or nothing: plans are found by their names, checked together, so that they may
// name each other in any order, and made ready together. Files that Load found problems in are not to be given. With problems the
// error is fault.Invalid, and the answer lists them by file and line.
func (s *Service) Apply(ctx context.Context, account int64, files []*plan.File, opt ApplyOptions) (*Applied, error) {
	if err := opt.ApplyTo.check(); err != nil {
		return nil, err
	}
	out := &Applied{}
	work := func(ctx context.Context, cat *catalog) error {
		a := &application{Service: s, cat: cat, opt: opt, out: &Applied{}}
		out = a.out
		if err := a.read(ctx, files); err != nil {
			return err
		}
		if err := problemsFault(a.out.Problems); err != nil {
			return err
		}
		if opt.DryRun {
			return nil
		}
		return a.write(ctx)
	}
	var err error
	if opt.DryRun {
		err = s.store.ReadTx(ctx, func(ctx context.Context) error {
			cat, err := s.catalog(ctx, account)
			if err != nil {
				return err
			}
			return work(ctx, cat)
		})
	} else {
		err = s.locked(ctx, account, work)
	}
	return out, err
}

// problemsFault names each problem by its file and line.
func problemsFault(problems []plan.Problem) error {
	fields := make([]fault.Field, len(problems))
	for i, p := range problems {
		fields[i] = fault.Field{Name: fmt.Sprintf("%s:%d", p.File, p.Line), Message: p.Message}
	}
	return fault.InvalidFields(fields)
}

// application is one call of Apply at work.
type application struct {
	*Service
	cat       *catalog
	opt       ApplyOptions
	out       *Applied
	plans     []*candidate
	planAt    []int // their places in out.Files
	templates []*plan.File
	tmplAt    []int
}

// read finds out what the files would do and what is wrong with them.
func (a *application) read(ctx context.Context, files []*plan.File) error {
	for _, f := range files {
		line := AppliedFile{File: f.Name}
		switch {
		case f.Template != nil:
			line.Name, line.Template = f.Template.Name, true
			a.templates, a.tmplAt = append(a.templates, f), append(a.tmplAt, len(a.out.Files))
		case f.Document != nil:
			line.Name = f.Document.Name
			if err := a.plan(ctx, f); err != nil {
				return err
			}
			a.planAt = append(a.planAt, len(a.out.Files))
		default:
			continue
		}
		a.out.Files = append(a.out.Files, line)
	}
	problems, err := a.check(ctx, a.cat, a.plans, a.templates)
	if err != nil {
		return err
	}
	a.out.Problems = append(a.out.Problems, problems...)
	for i, c := range a.plans {
		a.out.Problems = append(a.out.Problems, c.problems...)
		if err := a.show(ctx, c, &a.out.Files[a.planAt[i]]); err != nil {
			return err
		}
	}
	if err := a.readTemplates(ctx); err != nil {
		return err
	}
	place := map[string]int{}
	for i, f := range files {
		place[f.Name] = i
	}
	slices.SortStableFunc(a.out.Problems, func(x, y plan.Problem) int {
		return cmp.Or(cmp.Compare(place[x.File], place[y.File]), cmp.Compare(x.Line, y.Line))
	})
	return nil
}

func (a *application) plan(ctx context.Context, f *plan.File) error {
	c, err := a.candidate(f.Document, f)
	if err != nil {
		return err
	}
	head, known := a.cat.heads[c.doc.Name]
	if !known {
		head = Head{Plan: plan.Plan{AccountID: a.cat.account.ID, Name: c.doc.Name}}
	}
	if err := a.edits(ctx, c, head); err != nil {
		return err
	}
	if head.Archived {
		c.problems = append(c.problems, c.problem("plan", Unusable, "the plan %q is archived; take it out of the archive first", head.Name))
	}
	c.ready = head.Ready || !a.opt.Draft
	c.runs = a.opt.ApplyTo != NewRuns && c.movable() > 0
	a.plans = append(a.plans, c)
	return nil
}

// show is a plan's part of the preview.
func (a *application) show(ctx context.Context, c *candidate, line *AppliedFile) error {
	line.ID, line.Created, line.Ready, line.Doubts = c.head.ID, c.old == nil, c.ready, c.doubts
	line.Changed = c.old == nil || c.ready != c.head.Ready
	if c.old == nil {
		return nil
	}
	var err error
	line.Preview, err = a.preview(ctx, c, a.cat.account.Zone)
	line.Changed = line.Changed || len(line.Preview.Changes) > 0
	return err
}

func (a *application) readTemplates(ctx context.Context) error {
	names := make([]string, len(a.templates))
	for i, f := range a.templates {
		names[i] = f.Template.Name
	}
	known, err := a.store.TemplatesNamed(ctx, a.cat.account.ID, names)
	if err != nil {
		return err
	}
	for i, f := range a.templates {
		line := &a.out.Files[a.tmplAt[i]]
		at := slices.IndexFunc(known, func(t Template) bool { return t.Name == f.Template.Name })
		line.Created, line.Changed = at < 0, at < 0 || known[at].Template != *f.Template
		if at < 0 {
			continue
		}
		line.ID = known[at].ID
		if !line.Changed {
			continue
		}
		noted, err := a.store.PlansNaming(ctx, a.cat.account.ID, Ref{form.Template, line.ID})
		if err != nil {
			return err
		}
		for _, id := range noted {
			if h, err := a.cat.byID(id); err == nil {
				line.UsedBy = append(line.UsedBy, h.Plan)
			}
		}
		if known[at].Channel != f.Template.Channel && len(line.UsedBy) > 0 {
			a.out.Problems = append(a.out.Problems, plan.Problem{
				File: f.Name, Line: f.Line("channel"), Code: plan.Conflicting, Path: "channel",
				Message: fmt.Sprintf("channel: the template %q is for %s, and %s; give this one another name", f.Template.Name, known[at].Channel, UsedBy(line.UsedBy)),
			})
		}
	}
	return nil
}

func (a *application) write(ctx context.Context) error {
	for i, f := range a.templates {
		line := &a.out.Files[a.tmplAt[i]]
		if line.Changed {
			var err error
			if line.ID, err = a.store.SaveTemplateFile(ctx, a.cat.account.ID, *f.Template, a.clock.Now()); err != nil {
				return err
			}
		}
		a.cat.templates[f.Template.Name] = Template{ID: line.ID, Template: *f.Template}
	}
	saved, err := a.commit(ctx, a.cat, a.plans, SaveOptions{ApplyTo: a.opt.ApplyTo, Author: a.opt.Author})
	if err != nil {
		return err
	}
	for i, one := range saved {
		line := &a.out.Files[a.planAt[i]]
		line.Saved, line.ID = one, one.Plan.ID
		line.Changed = line.Changed || one.Changed
	}
	return nil
}
