package serve

import (
	"context"
	"errors"
	"time"

	"tactus/internal/clock"
	"tactus/internal/enroll"
	"tactus/internal/metrics"
)

// How long what nobody asks for any more is kept.
const (
	keepKeys       = 24 * time.Hour
	keepOperations = 30 * 24 * time.Hour
)

// housekeeping folds counts, forgets what nobody asks for any more, begins what the accounts' retention asks for, and watches for what is overdue.
func (s *Server) housekeeping(ctx context.Context) error {
	const every = time.Minute
	for ctx.Err() == nil {
		now := s.Clock.Now()
		if n, oldest, err := s.DB.Overdue(ctx, now.Add(-metrics.Overdue)); err != nil && ctx.Err() == nil {
			s.log.Error("watchdog", "error", err)
		} else if n > 0 {
			s.log.Warn("enrollments are overdue", "count", n, "oldest_due", oldest)
		}
		if n, err := s.Delivery.Reconcile(ctx, s.DB); err != nil && ctx.Err() == nil {
			s.log.Error("reconciling messages", "error", err)
		} else if n > 0 {
			s.log.Warn("answers were brought to enrollments that still waited for them", "count", n)
		}
		if _, err := s.DB.FoldCounts(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("folding counts", "error", err)
		}
		if _, err := s.DB.ForgetKeys(ctx, now.Add(-keepKeys)); err != nil && ctx.Err() == nil {
			s.log.Error("forgetting idempotency keys", "error", err)
		}
		if _, err := s.DB.ForgetStarts(ctx, enroll.StartDay(now)-1); err != nil && ctx.Err() == nil {
			s.log.Error("forgetting counts of starts", "error", err)
		}
		s.forget(ctx, now)
		if err := clock.Sleep(ctx, every); err != nil {
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// forget is the part of housekeeping that gives room back: once a day on all nodes together, and to the disk whenever there is some.
func (s *Server) forget(ctx context.Context, now time.Time) {
	day := now.Unix() / (24 * 60 * 60)
	err := s.Retain.Daily(ctx)
	if first, claimed := s.DB.ClaimDay(ctx, "forget", day); claimed != nil || first {
		err = errors.Join(err, claimed, s.forgetOperations(ctx))
	}
	if err = errors.Join(err, s.DB.GiveBack(ctx)); err != nil && ctx.Err() == nil {
		s.log.Error("forgetting what is old", "error", err)
	}
}

func (s *Server) forgetOperations(ctx context.Context) error {
	for {
		if n, err := s.Jobs.Prune(ctx, keepOperations); err != nil || n == 0 {
			return err
		}
	}
}
