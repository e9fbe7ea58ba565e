package delivery

import (
	"context"
	"slices"
	"time"

	"tactus/internal/enroll"
	"tactus/internal/gate"
)

// lock locks the contacts of a turn, those that were answered and those that may go, in one order (DEC-10).
func (s *Service) lock(ctx context.Context, l Lane, got []sent, chosen []prepared) error {
	contacts := make([]int64, 0, len(got)+len(chosen))
	for _, a := range got {
		contacts = append(contacts, a.m.Contact)
	}
	for _, p := range chosen {
		contacts = append(contacts, p.m.Contact)
	}
	return s.runs.Lock(ctx, l.Account, contacts)
}

// taking is what is known of the messages of one turn.
type taking struct {
	chosen    []prepared
	claimed   []Message      // the same
	unmade    map[int64]bool // beyond what may leave now: they are only put off, or left to the next turn
	made      map[int64]Made
	decisions map[int64]gate.Decision
	ready     map[int64]bool
}

// take is of those that were chosen; free is how many of them may leave at the most (DEC-12).
func take(chosen []prepared, free int) *taking {
	t := &taking{
		chosen: slices.Clone(chosen), claimed: make([]Message, len(chosen)),
		unmade: map[int64]bool{}, made: make(map[int64]Made, len(chosen)),
	}
	for i, p := range chosen {
		t.claimed[i] = p.m
		t.made[p.m.ID] = p.made
		if !p.done || i >= free {
			t.unmade[p.m.ID] = true
		}
	}
	return t
}

// mark checks the gates of messages under the locks of their contacts and enrollments and marks those that go now as being handed over.
// What does not go is answered at once. The contacts are locked already. left might go and must be made first; full says that some were put
// off because their sender's limits are reached. No more than free go.
func (s *Service) mark(ctx context.Context, l Lane, kind string, chosen []prepared, free int) (goes []Message, left []prepared, full bool, err error) {
	t := take(chosen, free)
	if t.decisions, err = s.decide(ctx, l, t); err != nil {
		return nil, nil, false, err
	}
	if t.ready, err = s.store.LockMessages(ctx, l.Account, t.claimed); err != nil {
		return nil, nil, false, err
	}
	spare, put, err := s.limit(ctx, l, t)
	if err != nil {
		return nil, nil, false, err
	}
	var marks []Mark
	var stays []closed
	for i, m := range t.claimed {
		switch d := t.decisions[m.ID]; {
		case !t.ready[m.ID]: // withdrawn or claimed anew: somebody else's business
		case spare[m.ID]:
			left = append(left, t.chosen[i])
		case d.Verdict != gate.Open:
			stays = append(stays, closed{m, d})
		default:
			goes = append(goes, m)
			marks = append(marks, Mark{
				Message: m.ID, Token: m.Token, Address: m.Body.EnvelopeTo, Subject: m.Body.Preview.Subject,
				Carrier: kind, Body: m.Body,
			})
		}
	}
	if len(marks) > 0 {
		if err := s.store.MarkHanding(ctx, l.Account, marks, s.clock.Now(), s.lease); err != nil {
			return nil, nil, false, err
		}
	}
	return goes, left, put > 0, s.close(ctx, l, stays)
}

type closed struct {
	m Message
	d gate.Decision
}

// decide asks the gates for every message; what could not be made is closed with its own reason.
func (s *Service) decide(ctx context.Context, l Lane, t *taking) (map[int64]gate.Decision, error) {
	claimed, made := t.claimed, t.made
	opens, err := s.opening(ctx, l)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]gate.Decision, len(claimed))
	seen := make(map[int64]enroll.Clearance, len(claimed)) // what the gates looked at
	var offers []enroll.Offer
	byClass := map[gate.Class][]Message{}
	for _, m := range claimed {
		switch m.Class {
		case Plan:
			offers = append(offers, enroll.Offer{
				Message: m.ID, Enrollment: m.Enrollment, Contact: m.Contact, Run: m.Run, Round: m.Round, Step: m.Step,
				Stays: t.unmade[m.ID] || override(gate.Decision{Verdict: gate.Open}, made[m.ID], opens).Verdict != gate.Open,
			})
		case Notice:
			out[m.ID] = gate.Decision{Verdict: gate.Open}
		case Completion:
			byClass[gate.Completion] = append(byClass[gate.Completion], m)
		case Bulk:
			byClass[gate.Bulk] = append(byClass[gate.Bulk], m)
		default:
			byClass[gate.Manual] = append(byClass[gate.Manual], m)
		}
	}
	if len(offers) > 0 {
		cleared, err := s.runs.Clear(ctx, l.Account, offers)
		if err != nil {
			return nil, err
		}
		for id, c := range cleared {
			out[id], seen[id] = c.Decision, c
		}
	}
	for class, messages := range byClass {
		ids := make([]int64, len(messages))
		for i, m := range messages {
			ids[i] = m.Contact
		}
		slices.Sort(ids)
		cleared, err := s.runs.ClearContacts(ctx, l.Account, l.Channel, class, slices.Compact(ids))
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			c, ok := cleared[m.Contact]
			if !ok {
				c.Decision = gate.Decision{Verdict: gate.Skip, Reason: gate.RunEnded, Rule: "the contact is gone"}
			}
			out[m.ID], seen[m.ID] = c.Decision, c
		}
	}
	t.renew(out, seen)
	for _, m := range claimed {
		out[m.ID] = override(out[m.ID], made[m.ID], opens)
	}
	return out, s.barred(ctx, l, claimed, out, seen)
}

// renew leaves those to the next turn, to be made again, whose contact or run has been changed since they were made: until the first hand-over changes
// apply (PLAN-26).
func (t *taking) renew(decisions map[int64]gate.Decision, seen map[int64]enroll.Clearance) {
	for i := range t.chosen {
		p := &t.chosen[i]
		c, ok := seen[p.m.ID]
		if !ok || decisions[p.m.ID].Verdict != gate.Open || !p.outdated(c.Shown) {
			continue
		}
		sender := p.made.Sender
		p.unmake()
		t.claimed[i], t.made[p.m.ID], t.unmade[p.m.ID] = p.m, Made{Sender: sender}, true
	}
}

// barred closes messages whose own address must not be written to any more. The gates look at the address that the contact has now, but a
// message keeps the bytes and the address with which it was made (PLAN-26, CMP-7). Of a plan's message it is known which one the gates looked at.
func (s *Service) barred(ctx context.Context, l Lane, claimed []Message, decisions map[int64]gate.Decision, seen map[int64]enroll.Clearance) error {
	open := func(m *Message) bool {
		return m.Class != Notice && m.Body != nil && decisions[m.ID].Verdict == gate.Open && (m.Class != Plan || m.Body.EnvelopeTo != seen[m.ID].Address)
	}
	var addresses []string
	for i := range claimed {
		if m := &claimed[i]; open(m) {
			addresses = append(addresses, m.Body.EnvelopeTo)
		}
	}
	if len(addresses) == 0 {
		return nil
	}
	barred, err := s.store.Barred(ctx, l.Account, l.Channel, addresses)
	if err != nil {
		return err
	}
	for i := range claimed {
		m := &claimed[i]
		if !open(m) {
			continue
		}
		if reason := barred[m.Body.EnvelopeTo]; reason != "" {
			decisions[m.ID] = gate.Decision{Verdict: gate.Skip, Reason: reason, Rule: "the address " + m.Body.EnvelopeTo}
		}
	}
	return nil
}

// override closes a message that the gates would let pass but that cannot go: it could not be made, or its carrier is down.
func override(d gate.Decision, made Made, opens time.Time) gate.Decision {
	switch {
	case d.Verdict != gate.Open:
		return d
	case made.Skip != "":
		return gate.Decision{Verdict: gate.Skip, Reason: made.Skip, Rule: made.Detail}
	case made.Fail != "":
		return gate.Decision{Verdict: gate.Fail, Reason: made.Fail, Rule: made.Detail}
	case made.Hold != "":
		return gate.Decision{Verdict: hold, Reason: "empty_field", Rule: made.Hold}
	case !opens.IsZero():
		d = carrierDown
		d.Until = opens
	}
	return d
}

// hold is no verdict of the gates: the message waits for a person (TPL-2).
const hold = gate.Verdict(-1)

// close answers messages that do not go: plan steps through Advance, the others in their own row.
func (s *Service) close(ctx context.Context, l Lane, stays []closed) error {
	if len(stays) == 0 {
		return nil
	}
	var outcomes []Outcome
	var answers []enroll.Answered
	for _, c := range stays {
		o := Outcome{Message: c.m.ID, Token: c.m.Token, Reason: c.d.Reason, Answer: c.d.Rule, Turn: c.m.Turn}
		a := enroll.Answer{Step: c.m.Step, Run: c.m.Run, Round: c.m.Round, Reason: c.d.Reason, Detail: c.d.Rule, Try: c.m.Attempts > 0}
		switch c.d.Verdict {
		case hold:
			o.Status = Held
		case gate.Postpone:
			o.Status, a.Until, a.Soonest = Withdrawn, c.d.Until, c.d.Soonest
			if c.m.Class != Plan {
				o.Status, o.TryAt = Ready, c.d.Until
			}
		case gate.Fail:
			o.Status, a.Outcome = Failed, enroll.Failed
		default:
			o.Status, a.Outcome = Skipped, enroll.Skipped
			if c.d.Reason == gate.RunEnded {
				o.Status = Withdrawn
			}
		}
		outcomes = append(outcomes, o)
		if c.m.Class == Plan && o.Status != Held {
			answers = append(answers, enroll.Answered{Enrollment: c.m.Enrollment, Contact: c.m.Contact, Message: c.m.ID, Answer: a})
		}
	}
	return s.runs.Answers(ctx, l.Account, answers, func(ctx context.Context, _ map[int64]bool) (map[int64]bool, error) {
		return s.store.Record(ctx, l.Account, outcomes, s.clock.Now())
	})
}
