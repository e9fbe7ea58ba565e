package bulk

import (
	"context"

	"tactus/internal/account"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/work"
)

// Store is what bulk needs of the database besides the services.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	// ShareAccount keeps those waiting that change the account's plans, not others that share it.
	ShareAccount(ctx context.Context, account int64) error
	FindLabels(ctx context.Context, account int64, kind account.LabelKind, names []string) (map[string]int64, error)
	// EnrollmentIDs returns up to limit ids above after, ascending. Lists of ids and the bound are not looked at.
	EnrollmentIDs(ctx context.Context, account int64, r Runs, after int64, limit int) ([]int64, error)
	CountEnrollments(ctx context.Context, account int64, r Runs) (int64, error)
	// EventRuns returns up to limit live runs that an event dates above after, ascending.
	EventRuns(ctx context.Context, account, event, after int64, limit int) ([]int64, error)
	CountEventRuns(ctx context.Context, account, event int64) (int64, error)
	// Events returns events by their id, deleted ones too.
	Events(ctx context.Context, account int64, ids []int64) (map[int64]enroll.DatedEvent, error)
	// Newest returns the account's greatest ids of contacts and enrollments; 0 when there are none.
	Newest(ctx context.Context, account int64) (contact, enrollment int64, err error)
}

// Contacts is what bulk needs of the contacts' service.
type Contacts interface {
	IDs(ctx context.Context, account int64, f contact.Filter, after int64, limit int) ([]int64, error)
	Count(ctx context.Context, account int64, f contact.Filter) (int64, error)
	ChangeMany(ctx context.Context, account int64, ids []int64, m contact.Many, author string) (contact.Changes, error)
}

// Enrollments is what bulk needs of the enrollments' service.
type Enrollments interface {
	Account(ctx context.Context, id int64) (*enroll.Account, error)
	Start(ctx context.Context, account int64, req enroll.StartRequest) (enroll.Started, error)
	Do(ctx context.Context, account int64, cmd enroll.Command, sel enroll.Selection, author string, by int64) ([]enroll.Result, error)
	Edited(ctx context.Context, account int64, sel enroll.Selection, version int64, author string) (int, error)
	EndRuns(ctx context.Context, account int64, sel enroll.Selection, reason, author string) (int, error)
	ZoneChanged(ctx context.Context, account int64, ids []int64, author string) (int, error)
	EventCreated(ctx context.Context, account int64, ev enroll.DatedEvent, plans, contacts []int64) (enroll.Started, error)
	EventMoved(ctx context.Context, account, event int64, ids []int64, author string) (int, error)
}

// Service begins bulk operations; Handlers do them.
type Service struct {
	store    Store
	work     *work.Service
	contacts Contacts
	runs     Enrollments
}

// NewService makes the service.
func NewService(store Store, w *work.Service, contacts Contacts, runs Enrollments) *Service {
	return &Service{store: store, work: w, contacts: contacts, runs: runs}
}

// Handlers are the kinds of operations that this package does; settled, when it is not nil, is told in the last chunk's
// transaction that a plan's runs have left their versions.
func (s *Service) Handlers(settled func(ctx context.Context, account, plan int64) error) []work.Handler {
	out := []work.Handler{assign{s}, change{s}, edit{s, settled}, archive{s, settled}, zone{s}, eventCreated{s}, eventMoved{s}, eventDeleted{s}}
	for _, c := range []enroll.Command{enroll.CmdPause, enroll.CmdResume, enroll.CmdStop, enroll.CmdRestart, enroll.CmdRemove} {
		out = append(out, command{s, c})
	}
	return out
}

// Assign puts many contacts on a plan.
type Assign struct {
	Plan    int64
	Filter  contact.Filter // Filter.IDs, when not nil, are all that count
	Event   int64          // for a plan dated by events
	Restart bool           // those whose run has ended begin anew (PLAN-5)
	By      int64          // the user who assigns
	Cause   string         // "" = list
}

// Assign begins an operation that puts contacts on a plan. A plan that is a draft or archived is refused at once (PLAN-2).
func (s *Service) Assign(ctx context.Context, acct int64, a Assign, author string) (int64, error) {
	if a.Cause == "" {
		a.Cause = "list"
	}
	var id int64
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		// Nobody is started here; what every chunk would refuse is refused now: a draft, an event that the plan needs.
		if _, err := s.runs.Start(ctx, acct, enroll.StartRequest{Plan: a.Plan, Event: a.Event, Cause: a.Cause, Author: author, By: a.By}); err != nil {
			return err
		}
		w, total, err := s.choose(ctx, acct, a.Filter)
		if err != nil {
			return err
		}
		id, err = s.work.Begin(ctx, acct, kindAssign, assignParams{
			who: w, Plan: a.Plan, Event: a.Event, Restart: a.Restart, By: a.By, Cause: a.Cause,
		}, total, author)
		return err
	})
	return id, err
}

// Command begins an operation that carries a person's command out on enrollments of a plan (PLAN-15, PLAN-19).
func (s *Service) Command(ctx context.Context, acct int64, cmd enroll.Command, r Runs, author string, by int64) (int64, error) {
	switch cmd {
	case enroll.CmdPause, enroll.CmdResume, enroll.CmdStop, enroll.CmdRestart, enroll.CmdRemove:
	default:
		return 0, fault.New(fault.Invalid, "there is no command %q; use pause, resume, stop, restart or remove", cmd)
	}
	var id int64
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		if err := s.known(ctx, acct, r.Plan); err != nil {
			return err
		}
		if cmd == enroll.CmdRestart {
			if err := s.usable(ctx, acct, r.Plan); err != nil {
				return err
			}
		}
		total, err := s.bound(ctx, acct, &r)
		if err != nil {
			return err
		}
		id, err = s.work.Begin(ctx, acct, string(cmd), commandParams{Runs: r, By: by}, total, author)
		return err
	})
	return id, err
}

// Change begins an operation that changes contacts alike: tags, groups, stage, assigned user.
func (s *Service) Change(ctx context.Context, acct int64, f contact.Filter, m contact.Many, author string) (int64, error) {
	var id int64
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.contacts.ChangeMany(ctx, acct, nil, m, author); err != nil {
			return err
		}
		w, total, err := s.choose(ctx, acct, f)
		if err != nil {
			return err
		}
		id, err = s.work.Begin(ctx, acct, kindChange, changeParams{who: w, Change: m}, total, author)
		return err
	})
	return id, err
}

// choose fixes which contacts count and how many they are.
func (s *Service) choose(ctx context.Context, acct int64, f contact.Filter) (who, int64, error) {
	w := whoOf(f)
	if f.IDs != nil {
		w = who{IDs: list(f.IDs, f.Except)}
		return w, int64(len(w.IDs)), nil
	}
	var err error
	if w.Until, _, err = s.store.Newest(ctx, acct); err != nil {
		return w, 0, err
	}
	total, err := s.contacts.Count(ctx, acct, f)
	return w, total, err
}

// bound fixes which enrollments count and how many they are.
func (s *Service) bound(ctx context.Context, acct int64, r *Runs) (int64, error) {
	if r.IDs != nil {
		r.IDs, r.Except = list(r.IDs, r.Except), nil
		return int64(len(r.IDs)), nil
	}
	r.Except = list(r.Except, nil)
	var err error
	if _, r.Until, err = s.store.Newest(ctx, acct); err != nil {
		return 0, err
	}
	total, err := s.store.CountEnrollments(ctx, acct, *r)
	return max(0, total-int64(len(r.Except))), err
}

func (s *Service) known(ctx context.Context, acct, id int64) error {
	a, err := s.runs.Account(ctx, acct)
	if err != nil {
		return err
	}
	if _, ok := a.Plans[id]; !ok {
		return fault.New(fault.NotFound, "there is no such plan")
	}
	return nil
}

// usable refuses what the first chunk would refuse.
func (s *Service) usable(ctx context.Context, acct, id int64) error {
	_, err := s.runs.Start(ctx, acct, enroll.StartRequest{Plan: id, Contacts: []int64{}, Automatic: false})
	if fault.Is(err, fault.Invalid) {
		return nil // it wants to know which event
	}
	return err
}

// live are the statuses of a run that goes on.
func live() []plan.Status { return []plan.Status{plan.Active, plan.Paused} }
