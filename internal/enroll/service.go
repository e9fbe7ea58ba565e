package enroll

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"tactus/internal/action"
	"tactus/internal/clock"
	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/plan"
)

// maxTries is how often the engine tries an enrollment that it cannot run before it pauses it (ENG-8).
const maxTries = 5

// Service moves enrollments: by time, by command, by what happens to contacts, dates and messages. Every move of
// every kind goes through Advance and commits as sets. Safe for concurrent use.
type Service struct {
	store    Store
	clock    clock.Clock
	actions  *action.Registry
	tune     func(*Account)
	channels contact.Channels

	mu       sync.Mutex
	programs map[int64]*Program
	accounts map[int64]*Account
	order    []int64 // programs in the order they came, to bound the cache
}

// maxPrograms bounds the cache of compiled versions.
const maxPrograms = 2000

// NewService makes the service.
func NewService(store Store, c clock.Clock, actions *action.Registry) *Service {
	return &Service{
		store: store, clock: c, actions: actions,
		programs: map[int64]*Program{}, accounts: map[int64]*Account{}, channels: contact.DefaultChannels(),
	}
}

// Account returns the current snapshot of an account; inside a transaction it is that transaction's.
func (s *Service) Account(ctx context.Context, id int64) (*Account, error) {
	rev, err := s.store.AccountRev(ctx, id)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	a := s.accounts[id]
	s.mu.Unlock()
	if a != nil && a.Rev == rev {
		return a, nil
	}
	if a, err = s.store.LoadAccount(ctx, id); err != nil {
		return nil, err
	}
	if s.tune != nil {
		s.tune(a)
	}
	// What this transaction changed may be rolled back, and its revision come again with other content.
	s.store.AfterCommit(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if old := s.accounts[id]; old == nil || old.Rev < a.Rev {
			s.accounts[id] = a
		}
	})
	return a, nil
}

// Tune lets f change every snapshot after it is loaded and before it is used: the simulator's own hours.
func (s *Service) Tune(f func(*Account)) { s.tune = f }

// Programs returns compiled versions by id; one that does not compile has its error in the second map.
func (s *Service) Programs(ctx context.Context, account int64, ids []int64) (map[int64]*Program, map[int64]error, error) {
	out, bad := make(map[int64]*Program, len(ids)), map[int64]error{}
	var missing []int64
	s.mu.Lock()
	for _, id := range ids {
		if p := s.programs[id]; p != nil {
			out[id] = p
		} else {
			missing = append(missing, id)
		}
	}
	s.mu.Unlock()
	if len(missing) == 0 {
		return out, bad, nil
	}
	versions, err := s.store.LoadVersions(ctx, account, missing)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range versions {
		p, err := Compile(v, s.actions)
		if err != nil {
			bad[v.ID] = err
			continue
		}
		out[v.ID] = p
		s.store.AfterCommit(ctx, func() { s.remember(p) })
	}
	for _, id := range missing {
		if out[id] == nil && bad[id] == nil {
			bad[id] = fault.New(fault.Internal, "plan version %d is not in the database", id)
		}
	}
	return out, bad, nil
}

// Program returns one compiled version.
func (s *Service) Program(ctx context.Context, account, id int64) (*Program, error) {
	programs, bad, err := s.Programs(ctx, account, []int64{id})
	if err != nil {
		return nil, err
	}
	if p := programs[id]; p != nil {
		return p, nil
	}
	return nil, bad[id]
}

func (s *Service) remember(p *Program) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.programs[p.ID] == nil {
		s.order = append(s.order, p.ID)
	}
	s.programs[p.ID] = p
	if len(s.order) > maxPrograms {
		delete(s.programs, s.order[0])
		s.order = s.order[1:]
	}
}

// Result is what became of one enrollment of a batch.
type Result struct {
	ID      int64
	Contact int64
	Found   plan.Status // before
	Status  plan.Status // after
	Err     error       // a refused command (fault.Conflict); nothing changed
	Handing *Handing    // a message that could not be called back (ENG-6)
	NextAt  time.Time
}

// move applies one event to each row and commits the batch, inside the caller's transaction. A row that the engine cannot run is
// set aside (ENG-8) and does not hold the others up.
func (s *Service) move(ctx context.Context, account int64, rows []Row, author string, event func(*Row, *Program) Event) ([]Result, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	b, err := s.batch(ctx, account, rows)
	if err != nil {
		return nil, err
	}
	b.author = author
	results := make([]Result, len(rows))
	for i := range rows {
		results[i], err = b.one(ctx, &rows[i], event)
		if err != nil {
			return nil, err
		}
	}
	return results, b.commit(ctx)
}

// one moves one row; the error is the database's, everything else is in the result.
func (b *batch) one(ctx context.Context, r *Row, event func(*Row, *Program) Event) (Result, error) {
	res := Result{ID: r.ID, Contact: r.ContactID, Found: r.Status, Status: r.Status}
	p := b.programs[r.VersionID]
	if p == nil {
		res.Err = b.bad[r.VersionID]
		return res, b.s.aside(ctx, b.now, r, res.Err)
	}
	m, group, err := b.advance(ctx, r, p, event(r, p))
	switch {
	case err == nil:
	case errors.Is(err, errLoad):
		return res, err
	case fault.Is(err, fault.Conflict):
		res.Err = err
		return res, nil
	default:
		res.Err = err
		return res, b.s.aside(ctx, b.now, r, err)
	}
	b.add(r, group)
	res.Status, res.NextAt = m.After.Status, m.After.DueAt
	return res, nil
}

// guarded runs Advance and turns a panic into an error, so that one bad step does not take the batch down (ENG-8).
func guarded(e Enrollment, p *Program, ev Event, now time.Time, env Env) (m Move, err error) {
	defer func() {
		if r := recover(); r != nil {
			if load, ok := r.(loadError); ok {
				err = load
				return
			}
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return Advance(e, p, ev, now, env)
}

// loading runs what asks an Env outside of Advance; the database's error comes back as one.
func loading(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case loadError:
			err = r
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

// errLoad marks a database error that came up while Advance asked its Env.
var errLoad = errors.New("loading facts")

type loadError struct{ cause error }

func (l loadError) Error() string   { return l.cause.Error() }
func (l loadError) Unwrap() []error { return []error{errLoad, l.cause} }
