package enroll

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"tactus/internal/fault"
	"tactus/internal/plan"
)

func tick(*Row, *Program) Event { return Tick{} }

// Tick moves what is due of one account; limit is the batch (ENG-3). It returns how many enrollments it moved. When the batch as a whole
// cannot be moved, because of one in it, each is moved by itself and that one is set aside (ENG-8).
func (s *Service) Tick(ctx context.Context, account int64, limit int) (int, error) {
	var ids []int64
	err := whole(func() error {
		return s.store.InTx(ctx, func(ctx context.Context) error {
			rows, err := s.store.ClaimDue(ctx, account, s.clock.Now(), limit)
			if err != nil {
				return err
			}
			ids = make([]int64, len(rows))
			for i := range rows {
				ids[i] = rows[i].ID
			}
			_, err = s.move(ctx, account, rows, "engine", tick)
			return err
		})
	})
	if err == nil {
		return len(ids), nil
	}
	if passing(ctx, err) || len(ids) == 0 {
		return 0, err
	}
	for n, id := range ids {
		if err := s.alone(ctx, account, id); err != nil {
			return n, err
		}
	}
	return len(ids), nil
}

// TickOne moves one enrollment that is due: the simulator's order is its own (1a).
func (s *Service) TickOne(ctx context.Context, account, id int64) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.store.LockEnrollments(ctx, account, Selection{IDs: []int64{id}})
		if err != nil {
			return err
		}
		_, err = s.move(ctx, account, rows, "engine", tick)
		return err
	})
}

// alone moves one enrollment that is still due, or sets it aside.
func (s *Service) alone(ctx context.Context, account, id int64) error {
	cause := whole(func() error { return s.ifDue(ctx, account, id, s.move) })
	if cause == nil || passing(ctx, cause) {
		return cause
	}
	return s.ifDue(ctx, account, id, func(ctx context.Context, _ int64, rows []Row, _ string, _ func(*Row, *Program) Event) ([]Result, error) {
		return nil, s.aside(ctx, s.clock.Now(), &rows[0], cause)
	})
}

type mover func(ctx context.Context, account int64, rows []Row, author string, event func(*Row, *Program) Event) ([]Result, error)

func (s *Service) ifDue(ctx context.Context, account, id int64, do mover) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.store.LockEnrollments(ctx, account, Selection{IDs: []int64{id}, Status: []plan.Status{plan.Active}})
		if err != nil || len(rows) == 0 || rows[0].DueAt.IsZero() || rows[0].DueAt.After(s.clock.Now()) {
			return err
		}
		_, err = do(ctx, account, rows, "engine", tick)
		return err
	})
}

// passing reports whether an error says nothing about what was to be done: the database is away, the process ends.
func passing(ctx context.Context, err error) bool {
	return ctx.Err() != nil || fault.Is(err, fault.Unavailable)
}

// whole turns a panic into an error: the transaction was rolled back on the way.
func whole(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if load, ok := r.(error); ok && errors.Is(load, errLoad) {
				err = load
				return
			}
			err = fault.New(fault.Internal, "%s", fmt.Sprintf("panic: %v\n%s", r, debug.Stack()))
		}
	}()
	return f()
}

// aside records that the engine could not run an enrollment: it tries again with growing gaps, and after maxTries it pauses
// the enrollment with the error on the plan (ENG-8).
func (s *Service) aside(ctx context.Context, now time.Time, r *Row, cause error) error {
	tries := r.Tries + 1
	if tries < maxTries {
		again := now.Add(time.Minute << (2 * (tries - 1)))
		return s.store.Fail(ctx, r.AccountID, r.ID, tries, again, cause.Error())
	}
	if err := s.store.Fail(ctx, r.AccountID, r.ID, tries, time.Time{}, cause.Error()); err != nil {
		return err
	}
	text := fmt.Sprintf("engine error: contact %d is paused: %v", r.ContactID, cause)
	return s.store.SetPlanProblem(ctx, r.AccountID, r.PlanID, text)
}
