package enroll

import (
	"context"
	"time"

	"tactus/internal/calendar"
	"tactus/internal/fault"
	"tactus/internal/plan"
)

// Command is what a person does to enrollments (PLAN-15).
type Command string

// The commands.
const (
	CmdPause   Command = "pause"
	CmdResume  Command = "resume"
	CmdStop    Command = "stop"
	CmdRestart Command = "restart"
	CmdRemove  Command = "remove"
)

// Do carries a person's command out on the selected enrollments, in one transaction: when it has returned, it holds (ENG-6). Results come
// by enrollment; one that PLAN-15 refuses has its error there and does not hold the others up.
func (s *Service) Do(ctx context.Context, account int64, cmd Command, sel Selection, author string, by int64) ([]Result, error) {
	var out []Result
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		if cmd == CmdRestart { // onto the plan as it is: see start
			if err := s.store.ShareAccount(ctx, account); err != nil {
				return err
			}
		}
		rows, err := s.store.LockEnrollments(ctx, account, sel)
		if err != nil {
			return err
		}
		a, err := s.Account(ctx, account)
		if err != nil {
			return err
		}
		out, err = s.command(ctx, a, cmd, rows, author, by)
		return err
	})
	return out, err
}

func (s *Service) command(ctx context.Context, a *Account, cmd Command, rows []Row, author string, by int64) ([]Result, error) {
	hands, err := s.hands(ctx, a.ID, rows)
	if err != nil {
		return nil, err
	}
	var results []Result
	switch cmd {
	case CmdPause:
		results, err = s.move(ctx, a.ID, rows, author, func(r *Row, _ *Program) Event {
			return Hold{Holder: HeldByPerson, Reason: "command", Handing: hands.of(r)}
		})
	case CmdResume:
		results, err = s.move(ctx, a.ID, rows, author, func(*Row, *Program) Event { return Resume{Holder: HeldByPerson} })
	case CmdStop:
		results, err = s.move(ctx, a.ID, rows, author, func(r *Row, _ *Program) Event {
			return Stop{Reason: "command", Handing: hands.of(r)}
		})
	case CmdRestart:
		results, err = s.restart(ctx, a, rows, author, by, laneOf(len(rows)))
	case CmdRemove:
		results, err = s.remove(ctx, a.ID, rows, hands, author)
	default:
		return nil, fault.New(fault.Invalid, "there is no command %q; use pause, resume, stop, restart or remove", cmd)
	}
	for i := range results {
		if h, ok := hands[results[i].ID]; ok && results[i].Err == nil {
			results[i].Handing = &h
		}
	}
	return results, err
}

// restart begins new runs from the first step of the newest version.
func (s *Service) restart(ctx context.Context, a *Account, rows []Row, author string, by int64, lane int) ([]Result, error) {
	var ok []Row
	var results []Result
	byPlan := map[int64]*Program{}
	dates := map[int64]time.Time{}
	for _, r := range rows {
		info, known := a.Plans[r.PlanID]
		if err := usable(info, known); err != nil {
			results = append(results, Result{ID: r.ID, Contact: r.ContactID, Found: r.Status, Status: r.Status, Err: err})
			continue
		}
		p := byPlan[r.PlanID]
		if p == nil {
			var err error
			if p, err = s.Program(ctx, a.ID, info.VersionID); err != nil {
				return nil, err
			}
			byPlan[r.PlanID] = p
		}
		groups, err := s.dates(ctx, a, p, r.EventID, []int64{r.ContactID}, s.clock.Now())
		switch {
		case fault.Is(err, fault.NotFound):
			results = append(results, Result{ID: r.ID, Contact: r.ContactID, Found: r.Status, Status: r.Status, Err: fault.New(fault.Conflict, "cannot restart: its event is gone")})
			continue
		case err != nil:
			return nil, err
		case len(groups) > 0:
			dates[r.ID] = groups[0].date
		}
		r.VersionID = p.ID // restart takes the plan as it is now and drops customisation (DEC-6)
		ok = append(ok, r)
	}
	moved, err := s.move(ctx, a.ID, ok, author, func(r *Row, _ *Program) Event {
		return Restart{Date: dates[r.ID], Reason: "restarted", By: by, Lane: lane}
	})
	return append(results, moved...), err
}

func (s *Service) remove(ctx context.Context, account int64, rows []Row, hands inFlight, author string) ([]Result, error) {
	results := make([]Result, len(rows))
	ids := make([]int64, len(rows))
	var live []Row
	for i, r := range rows {
		ids[i] = r.ID
		if r.Status.Live() {
			live = append(live, r)
		}
		results[i] = Result{ID: r.ID, Contact: r.ContactID, Found: r.Status}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	// What is live ends first; one that cannot, because its version is broken, is removed all the same.
	_, err := s.move(ctx, account, live, author, func(r *Row, _ *Program) Event {
		return Remove{Handing: hands.of(r)}
	})
	if err != nil {
		return nil, err
	}
	_, err = s.store.Remove(ctx, account, ids, s.clock.Now(), author)
	return results, err
}

// inFlight are the messages that are being handed over, by enrollment.
type inFlight map[int64]Handing

// of reports whether the message in the run's hand is one of them. One of an earlier run that was stopped meanwhile is not: it is named to who asks,
// but this run's own message can still be taken back (PLAN-16).
func (f inFlight) of(r *Row) bool {
	h, ok := f[r.ID]
	return ok && h.Run == r.Run
}

// interrupt moves rows by what must know whether the message in a run's hand is being handed over.
func (s *Service) interrupt(ctx context.Context, account int64, rows []Row, author string, by func(r *Row, p *Program, handing bool) Event) error {
	hands, err := s.hands(ctx, account, rows)
	if err != nil {
		return err
	}
	_, err = s.move(ctx, account, rows, author, func(r *Row, p *Program) Event { return by(r, p, hands.of(r)) })
	return err
}

// hands finds the messages that are being handed over at this moment; the rows' locks keep others from being marked.
func (s *Service) hands(ctx context.Context, account int64, rows []Row) (inFlight, error) {
	var ids []int64
	for _, r := range rows {
		if r.Wait == ForMessage || r.Status != plan.Active || r.Run > 1 {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.store.Handing(ctx, account, ids)
}

func addDays(t time.Time, n int, zone *time.Location) time.Time {
	w := calendar.Of(t, zone)
	w.Date = w.Date.AddDays(n)
	return w.In(zone)
}
