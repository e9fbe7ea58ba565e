package delivery

import (
	"context"

	"tactus/internal/enroll"
)

// Unanswered is an enrollment that waits for a message whose fate is known. Answers commit together with the message's row, so there is none
// unless the engine could not apply the answer at that moment (ENG-8).
type Unanswered struct {
	Account, Enrollment int64
	Step                string
	Run, Round          int
	Status              Status
	Reason, Answer      string
}

// Reconciler finds them.
type Reconciler interface {
	Unanswered(ctx context.Context, limit int) ([]Unanswered, error)
}

// Reconcile brings known answers to enrollments that still wait for them, so that nothing waits for ever (ENG-1).
func (s *Service) Reconcile(ctx context.Context, store Reconciler) (int, error) {
	list, err := store.Unanswered(ctx, 500)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	byAccount := map[int64]map[int64]enroll.Answer{}
	for _, u := range list {
		if byAccount[u.Account] == nil {
			byAccount[u.Account] = map[int64]enroll.Answer{}
		}
		byAccount[u.Account][u.Enrollment] = u.answer()
	}
	for account, answers := range byAccount {
		err := s.store.InTx(ctx, func(ctx context.Context) error {
			return s.runs.Answers(ctx, account, answers, func(context.Context) error { return nil })
		})
		if err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func (u Unanswered) answer() enroll.Answer {
	a := enroll.Answer{Step: u.Step, Run: u.Run, Round: u.Round, Reason: u.Reason, Detail: u.Answer}
	switch u.Status {
	case Accepted:
		a.Outcome, a.Reason = enroll.Fired, ""
	case Uncertain:
		a.Outcome, a.Detail = enroll.Fired, "uncertain: "+u.Answer
	case Refused, Failed:
		a.Outcome = enroll.Failed
	case Skipped, Withdrawn:
		a.Outcome = enroll.Skipped
	}
	return a
}
