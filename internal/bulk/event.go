package bulk

import (
	"context"

	"tactus/internal/enroll"
	"tactus/internal/work"
)

// Kinds of operations for what happens to an event of many. Stored for ever.
const (
	kindEventCreated = "event_created"
	kindEventMoved   = "event_moved"
	kindEventDeleted = "event_deleted"
)

type eventStartParams struct {
	who
	Event int64   `json:"event"`
	Plans []int64 `json:"plans"` // that ask for it when it is made: rules act on what comes after them (PLAN-4)
}

type eventParams struct {
	Event int64 `json:"event"`
	Until int64 `json:"until"` // the newest run when it happened; later ones know
}

// EventCreated starts the plans that ask for events of this kind (PLAN-4) for its contact, or else for the group's members, within the transaction
// of ctx when they are few, else as an operation that is queued in it.
func (s *Service) EventCreated(ctx context.Context, acct int64, ev enroll.DatedEvent, one, group int64, author string) error {
	a, err := s.runs.Account(ctx, acct)
	if err != nil {
		return err
	}
	plans := a.Rules[enroll.EventRule(ev.Kind)]
	if len(plans) == 0 {
		return nil
	}
	if one != 0 {
		_, err := s.runs.EventCreated(ctx, acct, ev, plans, []int64{one})
		return err
	}
	w := who{Labels: []int64{group}}
	members, err := s.contacts.IDs(ctx, acct, w.filter(), 0, enroll.AtOnce+1)
	if err != nil {
		return err
	}
	if len(members) <= enroll.AtOnce {
		_, err := s.runs.EventCreated(ctx, acct, ev, plans, members)
		return err
	}
	w, total, err := s.choose(ctx, acct, w.filter())
	if err != nil {
		return err
	}
	_, err = s.work.Begin(ctx, acct, kindEventCreated, eventStartParams{w, ev.ID, plans}, total, author)
	return err
}

// EventMoved re-times the live runs that an event dates (PLAN-11), and EventDeleted ends them, as EventCreated begins them. Both want the account
// locked, so that nobody joins by what the event was.
func (s *Service) EventMoved(ctx context.Context, acct, event int64, author string) error {
	ids, err := s.ofEvent(ctx, acct, event, kindEventMoved, author)
	if err != nil || len(ids) == 0 {
		return err
	}
	_, err = s.runs.EventMoved(ctx, acct, event, ids, author)
	return err
}

// EventDeleted is described at EventMoved.
func (s *Service) EventDeleted(ctx context.Context, acct, event int64, author string) error {
	ids, err := s.ofEvent(ctx, acct, event, kindEventDeleted, author)
	if err != nil || len(ids) == 0 {
		return err
	}
	_, err = s.endOfEvent(ctx, acct, event, ids, author)
	return err
}

func (s *Service) endOfEvent(ctx context.Context, acct, event int64, ids []int64, author string) (int, error) {
	return s.runs.EndRuns(ctx, acct, enroll.Selection{IDs: ids, Event: event}, enroll.ReasonEventDeleted, author)
}

// ofEvent returns an event's live runs; none when they are so many that an operation has begun.
func (s *Service) ofEvent(ctx context.Context, acct, event int64, kind, author string) ([]int64, error) {
	ids, err := s.store.EventRuns(ctx, acct, event, 0, enroll.AtOnce+1)
	if err != nil || len(ids) <= enroll.AtOnce {
		return ids, err
	}
	_, until, err := s.store.Newest(ctx, acct)
	if err != nil {
		return nil, err
	}
	total, err := s.store.CountEventRuns(ctx, acct, event)
	if err != nil {
		return nil, err
	}
	_, err = s.work.Begin(ctx, acct, kind, eventParams{event, until}, total, author)
	return nil, err
}

// eventCreated starts the members of a group chunk by chunk, unless the event is deleted meanwhile.
type eventCreated struct{ s *Service }

// Kind implements work.Handler.
func (eventCreated) Kind() string { return kindEventCreated }

// Step implements work.Handler.
func (h eventCreated) Step(ctx context.Context, op *work.Operation) (bool, error) {
	var p eventStartParams
	if err := op.Decode(&p); err != nil {
		return false, err
	}
	// Who deletes the event comes before this chunk, and is seen, or after it, and finds its runs.
	if err := h.s.store.ShareAccount(ctx, op.Account); err != nil {
		return false, err
	}
	events, err := h.s.store.Events(ctx, op.Account, []int64{p.Event})
	if err != nil {
		return false, err
	}
	ev := events[p.Event]
	if ev.Deleted {
		op.Message = "the event was deleted: nobody else is put on a plan by it"
		return true, nil
	}
	return h.s.contactsOf(ctx, op, p.who, assignChunk, func(ids []int64) error {
		started, err := h.s.runs.EventCreated(ctx, op.Account, ev, p.Plans, ids)
		if err != nil {
			return err
		}
		told := countStarted(op, started)
		op.Count("skipped.gone", int64(max(0, len(ids)*len(p.Plans)-told)))
		return nil
	})
}

// eventMoved re-times chunk by chunk. Each reads the event under the rows' locks: of two moves, whichever operation comes to a run last leaves it by
// the newest.
type eventMoved struct{ s *Service }

// Kind implements work.Handler.
func (eventMoved) Kind() string { return kindEventMoved }

// Step implements work.Handler.
func (h eventMoved) Step(ctx context.Context, op *work.Operation) (bool, error) {
	return h.s.eventRuns(ctx, op, "moved", func(event int64, ids []int64) (int, error) {
		return h.s.runs.EventMoved(ctx, op.Account, event, ids, op.Author)
	})
}

// eventDeleted ends runs chunk by chunk. The engine ends those that fall due before.
type eventDeleted struct{ s *Service }

// Kind implements work.Handler.
func (eventDeleted) Kind() string { return kindEventDeleted }

// Step implements work.Handler.
func (h eventDeleted) Step(ctx context.Context, op *work.Operation) (bool, error) {
	return h.s.eventRuns(ctx, op, "stopped", func(event int64, ids []int64) (int, error) {
		return h.s.endOfEvent(ctx, op.Account, event, ids, op.Author)
	})
}

// eventRuns walks the live runs of an event; do says how many it has reached.
func (s *Service) eventRuns(ctx context.Context, op *work.Operation, count string, do func(event int64, ids []int64) (int, error)) (bool, error) {
	var p eventParams
	if err := op.Decode(&p); err != nil {
		return false, err
	}
	return walk(op, nil, nil, p.Until, commandChunk, func(after int64) ([]int64, error) {
		return s.store.EventRuns(ctx, op.Account, p.Event, after, commandChunk)
	}, func(ids []int64) error {
		n, err := do(p.Event, ids)
		op.Count(count, int64(n))
		op.Count("skipped.ended", int64(len(ids)-n))
		return err
	})
}
