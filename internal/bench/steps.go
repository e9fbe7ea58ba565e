package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"tactus/internal/fault"
)

// dueSteps is how many steps of stepsPlan are due at once.
const dueSteps = 5

// stepsPlan has five database-only steps that are due when it starts. The one a year ahead keeps the run alive, so
// that its guards stay and both sides can be counted.
const stepsPlan = `plan: Bench steps
steps:
  - {id: tag, name: Tag, action: add_tags, when: immediately, tags: [Bench hot]}
  - {id: stage, name: Stage, action: change_stage, when: immediately, stage: Working}
  - {id: note, name: Note, action: add_note, when: immediately, text: Call before the week is over}
  - {id: free, name: Free, action: unassign_user, when: immediately}
  - {id: seen, name: Seen, action: add_tags, when: immediately, tags: [Bench seen]}
  - {id: later, name: A year on, action: add_note, when: 12 months after start, text: A year on}
`

// steps measures the engine on steps that stay in the database, durably committed and with history.
func steps(ctx context.Context, s *session) (Result, error) {
	fixture := fmt.Sprintf("fixture_steps_%d", s.N)
	err := s.fixture(ctx, fixture, func(name string) error {
		return s.with(ctx, name, func(o *office) error {
			if err := s.people(ctx, o, s.N); err != nil {
				return err
			}
			planID, err := o.plan(ctx, stepsPlan)
			if err != nil {
				return err
			}
			return o.assign(ctx, s.progress, planID)
		})
	})
	if err != nil {
		return Result{}, err
	}
	p, done, err := s.beside(ctx, fixture, s.oursSteps, (*sample).writeSteps)
	if err != nil {
		return Result{}, err
	}
	res := p.result(s.N*dueSteps, "steps/s", s.alone())
	res.more("rows", float64(done.rows))
	return s.noted(ctx, res)
}

// oursSteps lets the engine move everything that is due.
func (s *session) oursSteps(ctx context.Context, r *raw, run int) (span, error) {
	var took span
	return took, s.withAt(ctx, r.address, func(o *office) (err error) {
		s.progress.say("engine, run %d of %d", run+1, s.Runs)
		took, err = s.profiled(run, func() error { return o.moveAll(ctx, s, s.N) })
		return err
	})
}

// moveAll runs the engine's workers until nothing is due.
func (o *office) moveAll(ctx context.Context, s *session, n int) error {
	workers := 1
	if o.DB.Nodes() {
		workers = s.Workers
	}
	var moved counter
	errs := make([]error, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for ctx.Err() == nil {
				did, _, err := o.Engine.RunOnce(ctx)
				if err != nil {
					errs[w] = err
					return
				}
				if did == 0 {
					return // what the others hold is theirs
				}
				s.progress.count("moved", moved.add(did), n)
			}
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if got := moved.add(0); got != n {
		return fault.New(fault.Internal, "the engine moved %d of %d enrollments", got, n)
	}
	return ctx.Err()
}
