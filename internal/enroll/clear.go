package enroll

import (
	"context"
	"slices"
	"time"

	"tactus/internal/contact"
	"tactus/internal/gate"
)

// Offer is a plan's message that a sender is about to hand over.
type Offer struct {
	Message    int64
	Enrollment int64
	Contact    int64 // whose enrollment it is; 0 = it has to be asked for
	Run, Round int
	Step       string
	Stays      bool // it will not go whatever the gates say, so others need not keep their distance from it
}

// Clearance is the gates' last word, given under the locks of contact and enrollment (ENG-4, DEC-3).
type Clearance struct {
	gate.Decision
	Due     time.Time
	Address string // the one that the gates looked at
	Shown   Shown  // what the message would show now
}

// Clear checks plan messages once more, inside the caller's transaction, which keeps contact and enrollment locked until
// they are marked as being handed over. A message whose run is no longer at that step is skipped with reason run_ended.
func (s *Service) Clear(ctx context.Context, account int64, offers []Offer) (map[int64]Clearance, error) {
	ids, contacts := make([]int64, len(offers)), make([]int64, len(offers))
	for i, o := range offers {
		ids[i], contacts[i] = o.Enrollment, o.Contact
	}
	rows, err := s.store.LockEnrollments(ctx, account, these(ids, contacts))
	if err != nil {
		return nil, err
	}
	b, err := s.batch(ctx, account, rows)
	if err != nil {
		return nil, err
	}
	at := make(map[int64]*Row, len(rows))
	for i := range rows {
		at[rows[i].ID] = &rows[i]
	}
	out := make(map[int64]Clearance, len(offers))
	err = loading(func() {
		for _, o := range offers {
			c := b.clear(at[o.Enrollment], o)
			out[o.Message] = c
			if c.Verdict == gate.Open && !o.Stays {
				b.goes(at[o.Enrollment], o)
			}
		}
	})
	return out, err
}

func (b *batch) clear(r *Row, o Offer) Clearance {
	over := Clearance{Decision: gate.Decision{Verdict: gate.Skip, Reason: gate.RunEnded}}
	if r == nil || r.Wait != ForMessage || r.Run != o.Run {
		return over
	}
	p := b.programs[r.VersionID]
	st, err := DecodeState(r.Raw)
	if err != nil || p == nil || st.Hand != o.Step || st.Round != o.Round {
		return over
	}
	step := p.Step(o.Step)
	if step == nil {
		return over
	}
	e := &env{b: b, row: r, p: p, facts: r.Facts}
	ask := Ask{Now: b.now, Round: st.Round, AssignedBy: r.AssignedBy}
	if w := st.waiting(o.Step); w != nil {
		ask.Due = w.Due.Time()
	}
	ask.AtRunStart = MillisOf(ask.Due) == st.Began
	if last, limited := limit(&st, step, ask.Due); limited {
		ask.Limit = last
	}
	if e.Off(step) {
		return Clearance{Decision: gate.Decision{Verdict: gate.Skip, Reason: ReasonActionOff}, Due: ask.Due}
	}
	d := e.Gate(step, ask)
	facts := b.gateFacts(step.Role.Channel)[r.ContactID]
	return Clearance{Decision: d, Due: ask.Due, Address: facts.Address, Shown: r.shown(st.Date, b.events).With(facts.Changed)}
}

// goes lets the gates of the messages that are checked after it see a message that leaves now: caps and gaps hold within a batch (CMP-5, PLAN-26).
func (b *batch) goes(r *Row, o Offer) {
	channel := b.programs[r.VersionID].Step(o.Step).Role.Channel
	for _, facts := range b.gates {
		f := facts[r.ContactID]
		f.Recent = append(slices.Clip(f.Recent), Recent{At: b.now, Enrollment: r.ID, Channel: channel})
		facts[r.ContactID] = f
	}
}

// Lock locks contacts, ascending, so that what is checked of them in several turns is locked in one order (DEC-10).
func (s *Service) Lock(ctx context.Context, account int64, contacts []int64) error {
	contacts = slices.Clone(contacts)
	slices.Sort(contacts)
	_, err := s.store.LockContacts(ctx, account, slices.Compact(contacts))
	return err
}

// ClearContacts checks messages of no plan against the contacts' gates (ENG-4), under their locks.
func (s *Service) ClearContacts(ctx context.Context, account int64, channel string, class gate.Class, contacts []int64) (map[int64]Clearance, error) {
	a, err := s.Account(ctx, account)
	if err != nil {
		return nil, err
	}
	if contacts, err = s.store.LockContacts(ctx, account, contacts); err != nil {
		return nil, err
	}
	now := s.clock.Now()
	facts, err := s.store.GateFacts(ctx, account, channel, s.AddressKind(channel), contacts, now.Add(-GateWindow(&a.Policy)))
	if err != nil {
		return nil, err
	}
	out := make(map[int64]Clearance, len(contacts))
	for _, id := range contacts {
		d := gate.Decide(&a.Policy, gate.Request{
			Channel: channel, Class: class, Now: now, RunActive: true, AddressKind: s.gateKind(channel),
			Contact: GateContact(s.AddressKind(channel), facts[id]),
		})
		out[id] = Clearance{Decision: d, Address: facts[id].Address, Shown: Shown{}.With(facts[id].Changed)}
	}
	return out, nil
}

// FullContacts loads contacts whole, for content.
func (s *Service) FullContacts(ctx context.Context, account int64, ids []int64) (map[int64]*contact.Contact, error) {
	return s.store.FullContacts(ctx, account, ids)
}

// Rows loads enrollments without locking them, by id.
func (s *Service) Rows(ctx context.Context, account int64, ids []int64) (map[int64]*Row, error) {
	rows, err := s.store.PeekEnrollments(ctx, account, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*Row, len(rows))
	for i := range rows {
		out[rows[i].ID] = &rows[i]
	}
	return out, nil
}

// Now is the clock that everything due compares with.
func (s *Service) Now() time.Time { return s.clock.Now() }
