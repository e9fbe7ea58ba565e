package delivery

import (
	"context"
	"errors"

	"tactus/internal/enroll"
	"tactus/internal/fault"
)

// Unanswered is an enrollment that waits for a message whose fate is known. Answers commit together with the message's row, so there is none
// unless the engine could not apply the answer at that moment (ENG-8).
type Unanswered struct {
	Account, Enrollment, Message int64
	Step                         string
	Run, Round                   int
	Status                       Status
	Reason, Answer               string
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
	byAccount := map[int64][]enroll.Answered{}
	for _, u := range list {
		byAccount[u.Account] = append(byAccount[u.Account], enroll.Answered{Enrollment: u.Enrollment, Message: u.Message, Answer: s.known(u)})
	}
	n := 0
	var failed []error
	for account, answers := range byAccount {
		k, err := s.bring(ctx, account, answers)
		n += k
		failed = append(failed, err)
	}
	return n, errors.Join(failed...)
}

// bring applies answers; when that fails, half of them at a time, so that one that cannot be applied does not hold the others up (ENG-8).
func (s *Service) bring(ctx context.Context, account int64, answers []enroll.Answered) (int, error) {
	err := alive(func() error {
		return s.store.InTx(ctx, func(ctx context.Context) error {
			return s.runs.Answers(ctx, account, answers, func(context.Context, map[int64]bool) (map[int64]bool, error) {
				all := make(map[int64]bool, len(answers))
				for _, a := range answers {
					all[a.Message] = true
				}
				return all, nil
			})
		})
	})
	switch {
	case err == nil:
		return len(answers), nil
	case len(answers) == 1, ctx.Err() != nil, fault.Is(err, fault.Unavailable):
		return 0, err
	}
	n, first := s.bring(ctx, account, answers[:len(answers)/2])
	k, second := s.bring(ctx, account, answers[len(answers)/2:])
	return n + k, errors.Join(first, second)
}

// known is the answer that the message's row tells. What was put off is judged anew by Advance.
func (s *Service) known(u Unanswered) enroll.Answer {
	a := enroll.Answer{Step: u.Step, Run: u.Run, Round: u.Round, Reason: u.Reason, Detail: u.Answer}
	switch u.Status {
	case Accepted:
		a.Outcome, a.Reason = enroll.Fired, ""
	case Uncertain:
		a.Outcome, a.Detail = enroll.Fired, "uncertain: "+u.Answer
	case Refused, Failed:
		a.Outcome = enroll.Failed
	case Skipped:
		a.Outcome = enroll.Skipped
	case Waiting, Withdrawn:
		a.Until, a.Try = s.clock.Now(), u.Status == Waiting
	case Ready, Handing, Held:
	}
	return a
}
