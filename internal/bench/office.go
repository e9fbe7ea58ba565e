package bench

import (
	"context"
	"errors"

	"tactus/internal/account"
	"tactus/internal/app"
	"tactus/internal/bulk"
	"tactus/internal/clock"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/store"
	"tactus/internal/work"
)

// author is who the bench's changes are recorded by.
const author = "bench"

// audience is the tag of the contacts that a fixture makes.
const audience = "Bench"

// office is the product on one database, with its first account.
type office struct {
	*app.App
	account account.Account
	address string
}

// office opens the product on a database, with the database's own time.
func (s *session) office(ctx context.Context, address string) (_ *office, err error) {
	db, err := store.Open(ctx, address, store.Options{})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	if err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	var c clock.Clock
	if c, err = db.Clock(ctx); err != nil {
		return nil, err
	}
	db.FollowGrowth()
	workers := 1
	if db.Nodes() {
		workers = s.Workers
	}
	o := &office{address: address, App: app.New(db, c, app.Options{Workers: workers})}
	if o.account, _, err = o.Accounts.Bootstrap(ctx, "owner@bench.example"); err != nil {
		return nil, err
	}
	return o, nil
}

func (o *office) close() error {
	o.Carriers.Close()
	return o.DB.Close()
}

// plan puts a plan on and makes it ready.
func (o *office) plan(ctx context.Context, text string) (int64, error) {
	f, problems := plan.Load("bench.yaml", []byte("tactus: 1\n"+text), o.Actions)
	if err := plan.Fault(problems); err != nil {
		return 0, err
	}
	applied, err := o.Plans.Apply(ctx, o.account.ID, []*plan.File{f}, planbook.ApplyOptions{Author: author})
	if err != nil {
		return 0, err
	}
	if err := plan.Fault(applied.Problems); err != nil {
		return 0, err
	}
	full, err := o.Plans.ByName(ctx, o.account.ID, f.Document.Name)
	return full.Plan.ID, err
}

// assign puts all of the fixture's people on a plan, as a person would: by their tag, in one operation.
func (o *office) assign(ctx context.Context, p *progress, planID int64) error {
	filter, err := o.Bulk.Filter(ctx, o.account.ID, bulk.Names{Tags: []string{audience}})
	if err != nil {
		return err
	}
	id, err := o.Bulk.Assign(ctx, o.account.ID, bulk.Assign{Plan: planID, Filter: filter, By: o.account.OwnerID}, author)
	if err != nil {
		return err
	}
	return o.finish(ctx, p, id)
}

// finish works until an operation is done.
func (o *office) finish(ctx context.Context, p *progress, id int64) error {
	for {
		n, err := o.Work.RunOnce(ctx)
		if err != nil {
			return err
		}
		if n > 0 && p.w == nil {
			continue
		}
		op, err := o.Jobs.Get(ctx, o.account.ID, id)
		switch {
		case err != nil:
			return err
		case op.Status == work.Done:
			return nil
		case n == 0:
			return fault.New(fault.Internal, "the operation is %s: %s", op.Status, op.Message)
		}
		p.count(op.Kind, int(op.Done), int(op.Total))
	}
}
