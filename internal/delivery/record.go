package delivery

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"tactus/internal/channel"
	"tactus/internal/enroll"
	"tactus/internal/fault"
)

// giveUp is how long a message is retried, without the time that the carrier's circuit was open (ENG-7).
const giveUp = 24 * time.Hour

// record brings the carrier's answers back: to the message rows, where the token still holds, and through Advance to
// the enrollments, in one transaction. When an enrollment cannot take its answer, the others get theirs all the same (ENG-8); the message's own
// row keeps it, and Reconcile brings it again. While the database is away the answers are kept: what is known is not in doubt (ENG-5).
func (s *Service) record(ctx context.Context, l Lane, answers []sent) error {
	insist := func(answers []sent, bring bool) error {
		return s.insist(ctx, func(ctx context.Context) error {
			err := alive(func() error { return s.recordAll(ctx, l, answers, bring) })
			if err != nil {
				tried(answers)
			}
			return err
		})
	}
	err := insist(answers, true)
	if err == nil || fault.Is(err, fault.Unavailable) {
		return err
	}
	failed := []error{}
	for _, a := range answers {
		one := []sent{a}
		if err := insist(one, true); err != nil {
			failed = append(failed, err, insist(one, false))
		}
	}
	return errors.Join(failed...)
}

// recordAll records a set of answers; bring takes them to the enrollments, else the message rows alone have them.
func (s *Service) recordAll(ctx context.Context, l Lane, answers []sent, bring bool) error {
	now := s.clock.Now()
	return s.store.InTx(ctx, func(ctx context.Context) error {
		circuit, err := s.store.Circuit(ctx, l)
		if err != nil {
			return err
		}
		before := circuit
		outcomes := make([]Outcome, len(answers))
		back := make([]enroll.Answer, len(answers))
		for i, a := range answers {
			circuit = circuit.after(a.r, now)
			outcomes[i], back[i] = s.judge(a, circuit, now)
		}
		var plans []enroll.Answered
		for i, a := range answers {
			if bring && a.m.Class == Plan && a.m.Enrollment != 0 {
				plans = append(plans, enroll.Answered{
					Enrollment: a.m.Enrollment, Contact: a.m.Contact, Message: a.m.ID, Answer: back[i], Handed: a.m.handed(),
				})
			}
		}
		return s.runs.Answers(ctx, l.Account, plans, func(ctx context.Context, over map[int64]bool) (map[int64]bool, error) {
			for i := range outcomes {
				if o := &outcomes[i]; over[o.Message] && o.Status == Waiting {
					o.Status, o.Reason, o.TryAt = Withdrawn, enroll.ReasonRunEnded, time.Time{} // nothing tries it again (ENG-6)
				}
			}
			written, err := s.write(ctx, l, answers, outcomes, now)
			if err != nil {
				return nil, err
			}
			return written, s.count(ctx, l, before, answers, written, now)
		})
	})
}

// count tells the circuit of the answers that were written here: one that was recorded before has been counted (ENG-7).
func (s *Service) count(ctx context.Context, l Lane, before Circuit, answers []sent, written map[int64]bool, now time.Time) error {
	c := before
	for _, a := range answers {
		if written[a.m.ID] {
			c = c.after(a.r, now)
		}
	}
	if c == before {
		return nil
	}
	return s.store.SetCircuit(ctx, l, c)
}

// write records the message rows and returns those that it wrote. An answer whose token no longer holds is dropped: another node has
// settled that message.
func (s *Service) write(ctx context.Context, l Lane, answers []sent, outcomes []Outcome, now time.Time) (map[int64]bool, error) {
	written, err := s.store.Record(ctx, l.Account, outcomes, now)
	if err != nil {
		return nil, err
	}
	for i, a := range answers {
		if !written[a.m.ID] {
			if a.again {
				s.log.Info("an answer was recorded before, or another node has settled its message", "message", a.m.ID, "answer", a.r.Text)
			} else {
				s.log.Warn("late answer dropped", "message", a.m.ID, "answer", a.r.Text)
			}
			continue
		}
		if a.r.BadAddress && a.m.Class != Notice {
			if err := s.store.Suppress(ctx, l.Account, l.Channel, a.m.Body.EnvelopeTo, "bounce", outcomes[i].Answer, now); err != nil {
				return nil, err
			}
		}
	}
	return written, nil
}

// judge turns a carrier's answer into the message's outcome and the step's answer.
func (s *Service) judge(a sent, c Circuit, now time.Time) (Outcome, enroll.Answer) {
	m, r := a.m, a.r
	o := Outcome{Message: m.ID, Token: m.Token, Reason: r.Reason, Answer: words(r), CarrierID: r.CarrierID}
	back := enroll.Answer{Step: m.Step, Run: m.Run, Round: m.Round, At: now, Detail: words(r)}
	first := m.FirstTry
	if first.IsZero() {
		first = now
	}
	o.FirstTry = first
	switch r.Result {
	case channel.Accepted:
		o.Status, o.Reason, back.Outcome, back.Detail = Accepted, "", enroll.Fired, ""
	case channel.Refused:
		o.Status, back.Outcome, back.Reason = Refused, enroll.Failed, r.Reason
		if back.Reason == "" {
			back.Reason, o.Reason = "refused", "refused"
		}
	case channel.InDoubt:
		o.Status, o.Reason, back.Outcome, back.Detail = Uncertain, "uncertain", enroll.Fired, "uncertain: "+words(r)
	default:
		if now.Sub(first)-c.openSince(m, now) >= giveUp {
			o.Status, o.Reason = Failed, enroll.ReasonUnreachable
			back.Outcome, back.Reason = enroll.Failed, enroll.ReasonUnreachable
			break
		}
		next := now.Add(gap(m.Attempts+1, r.RetryAfter))
		o.Status, o.Reason = Waiting, enroll.ReasonCarrierDown
		if m.Class != Plan {
			o.Status = Ready
		}
		o.TryAt = next
		back.Until, back.Reason, back.Try = next, enroll.ReasonCarrierDown, true
	}
	return o, back
}

// gap grows from a minute to an hour and is jittered, so that messages of one outage do not come back together; a carrier's
// own Retry-After is honoured (ENG-7).
func gap(attempt int, asked time.Duration) time.Duration {
	d := time.Minute << min(attempt-1, 6)
	d = min(d, time.Hour)
	d += time.Duration(rand.Int64N(int64(d / 4)))
	return max(d, min(asked, giveUp))
}

func words(r channel.Receipt) string {
	switch {
	case r.Code == "":
		return r.Text
	case r.Text == "":
		return r.Code
	}
	return r.Code + " " + r.Text
}

// The circuit opens after this many failures in a row and is probed with growing gaps.
const (
	openAfter = 5
	probeMax  = 10 * time.Minute
)

// after is the circuit after an answer.
func (c Circuit) after(r channel.Receipt, now time.Time) Circuit {
	if !r.Down {
		if !c.OpenedAt.IsZero() {
			c.Spent += now.Sub(c.OpenedAt)
		}
		return Circuit{Spent: c.Spent}
	}
	c.Failures++
	c.Text = words(r)
	if c.Failures < openAfter {
		return c
	}
	if c.OpenedAt.IsZero() {
		c.OpenedAt = now
	}
	c.ProbeAt = now.Add(min(time.Minute<<min(c.Failures-openAfter, 4), probeMax))
	return c
}

// openSince is how long the circuit has been open since the message's first try.
func (c Circuit) openSince(m Message, now time.Time) time.Duration {
	open := c.Spent - m.SpentBefore
	if !c.OpenedAt.IsZero() {
		open += now.Sub(c.OpenedAt)
	}
	return max(0, open)
}
