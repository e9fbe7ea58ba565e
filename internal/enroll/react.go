package enroll

import (
	"context"
	"slices"
	"time"

	"tactus/internal/contact"
	"tactus/internal/plan"
)

// ContactChanged starts what start rules ask for and re-times what the change moves, inside the caller's transaction. It implements
// contact.Triggers.
func (s *Service) ContactChanged(ctx context.Context, account int64, contacts []int64, ch contact.Changed, author string) error {
	a, err := s.Account(ctx, account)
	if err != nil {
		return err
	}
	if ch.Zone {
		if err := s.rezone(ctx, account, contacts, author); err != nil {
			return err
		}
	}
	if (ch.Dates || ch.Zone) && !ch.Created { // a date field is a wall clock in the contact's zone
		if err := s.DateFieldsChanged(ctx, account, contacts, author); err != nil {
			return err
		}
	}
	for _, key := range triggers(ch) {
		cause := "rule"
		if key.Kind == "source" {
			cause = "source"
		}
		for _, id := range a.Rules[key] {
			_, err := s.start(ctx, account, StartRequest{
				Plan: id, Contacts: contacts, Cause: cause, Trigger: Trigger(key), Author: "rule:" + key.Kind, Automatic: true,
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// triggers are the start rules' keys that a change touches.
func triggers(ch contact.Changed) []RuleKey {
	var keys []RuleKey
	if ch.Source != 0 {
		keys = append(keys, RuleKey{Kind: "source", Ref: ch.Source})
	}
	for _, id := range ch.NewTags {
		keys = append(keys, RuleKey{Kind: "tag", Ref: id})
	}
	for _, id := range ch.NewGroups {
		keys = append(keys, RuleKey{Kind: "group", Ref: id})
	}
	if ch.StageEntered != 0 {
		keys = append(keys, RuleKey{Kind: "stage", Ref: ch.StageEntered})
	}
	return keys
}

// ContactsLeaving ends the runs of contacts that are about to be deleted (PLAN-26). It implements contact.Triggers.
func (s *Service) ContactsLeaving(ctx context.Context, account int64, contacts []int64, author string) error {
	if _, err := s.EndRuns(ctx, account, Selection{Contacts: contacts}, "contact_deleted", author); err != nil {
		return err
	}
	rows, err := s.store.LockEnrollments(ctx, account, Selection{Contacts: contacts})
	if err != nil {
		return err
	}
	_, err = s.remove(ctx, account, rows, nil, author) // none of them is live
	return err
}

// rezone re-derives due moments of contacts whose zone changed (PLAN-8).
func (s *Service) rezone(ctx context.Context, account int64, contacts []int64, author string) error {
	rows, err := s.lockLive(ctx, account, Selection{Contacts: contacts})
	if err != nil {
		return err
	}
	_, err = s.move(ctx, account, rows, author, func(*Row, *Program) Event { return Rezone{} })
	return err
}

func (s *Service) lockLive(ctx context.Context, account int64, sel Selection) ([]Row, error) {
	sel.Status = []plan.Status{plan.Active, plan.Paused}
	return s.store.LockEnrollments(ctx, account, sel)
}

// EventRule is the key of the start rules that ask for events of a kind.
func EventRule(kind string) RuleKey { return RuleKey{Kind: "event", EventKind: plan.EventKind(kind)} }

// EventCreated starts the plans that asked for events of this kind when it was made, for contacts of the event (PLAN-4).
func (s *Service) EventCreated(ctx context.Context, account int64, ev DatedEvent, plans, contacts []int64) (Started, error) {
	var out Started
	key := EventRule(ev.Kind)
	for _, id := range plans {
		started, err := s.start(ctx, account, StartRequest{
			Plan: id, Contacts: contacts, Event: ev.ID, Cause: "rule", Trigger: Trigger(key), Author: "rule:event", Automatic: true,
		})
		if err != nil {
			return out, err
		}
		out.Add(started)
	}
	return out, nil
}

// AtOnce is how many runs a change takes along in its own transaction; more follow it as an operation (ENG-11).
const AtOnce = 1000

// EventMoved re-times the steps that are not done of those of the enrollments that the event dates (PLAN-11), and returns how many were live. The
// event is read under their locks, so whoever comes last leaves them by its newest moment.
func (s *Service) EventMoved(ctx context.Context, account, event int64, ids []int64, author string) (int, error) {
	rows, err := s.lockLive(ctx, account, Selection{IDs: ids, Event: event})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	a, err := s.Account(ctx, account)
	if err != nil {
		return 0, err
	}
	events, err := s.store.Events(ctx, account, []int64{event})
	if err != nil {
		return 0, err
	}
	ev := events[event]
	return len(rows), s.redate(ctx, account, rows, author, func(r *Row, p *Program) time.Time {
		src := eventSource(ev, true, p.Document.Yearly, a.Zone)
		return runDate(src, r, s.clock.Now())
	})
}

// Redate moves the date of the selected enrollments by hand of the simulator: the new date holds for the current run.
func (s *Service) Redate(ctx context.Context, account int64, sel Selection, date time.Time, author string) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.lockLive(ctx, account, sel)
		if err != nil {
			return err
		}
		return s.redate(ctx, account, rows, author, func(*Row, *Program) time.Time { return date })
	})
}

// DateFieldsChanged re-times plans dated by a field of these contacts.
func (s *Service) DateFieldsChanged(ctx context.Context, account int64, contacts []int64, author string) error {
	rows, err := s.lockLive(ctx, account, Selection{Contacts: contacts})
	if err != nil || len(rows) == 0 {
		return err
	}
	a, err := s.Account(ctx, account)
	if err != nil {
		return err
	}
	full, err := s.store.FullContacts(ctx, account, contacts)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r Row) bool {
		p, err := s.Program(ctx, account, r.VersionID)
		return err != nil || p.Document.DateField == "" || full[r.ContactID] == nil
	})
	return s.redate(ctx, account, rows, author, func(r *Row, p *Program) time.Time {
		c := full[r.ContactID]
		return runDate(fieldSource(c, &p.Document, ZoneOf(c.ZoneNow, a.Zone)), r, s.clock.Now())
	})
}

// runDate is the moved date of a run: of a yearly one the occurrence nearest to the one it was for.
func runDate(src dateSource, r *Row, now time.Time) time.Time {
	if !src.known || !src.yearly {
		return firstDate(src, now)
	}
	st, err := DecodeState(r.Raw)
	if err != nil || st.Date == 0 {
		return firstDate(src, now)
	}
	at, _ := nextOccurrence(src, st.Date.Time().AddDate(0, -6, 0))
	return at
}

func (s *Service) redate(ctx context.Context, account int64, rows []Row, author string, date func(*Row, *Program) time.Time) error {
	return s.interrupt(ctx, account, rows, author, func(r *Row, p *Program, handing bool) Event {
		return Redate{Date: date(r, p), Handing: handing}
	})
}

// EndRuns stops live runs for a reason of the system's own: event_deleted, archived, merged (PLAN-11, PLAN-15, PLAN-20).
func (s *Service) EndRuns(ctx context.Context, account int64, sel Selection, reason, author string) (int, error) {
	rows, err := s.lockLive(ctx, account, sel)
	if err != nil {
		return 0, err
	}
	return len(rows), s.interrupt(ctx, account, rows, author, func(_ *Row, _ *Program, handing bool) Event {
		return Stop{Reason: reason, Handing: handing}
	})
}

// Replied pauses the contact's live enrollments on plans that ask for it, before any further step (PLAN-17).
func (s *Service) Replied(ctx context.Context, account, contact int64, signal plan.Signal, author string) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.lockLive(ctx, account, Selection{Contacts: []int64{contact}})
		if err != nil || len(rows) == 0 {
			return err
		}
		rows, err = s.reached(ctx, account, rows, signal)
		if err != nil {
			return err
		}
		return s.interrupt(ctx, account, rows, author, func(_ *Row, _ *Program, handing bool) Event {
			return Hold{Holder: HeldByReply, Reason: "reply", Handing: handing}
		})
	})
}

// reached are the enrollments that a signal pauses: those whose plan asks for it, and with scope channel or all the others too.
func (s *Service) reached(ctx context.Context, account int64, rows []Row, signal plan.Signal) ([]Row, error) {
	all, channel := false, false
	asks := map[int64]bool{}
	sends := map[int64]bool{}
	for _, r := range rows {
		p, err := s.Program(ctx, account, r.VersionID)
		if err != nil {
			continue // set aside when it is due (ENG-8)
		}
		for _, st := range p.Steps {
			if st.Role.Channel == signal.Channel() {
				sends[r.ID] = true
			}
		}
		if slices.Contains(p.Document.PauseOn, signal) {
			asks[r.ID] = true
			all = all || p.Document.PauseScope == plan.ScopeAll
			channel = channel || p.Document.PauseScope == plan.ScopeChannel
		}
	}
	return slices.DeleteFunc(rows, func(r Row) bool {
		return !(asks[r.ID] || all || channel && sends[r.ID])
	}), nil
}

// NotAReply takes a reply's pause back as if it had never been (PLAN-17).
func (s *Service) NotAReply(ctx context.Context, account, contact int64, author string) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.store.LockEnrollments(ctx, account, Selection{Contacts: []int64{contact}, Status: []plan.Status{plan.Paused}})
		if err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(r Row) bool { return !slices.Contains(r.Holders, HeldByReply) })
		_, err = s.move(ctx, account, rows, author, func(*Row, *Program) Event { return Forget{Holder: HeldByReply} })
		return err
	})
}

// Amend makes one contact's own change of a step (PLAN-13, DEC-6): its task was moved or deleted.
func (s *Service) Amend(ctx context.Context, account, enrollment int64, ev Amend, author string) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.lockLive(ctx, account, Selection{IDs: []int64{enrollment}})
		if err != nil {
			return err
		}
		_, err = s.move(ctx, account, rows, author, func(*Row, *Program) Event { return ev })
		return err
	})
}

// Edited takes a chunk of live enrollments of a plan to its newest version (PLAN-22); private versions are left alone.
func (s *Service) Edited(ctx context.Context, account int64, sel Selection, version int64, author string) (int, error) {
	n := 0
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.lockLive(ctx, account, sel)
		if err != nil {
			return err
		}
		a, err := s.Account(ctx, account)
		if err != nil {
			return err
		}
		p, err := s.Program(ctx, account, version)
		if err != nil {
			return err
		}
		old := map[int64]*Program{}
		resourced := false // the date comes from another field now
		kept := rows[:0]
		for _, r := range rows {
			was, err := s.Program(ctx, account, r.VersionID)
			if err != nil || was.Private || was.ID >= version { // a later save may have been here before
				continue
			}
			old[r.ID] = was
			resourced = resourced || newField(was, p)
			r.VersionID = p.ID
			kept = append(kept, r)
		}
		n = len(kept)
		var full map[int64]*contact.Contact
		if resourced {
			if full, err = s.store.FullContacts(ctx, account, contactsOf(kept)); err != nil {
				return err
			}
		}
		return s.interrupt(ctx, account, kept, author, func(r *Row, _ *Program, handing bool) Event {
			return Edit{Old: old[r.ID], Handing: handing, Date: s.editedDate(a, old[r.ID], p, r, full)}
		})
	})
	return n, err
}

// editedDate is the new date of a run whose plan's own date was edited, or that is dated by another field of the contact now (full); nil when that
// stayed as it was.
func (s *Service) editedDate(a *Account, old, p *Program, r *Row, full map[int64]*contact.Contact) *time.Time {
	var src dateSource
	switch before, after := old.Document.Date, p.Document.Date; {
	case after != nil && (before == nil || *before != *after || old.Document.Yearly != p.Document.Yearly):
		src = dateSource{wall: after.Wall, zone: a.Zone, yearly: p.Document.Yearly, known: true}
	case newField(old, p) && full[r.ContactID] != nil:
		c := full[r.ContactID]
		src = fieldSource(c, &p.Document, ZoneOf(c.ZoneNow, a.Zone))
	default:
		return nil
	}
	date := runDate(src, r, s.clock.Now())
	return &date
}

func newField(old, p *Program) bool {
	return p.Document.DateField != "" && p.Document.DateField != old.Document.DateField
}

func contactsOf(rows []Row) []int64 {
	out := make([]int64, len(rows))
	for i := range rows {
		out[i] = rows[i].ContactID
	}
	return out
}
