package enroll

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"tactus/internal/fault"
	"tactus/internal/plan"
)

func timePasses(*Row, *Program) Event { return Tick{} }

// Tick moves what is due of one account; limit is the batch (ENG-3). It returns how many enrollments it moved. When the batch as a whole
// cannot be moved, because of one in it, that one is found and set aside, and the others are moved (ENG-8).
func (s *Service) Tick(ctx context.Context, account int64, limit int) (int, error) {
	return s.tick(ctx, account, false, limit)
}

// Begin is Tick for runs that have just started alone.
func (s *Service) Begin(ctx context.Context, account int64, limit int) (int, error) {
	return s.tick(ctx, account, true, limit)
}

func (s *Service) tick(ctx context.Context, account int64, fresh bool, limit int) (int, error) {
	var ids []int64
	err := whole(func() error {
		return s.store.InTx(ctx, func(ctx context.Context) error {
			rows, err := s.store.ClaimDue(ctx, account, s.clock.Now(), fresh, limit)
			if err != nil {
				return err
			}
			ids = make([]int64, len(rows))
			for i := range rows {
				ids[i] = rows[i].ID
			}
			_, err = s.move(ctx, account, rows, "engine", timePasses)
			return err
		})
	})
	if err == nil {
		return len(ids), nil
	}
	if passing(ctx, err) || len(ids) == 0 {
		return 0, err
	}
	if _, bad := s.Account(ctx, account); bad != nil {
		return 0, bad // it is not the enrollments' fault: they stay due, and the account waits (ENG-8)
	}
	return s.apart(ctx, account, ids, err)
}

// apart moves the halves of a batch that cannot be moved as a whole, and so on, until what is at fault is alone and is set aside. That takes
// about twice the logarithm of the batch in transactions for each one at fault, not one for each that is sound.
func (s *Service) apart(ctx context.Context, account int64, ids []int64, cause error) (int, error) {
	if len(ids) == 1 {
		err := s.ifDue(ctx, account, ids, func(ctx context.Context, _ int64, rows []Row, _ string, _ func(*Row, *Program) Event) ([]Result, error) {
			return nil, s.aside(ctx, s.clock.Now(), &rows[0], cause)
		})
		return 1, err
	}
	n := 0
	for _, half := range [][]int64{ids[:len(ids)/2], ids[len(ids)/2:]} {
		moved := len(half)
		err := whole(func() error { return s.ifDue(ctx, account, half, s.move) })
		if err != nil && !passing(ctx, err) {
			moved, err = s.apart(ctx, account, half, err)
		}
		if err != nil {
			return n, err
		}
		n += moved
	}
	return n, nil
}

// TickOne moves one enrollment that is due: the simulator's order is its own (1a).
func (s *Service) TickOne(ctx context.Context, account, id int64) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.store.LockEnrollments(ctx, account, Selection{IDs: []int64{id}})
		if err != nil {
			return err
		}
		_, err = s.move(ctx, account, rows, "engine", timePasses)
		return err
	})
}

type mover func(ctx context.Context, account int64, rows []Row, author string, event func(*Row, *Program) Event) ([]Result, error)

// ifDue does something with those enrollments that are still due.
func (s *Service) ifDue(ctx context.Context, account int64, ids []int64, do mover) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.store.LockEnrollments(ctx, account, Selection{IDs: ids, Status: []plan.Status{plan.Active}})
		if err != nil {
			return err
		}
		now := s.clock.Now()
		rows = slices.DeleteFunc(rows, func(r Row) bool { return r.DueAt.IsZero() || r.DueAt.After(now) })
		if len(rows) == 0 {
			return nil
		}
		_, err = do(ctx, account, rows, "engine", timePasses)
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
		return s.store.Fail(ctx, r.AccountID, r.ID, tries, again, "", cause.Error())
	}
	if err := s.store.Fail(ctx, r.AccountID, r.ID, tries, time.Time{}, heldState(r, now), cause.Error()); err != nil {
		return err
	}
	text := fmt.Sprintf("engine error: contact %d is paused: %v", r.ContactID, cause)
	return s.store.SetPlanProblem(ctx, r.AccountID, r.PlanID, text)
}

// heldState is the state of an enrollment that the engine pauses: the pause is in it, so that a resume shifts what comes later and does not burst
// (PLAN-16). "" leaves a state that cannot be read as it is.
func heldState(r *Row, now time.Time) string {
	st, err := DecodeState(r.Raw)
	if err != nil || r.Status != plan.Active {
		return ""
	}
	st.Pauses = append(st.Pauses, Pause{From: MillisOf(now)})
	return EncodeState(st)
}
