package delivery

import (
	"context"
	"errors"
	"fmt"

	"tactus/internal/enroll"
	"tactus/internal/fault"
)

// doubtBatch is how many messages are settled at once.
const doubtBatch = 500

// Doubt settles messages whose sender died or stalled while handing them over: they may have left, so they are marked uncertain,
// count as fired, and are never sent again by themselves (ENG-5). all is for a single process right after its start.
//
// They are claimed first and settled then, account by account: contacts and enrollments are locked before messages (DEC-10), and what
// cannot be settled in one account does not hold the others up. Who dies in between leaves them to the next one, when the new lease ends.
func (s *Service) Doubt(ctx context.Context, all bool) error {
	for {
		n, err := s.doubt(ctx, all)
		if err != nil || n < doubtBatch {
			return err
		}
	}
}

// doubt settles one batch and returns how many it is.
func (s *Service) doubt(ctx context.Context, all bool) (int, error) {
	var messages []Message
	err := s.store.InTx(ctx, func(ctx context.Context) (err error) {
		messages, err = s.store.ExpiredHanding(ctx, all, s.held(), doubtBatch)
		return err
	})
	if err != nil {
		return 0, err
	}
	byAccount := map[int64][]Message{}
	for _, m := range messages {
		byAccount[m.Account] = append(byAccount[m.Account], m)
	}
	var failed []error
	for account, list := range byAccount {
		err := s.settleDoubt(ctx, account, list, true)
		if err != nil && ctx.Err() == nil && !fault.Is(err, fault.Unavailable) {
			err = s.eachDoubt(ctx, account, list)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("account %d: %w", account, err))
		}
	}
	return len(messages), errors.Join(failed...)
}

// eachDoubt settles messages one by one; one whose enrollment cannot take the answer is settled alone, and Reconcile brings it again.
func (s *Service) eachDoubt(ctx context.Context, account int64, messages []Message) error {
	var failed []error
	for _, m := range messages {
		one := []Message{m}
		if err := s.settleDoubt(ctx, account, one, true); err != nil {
			failed = append(failed, err, s.settleDoubt(ctx, account, one, false))
		}
	}
	return errors.Join(failed...)
}

func (s *Service) settleDoubt(ctx context.Context, account int64, messages []Message, bring bool) error {
	return alive(func() error { return s.settled(ctx, account, messages, bring) })
}

func (s *Service) settled(ctx context.Context, account int64, messages []Message, bring bool) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		now := s.clock.Now()
		var outcomes []Outcome
		var answers []enroll.Answered
		for _, m := range messages {
			text := fmt.Sprintf("the sender of attempt %d ended before the carrier's answer was recorded", m.Attempts)
			outcomes = append(outcomes, Outcome{
				Message: m.ID, Token: m.Token, Status: Uncertain, Reason: "uncertain", Answer: text, FirstTry: m.FirstTry,
			})
			if bring && m.Class == Plan {
				answers = append(answers, enroll.Answered{Enrollment: m.Enrollment, Contact: m.Contact, Message: m.ID, Handed: m.handed(), Answer: enroll.Answer{
					Step: m.Step, Run: m.Run, Round: m.Round, Outcome: enroll.Fired, At: now, Detail: "uncertain: " + text,
				}})
			}
		}
		return s.runs.Answers(ctx, account, answers, func(ctx context.Context, _ map[int64]bool) (map[int64]bool, error) {
			return s.store.Record(ctx, account, outcomes, now)
		})
	})
}
