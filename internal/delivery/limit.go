package delivery

import (
	"context"
	"maps"
	"slices"
	"time"

	"tactus/internal/gate"
)

// Line is the queue of a sender's messages that wait because its limits are reached (EMAIL-6); what has just started has a line of
// its own, which goes first (ENG-8).
type Line struct {
	Account int64
	Sender  string
	Lane    int
}

// Turn is a message's place in its line.
type Turn struct {
	Number int64
	Ahead  int64 // turns before it that have not left
}

// limit lets no more messages of a sender pass than its limits allow; the rest waits, in order (EMAIL-6). Each that waits is put off to about
// its turn, so that a long queue costs what leaves, not what waits. It returns what could go but was not made yet, and how many were put off.
func (s *Service) limit(ctx context.Context, l Lane, t *taking) (spare map[int64]bool, put int, err error) {
	spare = map[int64]bool{}
	limits, err := s.limits(ctx, l.Account, l.Channel)
	if err != nil {
		return nil, 0, err
	}
	bySender := map[string][]*Message{}
	for i := range t.claimed {
		m := &t.claimed[i]
		if t.ready[m.ID] && t.decisions[m.ID].Verdict == gate.Open {
			sender := t.made[m.ID].Sender
			if sender == "" && m.Body != nil {
				sender = m.Body.EnvelopeFrom
			}
			bySender[sender] = append(bySender[sender], m)
		}
	}
	for _, sender := range slices.Sorted(maps.Keys(bySender)) { // in one order, so that nodes do not wait for each other in a ring
		free, n, err := s.line(ctx, l, t, sender, bySender[sender], limits)
		if err != nil {
			return nil, 0, err
		}
		for _, m := range free {
			spare[m.ID] = true
		}
		put += n
	}
	return spare, put, nil
}

// line serves one sender's messages, in their order.
func (s *Service) line(ctx context.Context, l Lane, t *taking, sender string, messages []*Message, limits map[time.Duration]int) (spare []*Message, put int, err error) {
	made := slices.IndexFunc(messages, func(m *Message) bool { return t.unmade[m.ID] })
	if made < 0 {
		made = len(messages)
	}
	now := s.clock.Now()
	got, opens, err := s.store.Spend(ctx, l.Account, sender, limits, made, now)
	if err != nil {
		return nil, 0, err
	}
	if err := s.served(ctx, l, sender, messages[:got], now); err != nil {
		return nil, 0, err
	}
	rest := messages[got:]
	if got == made && len(rest) > 0 { // nobody was refused: are there places for those that were not made yet?
		if _, opens, err = s.store.Spend(ctx, l.Account, sender, limits, 0, now); err != nil {
			return nil, 0, err
		}
	}
	if opens.IsZero() {
		return rest, 0, nil
	}
	return nil, len(rest), s.queue(ctx, l, t, sender, rest, limits, opens)
}

// served tells the lines who has left.
func (s *Service) served(ctx context.Context, l Lane, sender string, gone []*Message, now time.Time) error {
	last := map[int]int64{}
	for _, m := range gone {
		last[m.Lane] = max(last[m.Lane], m.Turn)
	}
	for _, lane := range slices.Sorted(maps.Keys(last)) {
		if last[lane] == 0 {
			continue
		}
		if err := s.store.Served(ctx, Line{l.Account, sender, lane}, last[lane], now); err != nil {
			return err
		}
	}
	return nil
}

// queue puts messages off to about their turn.
func (s *Service) queue(ctx context.Context, l Lane, t *taking, sender string, rest []*Message, limits map[time.Duration]int, opens time.Time) error {
	byLane := map[int][]*Message{}
	for _, m := range rest {
		byLane[m.Lane] = append(byLane[m.Lane], m)
	}
	for _, lane := range slices.Sorted(maps.Keys(byLane)) {
		numbers := make([]int64, len(byLane[lane]))
		for i, m := range byLane[lane] {
			numbers[i] = m.Turn
		}
		turns, err := s.store.Queue(ctx, Line{l.Account, sender, lane}, numbers, opens, s.clock.Now())
		if err != nil {
			return err
		}
		for i, m := range byLane[lane] {
			m.Turn = turns[i].Number
			t.decisions[m.ID] = gate.Decision{
				Verdict: gate.Postpone, Reason: gate.CarrierLimit, Until: turnAt(opens, turns[i].Ahead, limits), Soonest: opens, Rule: "sender " + sender,
			}
		}
	}
	return nil
}

// turnAt is when a message with so many ahead of it is looked at again: after three quarters of the windows that those ahead fill, counted
// from the next opening. Too early rather than too late, because some of those ahead will not come (their run was stopped, a gate closed):
// who comes too early is told anew, and each time what is left to wait is a quarter, so a message is looked at a few times in all.
func turnAt(opens time.Time, ahead int64, limits map[time.Duration]int) time.Time {
	var wait time.Duration
	for size, limit := range limits {
		if limit > 0 {
			windows := ahead / int64(limit) * 3 / 4
			wait = max(wait, time.Duration(windows)*size)
		}
	}
	return opens.Add(wait)
}
