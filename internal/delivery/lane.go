package delivery

import (
	"context"
	"sync"
	"time"

	"tactus/internal/channel"
	"tactus/internal/gate"
)

// sent is a message with its carrier's answer.
type sent struct {
	m Message
	r channel.Receipt
}

// work sends the lane's due messages until none is left. As many are under way as the carrier has connections, and no more are
// marked as being handed over (DEC-12): a place is free again when the answer has been recorded.
func (s *Service) work(ctx context.Context, l Lane) (int, error) {
	carrier, kind, err := s.carriers.For(ctx, l.Account, l.Channel)
	if err != nil {
		return 0, err
	}
	places := max(1, carrier.Connections())
	answers := make(chan sent, places)
	var under sync.WaitGroup
	defer under.Wait()
	n, flying := 0, 0
	for {
		free, err := s.allowed(ctx, l, places-flying, flying)
		if err != nil {
			return n, err
		}
		started := 0
		if free > 0 {
			batch, done, err := s.take(ctx, l, kind, carrier, free)
			if err != nil {
				return n, s.finish(ctx, l, answers, flying, err)
			}
			n += done
			started = done
			for _, go1 := range batch {
				under.Add(1)
				flying++
				go func() {
					defer under.Done()
					answers <- sent{go1, s.send(ctx, carrier, go1)}
				}()
			}
		}
		if flying == 0 {
			if started == 0 {
				return n, nil
			}
			continue
		}
		got := collect(answers)
		flying -= len(got)
		if err := s.record(ctx, l, got); err != nil {
			return n, s.finish(ctx, l, answers, flying, err)
		}
	}
}

// finish lets the messages under way come home before an error is reported; what cannot be recorded is settled when its lease ends.
func (s *Service) finish(ctx context.Context, l Lane, answers <-chan sent, flying int, cause error) error {
	for flying > 0 {
		got := collect(answers)
		flying -= len(got)
		if err := s.record(ctx, l, got); err != nil {
			s.log.Error("recording answers", "account", l.Account, "channel", l.Channel, "error", err)
		}
	}
	return cause
}

// collect waits for one answer and takes whatever else is there, so that busy lanes record in sets.
func collect(answers <-chan sent) []sent {
	got := []sent{<-answers}
	for {
		select {
		case a := <-answers:
			got = append(got, a)
		default:
			return got
		}
	}
}

func (s *Service) send(ctx context.Context, carrier channel.Carrier, m Message) channel.Receipt {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return carrier.Send(ctx, *m.Body)
}

// take claims up to free messages, makes their bytes, and marks those that may go now. It returns them, and how many messages
// it handled in all.
func (s *Service) take(ctx context.Context, l Lane, kind string, carrier channel.Carrier, free int) ([]Message, int, error) {
	var claimed []Message
	err := s.store.InTx(ctx, func(ctx context.Context) (err error) {
		claimed, err = s.store.ClaimMessages(ctx, l, s.clock.Now(), free, s.lease)
		return err
	})
	if err != nil || len(claimed) == 0 {
		return nil, 0, err
	}
	made, err := s.make(ctx, l, carrier, claimed)
	if err != nil {
		return nil, 0, err
	}
	var goes []Message
	err = s.store.InTx(ctx, func(ctx context.Context) (err error) {
		goes, err = s.mark(ctx, l, kind, claimed, made)
		return err
	})
	return goes, len(claimed), err
}

// make composes the bytes of messages that have none yet, in parallel, before any lock is taken.
func (s *Service) make(ctx context.Context, l Lane, carrier channel.Carrier, claimed []Message) (map[int64]Made, error) {
	made, err := s.writer.Drafts(ctx, l.Account, claimed)
	if err != nil {
		return nil, err
	}
	var under sync.WaitGroup
	bodies := make([]channel.Composed, len(claimed))
	faults := make([]error, len(claimed))
	todo := make([]bool, len(claimed))
	for i, m := range claimed {
		d := made[m.ID]
		if m.Body != nil || d.Skip != "" || d.Fail != "" || d.Hold != "" {
			continue
		}
		todo[i] = true
		under.Go(func() { bodies[i], faults[i] = carrier.Compose(d.Draft) })
	}
	under.Wait()
	for i := range claimed {
		switch m := &claimed[i]; {
		case !todo[i]:
		case faults[i] != nil:
			d := made[m.ID]
			d.Fail, d.Detail = "bad_content", faults[i].Error()
			made[m.ID] = d
		default:
			m.Body = &bodies[i]
		}
	}
	return made, nil
}

// allowed is how many messages may be taken now: none while the circuit is open, but for one probe (ENG-7).
func (s *Service) allowed(ctx context.Context, l Lane, free, flying int) (int, error) {
	c, err := s.store.Circuit(ctx, l)
	if err != nil || c.OpenedAt.IsZero() {
		return free, err
	}
	if flying > 0 {
		return 0, nil
	}
	if s.clock.Now().Before(c.ProbeAt) {
		return free, nil // they are taken to be put off, so that later steps are not held up (DEC-2)
	}
	return min(1, free), nil
}

// opening is the moment before which an open circuit lets nothing through; zero when messages may go.
func (s *Service) opening(ctx context.Context, l Lane) (time.Time, error) {
	c, err := s.store.Circuit(ctx, l)
	if err != nil || c.OpenedAt.IsZero() || !s.clock.Now().Before(c.ProbeAt) {
		return time.Time{}, err
	}
	return c.ProbeAt, nil
}

var carrierDown = gate.Decision{Verdict: gate.Postpone, Reason: "carrier_down"}
