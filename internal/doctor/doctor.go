// Package doctor looks at a whole installation and says of each part whether it is well, what was seen, and what to do: the database and its
// settings, the engine's own promises, what carries each channel, the names that mail is sent from, and what is set for all. It changes
// nothing and sends nothing.
package doctor

import (
	"context"
	"time"

	"tactus/internal/account"
	"tactus/internal/carrier"
	"tactus/internal/clock"
)

// Status is a check's result.
type Status string

// The closed set of results: well; to be looked at; broken.
const (
	OK   Status = "ok"
	Warn Status = "warn"
	Fail Status = "fail"
)

// Check is one thing looked at.
type Check struct {
	Section string
	Name    string
	Status  Status
	Saw     string
	Advice  string // what to do; "" when all is well
}

// Store tells what the database says of itself.
type Store interface {
	// Examine looks at the database; what cannot be asked is left empty.
	Examine(ctx context.Context) (Database, error)
	// Vitals looks at the work of one account: what is late, and what should not be.
	Vitals(ctx context.Context, account int64, late time.Time) (Vitals, error)
	// Restored tells what a restore of the database has left behind.
	Restored(ctx context.Context) (Restore, error)
}

// Place is what the process knows of where it runs.
type Place struct {
	BaseURL string   // as configured for the installation
	Secret  string   // what is wrong with the installation's secret; "" = nothing
	Open    []string // files of ours that others on the machine may read
}

// Service examines. Safe for concurrent use.
type Service struct {
	store    Store
	accounts *account.Service
	carriers *carrier.Service
	names    Names
	clock    clock.Clock
	place    func() Place
}

// New makes the service; names nil = the machine's resolver.
func New(store Store, accounts *account.Service, carriers *carrier.Service, names Names, c clock.Clock, place func() Place) *Service {
	if names == nil {
		names = Resolver("")
	}
	return &Service{store: store, accounts: accounts, carriers: carriers, names: names, clock: c, place: place}
}

// list gathers checks.
type list struct {
	section string
	checks  []Check
}

func (l *list) ok(name, saw string) { l.add(OK, name, saw, "") }

func (l *list) add(s Status, name, saw, advice string) {
	if s == OK {
		advice = ""
	}
	l.checks = append(l.checks, Check{Section: l.section, Name: name, Status: s, Saw: saw, Advice: advice})
}

// overdue is how late an enrollment may be (ENG-1).
const overdue = 5 * time.Minute

// Look examines the installation and one account. An error of the database is a check that failed, not an error.
func (s *Service) Look(ctx context.Context, acct int64) []Check {
	l := &list{}
	l.section = "Database"
	db, err := s.store.Examine(ctx)
	if err != nil {
		l.add(Fail, "reachable", err.Error(), "Start the database, or correct its address (--db).")
		return l.checks
	}
	database(l, db)
	if len(db.Schema.Pending) > 0 {
		return l.checks // the rest could not be read
	}
	l.section = "Work"
	if r, err := s.store.Restored(ctx); err != nil {
		l.add(Fail, "restore", err.Error(), "See the database's checks.")
	} else {
		restored(l, r)
	}
	if v, err := s.store.Vitals(ctx, acct, s.clock.Now().Add(-overdue)); err != nil {
		l.add(Fail, "readable", err.Error(), "See the database's checks.")
	} else {
		work(l, v)
	}
	l.section = "Setup"
	a, err := s.accounts.Account(ctx, acct)
	if err != nil {
		l.add(Fail, "account", err.Error(), "See the database's checks.")
		return l.checks
	}
	outside := s.outside(ctx, acct)
	setup(l, a, s.place(), outside)
	l.section = "Carriers"
	keys := s.carry(ctx, l, acct)
	if outside {
		l.section = "Sender domains"
		s.senders(ctx, l, a, keys)
	}
	return l.checks
}
