package enroll

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tactus/internal/fault"
	"tactus/internal/history"
	"tactus/internal/plan"
)

// Trigger is the start rule that fired, the zero value for none.
type Trigger RuleKey

// StartRequest puts contacts on a plan.
type StartRequest struct {
	Plan      int64
	Contacts  []int64
	Event     int64  // for a plan dated by events
	Cause     string // hand, api, list, rule, source, plan, next_plan
	Trigger   Trigger
	Author    string
	By        int64 // the user who assigns; 0 = nobody
	Automatic bool  // a finished run follows the plan's "again"; otherwise Restart decides (PLAN-5)
	Restart   bool
	Version   int64 // a version made for this contact (PLAN-23); 0 = the newest
}

// Started says what a start did, for bulk answers (PLAN-5): how many started, were on it already, were skipped and why.
type Started struct {
	Started   int            `json:"started"`
	Restarted int            `json:"restarted"`
	Already   int            `json:"already"`
	Skipped   map[string]int `json:"skipped,omitempty"`
}

// Add sums two answers.
func (s *Started) Add(o Started) {
	s.Started += o.Started
	s.Restarted += o.Restarted
	s.Already += o.Already
	for k, n := range o.Skipped {
		s.skip(k, n)
	}
}

func (s *Started) skip(reason string, n int) {
	if n == 0 {
		return
	}
	if s.Skipped == nil {
		s.Skipped = map[string]int{}
	}
	s.Skipped[reason] += n
}

// Start puts contacts on a plan, in one transaction. A draft or archived plan is refused when a person asks (PLAN-2), and skipped with that reason
// when it starts by itself (PLAN-26).
func (s *Service) Start(ctx context.Context, account int64, req StartRequest) (Started, error) {
	var out Started
	err := s.store.InTx(ctx, func(ctx context.Context) (err error) {
		out, err = s.start(ctx, account, req)
		return err
	})
	return out, err
}

// start also serves what a step, an answer or a change of a contact causes, which has contacts locked by then: where it would wait in a ring for who
// edits the account, the database refuses one of the two, which is done again.
func (s *Service) start(ctx context.Context, account int64, req StartRequest) (Started, error) {
	var out Started
	// Who archives the plan, makes it a draft or edits it comes before or after this start, and counts and reaches what it began.
	if err := s.store.ShareAccount(ctx, account); err != nil {
		return out, err
	}
	contacts := slices.Clone(req.Contacts)
	slices.Sort(contacts)
	contacts, err := s.store.LockContacts(ctx, account, slices.Compact(contacts))
	if err != nil {
		return out, err
	}
	a, err := s.Account(ctx, account) // as it is after the locks, which may have been waited for
	if err != nil {
		return out, err
	}
	info, ok := a.Plans[req.Plan]
	if err := usable(info, ok); err != nil {
		if !req.Automatic {
			return out, err
		}
		out.skip(ReasonTarget, len(req.Contacts))
		return out, nil
	}
	version := info.VersionID
	if req.Version != 0 {
		version = req.Version
	}
	programs, bad, err := s.Programs(ctx, a.ID, []int64{version})
	if err != nil {
		return out, err
	}
	p := programs[version]
	if p == nil { // a version that this program cannot run must not take down the batch that starts it (ENG-8)
		if !req.Automatic {
			return out, bad[version]
		}
		out.skip(ReasonTarget, len(req.Contacts))
		return out, nil
	}
	if req.Event != 0 && !p.Document.DatedByEvent() && !req.Automatic {
		return out, fault.New(fault.Invalid, "the plan %q is not dated by events: leave the event out", info.Name)
	}
	if req.Trigger.Kind == "event" && req.Trigger.EventKind != plan.EventKind(p.Document.Event) {
		req.Event = 0 // it starts the plan and does not date it; such a plan has a contact once (PLAN-5)
	}
	if p.Document.DatedByEvent() && req.Event == 0 {
		if !req.Automatic {
			return out, fault.New(fault.Invalid, "the plan %q is dated by events: say which event", info.Name)
		}
		return out, s.startByNextEvent(ctx, a, req, p, contacts, &out)
	}
	return out, s.startOn(ctx, a, req, p, contacts, &out)
}

// startByNextEvent starts a plan dated by events for contacts that come to it by themselves: each by its next event of the plan's kind.
func (s *Service) startByNextEvent(ctx context.Context, a *Account, req StartRequest, p *Program, contacts []int64, out *Started) error {
	next, err := s.store.NextEvents(ctx, a.ID, contacts, plan.EventKind(p.Document.Event), s.clock.Now())
	if err != nil {
		return err
	}
	byEvent := map[int64][]int64{}
	for _, id := range contacts {
		if ev := next[id]; ev != 0 {
			byEvent[ev] = append(byEvent[ev], id)
		} else {
			out.skip("no_event", 1)
		}
	}
	for _, ev := range slices.Sorted(maps.Keys(byEvent)) {
		req.Event = ev
		if err := s.startOn(ctx, a, req, p, byEvent[ev], out); err != nil {
			return err
		}
	}
	return nil
}

func usable(p Plan, known bool) error {
	switch {
	case !known:
		return fault.New(fault.NotFound, "there is no such plan")
	case p.Archived:
		return fault.New(fault.Conflict, "the plan %q is archived: it starts for nobody", p.Name)
	case !p.Ready:
		return fault.New(fault.Conflict, "the plan %q is a draft: make it ready first", p.Name)
	}
	return nil
}

// StartDay is the day on which automatic starts are counted: days since 1970 UTC.
func StartDay(t time.Time) int64 { return t.Unix() / 86400 }

// limited cuts circles that arise at run time: automatic starts beyond the limit per contact, plan and day are dropped, which the
// contact's history says, and the plan shows the problem (PLAN-14).
func (s *Service) limited(ctx context.Context, a *Account, req StartRequest, fresh []int64, again []Row, out *Started) ([]int64, []Row, error) {
	if !req.Automatic || a.MaxStarts <= 0 || len(fresh)+len(again) == 0 {
		return fresh, again, nil
	}
	contacts := slices.Clone(fresh)
	for _, r := range again {
		contacts = append(contacts, r.ContactID)
	}
	now := s.clock.Now()
	over, err := s.store.CountStarts(ctx, a.ID, req.Plan, contacts, StartDay(now), a.MaxStarts)
	if err != nil || len(over) == 0 {
		return fresh, again, err
	}
	out.skip(ReasonCircle, len(over))
	text := fmt.Sprintf("circle: this plan was started more than %d times in a day for contact %d (%s): plans or tags start each other", a.MaxStarts, over[0], req.Cause)
	if err := s.store.SetPlanProblem(ctx, a.ID, req.Plan, text); err != nil {
		return nil, nil, err
	}
	past := make([]history.Row, len(over))
	for i, id := range over {
		past[i] = history.Row{
			AccountID: a.ID, ContactID: id, PlanID: req.Plan, Kind: string(StartEntry), Outcome: string(Skipped), Reason: ReasonCircle,
			At: now, Author: req.Author, Detail: fmt.Sprintf("started more than %d times in a day", a.MaxStarts),
		}
	}
	if err := s.store.AppendHistory(ctx, past); err != nil {
		return nil, nil, err
	}
	dropped := func(id int64) bool { return slices.Contains(over, id) }
	return slices.DeleteFunc(fresh, dropped), slices.DeleteFunc(again, func(r Row) bool { return dropped(r.ContactID) }), nil
}

func (s *Service) startOn(ctx context.Context, a *Account, req StartRequest, p *Program, contacts []int64, out *Started) error {
	if len(contacts) == 0 {
		return nil
	}
	s.store.Signal(ctx, TopicEngine)
	if !req.Automatic { // nothing limits what a person starts: most are new, and the others are left over
		var err error
		if contacts, err = s.insert(ctx, a, req, p, contacts, out); err != nil || len(contacts) == 0 {
			return err
		}
	}
	rows, err := s.store.LockEnrollments(ctx, a.ID, Selection{Contacts: contacts, Plan: req.Plan, Event: req.Event})
	if err != nil {
		return err
	}
	on := make(map[int64]bool, len(rows))
	var again []Row
	for _, r := range rows {
		on[r.ContactID] = true
		switch {
		case r.Status.Live():
			out.Already++
		case s.mayRestart(a, req, p, &r):
			again = append(again, r)
		default:
			out.skip("finished", 1)
		}
	}
	fresh := slices.DeleteFunc(contacts, func(id int64) bool { return on[id] })
	if fresh, again, err = s.limited(ctx, a, req, fresh, again, out); err != nil {
		return err
	}
	if _, err := s.insert(ctx, a, req, p, fresh, out); err != nil {
		return err
	}
	if len(again) > 0 {
		results, err := s.restart(ctx, a, again, req.Author, req.By, laneOf(len(req.Contacts)))
		if err != nil {
			return err
		}
		for _, r := range results {
			if r.Err == nil {
				out.Restarted++
			}
		}
	}
	return nil
}

// mayRestart is PLAN-5's answer for a run that has ended: the person's choice, or the plan's "again".
func (s *Service) mayRestart(a *Account, req StartRequest, p *Program, r *Row) bool {
	if !req.Automatic {
		return req.Restart
	}
	return startsAgain(p.Document.Again, req.Cause, r.EndedAt, ZoneOf(r.Facts.Zone, a.Zone), s.clock.Now())
}
