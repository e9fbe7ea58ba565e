package simulate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"tactus/internal/app"
	"tactus/internal/clock"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/gate"
	"tactus/internal/plan"
	"tactus/internal/store"
)

// maxMoments bounds a simulation that never ends: plans that start each other for ever.
const maxMoments = 200_000

// UsageError is a simulation that was asked for wrongly: a happening that the enrollment's state refuses (PLAN-15), a date that
// a dated plan lacks.
type UsageError struct{ Message string }

func (e *UsageError) Error() string { return e.Message }

func usagef(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// Run simulates the plan of the first file; the others are the plans that it names. The files have been checked. It returns the lines
// in the order of firing.
func Run(ctx context.Context, files []*plan.File, opt Options) (*Result, error) {
	s, err := begin(ctx, files, opt)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.assign(ctx); err != nil {
		return nil, err
	}
	if err := s.play(ctx); err != nil {
		return nil, err
	}
	return &Result{Lines: s.lines, Zone: s.zone, Cut: s.cut, End: s.clock.Now()}, nil
}

// Result is a finished simulation.
type Result struct {
	Lines []Line
	Zone  *time.Location
	Cut   string // why it was cut before its end; "" = it ran to its end
	End   time.Time
}

// simulation is one run at work.
type simulation struct {
	opt     Options
	db      *store.DB
	app     *app.App
	clock   *clock.Fake
	zone    *time.Location
	account int64
	contact int64
	owner   int64
	event   int64
	main    int64 // the plan of the first file
	docs    []*plan.Document
	names   map[int64]string
	seen    int64 // the newest history row that was read
	lines   []Line
	begun   []begun // runs that have begun at this moment and have no line yet
	mover   run     // the run that moved last
	causes  map[run]run
	drop    map[run]bool  // runs that were cut
	restart map[int64]int // restarts by hand, by plan, which do not count as occurrences of a yearly one
	cut     string
}

func begin(ctx context.Context, files []*plan.File, opt Options) (*simulation, error) {
	if opt.AccountZone == "" {
		opt.AccountZone = "UTC"
	}
	if opt.Zone == "" {
		opt.Zone = zoneOf(opt.Contact, opt.AccountZone)
	}
	if opt.Start.IsZero() {
		opt.Start = clock.Real{}.Now().Truncate(time.Second)
	}
	if opt.Rounds <= 0 {
		opt.Rounds = defaultRounds
	}
	s := &simulation{opt: opt, drop: map[run]bool{}, causes: map[run]run{}, restart: map[int64]int{}, names: map[int64]string{}}
	var err error
	if s.zone, err = time.LoadLocation(opt.Zone); err != nil {
		return nil, usagef("there is no time zone %q", opt.Zone)
	}
	if _, err := time.LoadLocation(opt.AccountZone); err != nil {
		return nil, usagef("there is no time zone %q", opt.AccountZone)
	}
	for _, f := range files {
		if f.Document != nil {
			s.docs = append(s.docs, f.Document)
		}
	}
	if len(s.docs) == 0 || files[0].Document == nil {
		return nil, usagef("the first file holds no plan")
	}
	if !opt.Until.IsZero() && opt.Until.Before(opt.Start) {
		return nil, usagef("--until %s is before the start", opt.Until.Format(time.RFC3339))
	}
	if err := s.dated(); err != nil {
		return nil, err
	}
	if s.db, err = store.Open(ctx, ":memory:", store.Options{}); err != nil {
		return nil, err
	}
	if err := s.open(ctx, files); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// zoneOf is the zone that a contact's file gives, else the account's (1a).
func zoneOf(c map[string]any, accountZone string) string {
	if lead, _, err := Lead(c); err == nil && lead.Zone != "" {
		return lead.Zone
	}
	return accountZone
}

func (s *simulation) close() {
	if s.app != nil {
		s.app.Carriers.Close()
	}
	_ = s.db.Close() // a database in memory
}

func (s *simulation) open(ctx context.Context, files []*plan.File) error {
	if err := s.db.Migrate(ctx); err != nil {
		return err
	}
	s.clock = clock.NewFake(s.opt.Start)
	s.app = app.New(s.db, s.clock, app.Options{Batch: 1, Tune: s.tune})
	return s.furnish(ctx, files)
}

// tune lays the simulation's hours over the account's policy.
func (s *simulation) tune(a *enroll.Account) {
	p := &a.Policy
	p.QuietZoneContactOnly = true // the made-up contact lives where --zone says
	switch {
	case s.opt.HoursOff:
		p.Rules, p.QuietHours = nil, nil
	case s.opt.Hours != nil:
		p.Rules, p.QuietHours = nil, map[string]gate.Hours{gate.AnyChannel: *s.opt.Hours}
	}
	p.Business = s.opt.Business
	p.DelayedTextsInBusinessHours = s.opt.Business != nil
}

// assign puts the contact on the plan at the start moment.
func (s *simulation) assign(ctx context.Context) error {
	_, err := s.app.Runs.Start(ctx, s.account, enroll.StartRequest{
		Plan: s.main, Contacts: []int64{s.contact}, Event: s.event, Cause: "hand", Author: "simulator", By: s.owner,
	})
	return err
}

// play goes from moment to moment. A command at a moment takes effect before the steps due at that moment (PLAN-16).
func (s *simulation) play(ctx context.Context) error {
	happenings := slices.Clone(s.opt.Happenings)
	slices.SortStableFunc(happenings, func(a, b Happening) int { return a.At.Compare(b.At) })
	for _, h := range happenings {
		if h.At.Before(s.opt.Start) {
			return usagef("--%s %s is before the start: the contact is not on the plan yet", h.Verb, h.At.Format(time.RFC3339))
		}
	}
	for range maxMoments {
		now := s.clock.Now()
		for len(happenings) > 0 && !happenings[0].At.After(now) {
			s.mover = run{}
			if err := s.happen(ctx, happenings[0]); err != nil {
				return err
			}
			if err := s.read(ctx); err != nil {
				return err
			}
			happenings = happenings[1:]
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
		next, err := s.next(ctx)
		if err != nil {
			return err
		}
		if len(happenings) > 0 && (next.IsZero() || happenings[0].At.Before(next)) {
			next = happenings[0].At
		}
		switch {
		case next.IsZero():
			return nil
		case !s.opt.Until.IsZero() && next.After(s.opt.Until):
			s.cut = "until"
			return nil
		}
		s.clock.Set(next)
	}
	s.cut = fmt.Sprintf("%d moments", maxMoments)
	return nil
}

// settle runs engine and delivery until nothing is due at this moment, one enrollment at a time: the one that began first
// comes first (1a).
func (s *simulation) settle(ctx context.Context) error {
	for range maxMoments {
		due, err := s.db.FirstDue(ctx, s.account, s.clock.Now())
		if err != nil {
			return err
		}
		if due != 0 {
			if err := s.app.Moves.TickOne(ctx, s.account, due); err != nil {
				return err
			}
		}
		sent, _, err := s.app.Delivery.RunOnce(ctx)
		if err != nil {
			return err
		}
		if err := s.read(ctx); err != nil {
			return err
		}
		if due == 0 && sent == 0 {
			s.show(math.MaxInt64)
			return s.broken(ctx)
		}
	}
	return fault.New(fault.Internal, "the simulation does not come to rest at %s", s.clock.Now())
}

// next is the next moment at which anything is due.
func (s *simulation) next(ctx context.Context) (time.Time, error) {
	due, err := s.db.DueWork(ctx, s.clock.Now())
	if err != nil {
		return time.Time{}, err
	}
	runs := due.Next
	_, messages, err := s.db.Outbox().DueLanes(ctx, s.clock.Now())
	if err != nil {
		return time.Time{}, err
	}
	if runs.Equal(never) {
		runs = time.Time{}
	}
	if runs.IsZero() || !messages.IsZero() && messages.Before(runs) {
		return messages, nil
	}
	return runs, nil
}

// happen does what a person inserted. What PLAN-15 refuses is a wrong use of the simulator that names the state.
func (s *simulation) happen(ctx context.Context, h Happening) error {
	sel := enroll.Selection{Plan: s.main, Contacts: []int64{s.contact}}
	switch h.Verb {
	case Reply:
		signal := plan.EmailReply
		if h.Channel == "sms" {
			signal = plan.SMSReply
		}
		return s.app.Runs.Replied(ctx, s.account, s.contact, signal, "reply")
	case OptOut:
		return s.optOut(ctx, h)
	case MoveEvent:
		if !s.docs[0].Dated() {
			return usagef("--move-event: the plan %q has no date", s.docs[0].Name)
		}
		return s.moveEvent(ctx, h, sel)
	default:
		if h.Verb == Restart {
			s.restart[s.main]++
		}
		results, err := s.app.Runs.Do(ctx, s.account, enroll.Command(h.Verb), sel, "simulator", s.owner)
		if err != nil {
			return err
		}
		for _, r := range results {
			if r.Err != nil {
				return usagef("--%s %s: %v", h.Verb, h.At.Format(time.RFC3339), r.Err)
			}
		}
		if len(results) == 0 {
			return usagef("--%s %s: the contact is not on the plan", h.Verb, h.At.Format(time.RFC3339))
		}
		return nil
	}
}

// broken reports an enrollment that the engine could not run, which is a fault of the plan or ours.
func (s *simulation) broken(ctx context.Context) error {
	problem, err := s.db.EngineErrors(ctx, s.account)
	if err != nil || problem == "" {
		return err
	}
	return fault.New(fault.Internal, "the engine cannot run this plan: %s", strings.SplitN(problem, "\n", 2)[0])
}
