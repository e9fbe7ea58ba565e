package simulate

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"tactus/internal/enroll"
	"tactus/internal/history"
	"tactus/internal/plan"
)

// read turns the history rows that are new into lines.
func (s *simulation) read(ctx context.Context) error {
	rows, err := s.db.HistorySince(ctx, s.account, s.contact, s.seen)
	if err != nil {
		return err
	}
	for _, r := range rows {
		s.seen = r.ID
		if r.EnrollmentID == 0 {
			continue
		}
		if s.drop[run{r.EnrollmentID, r.Run}] && enroll.EntryKind(r.Kind) != enroll.StatusEntry {
			// A command has set it going again: it stays cut.
			if err := s.db.Freeze(ctx, s.account, r.EnrollmentID, never); err != nil {
				return err
			}
			continue
		}
		if err := s.line(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *simulation) line(ctx context.Context, r history.Row) error {
	l := Line{At: r.At, Local: r.At.In(s.zone), Plan: s.names[r.PlanID], Run: r.Run, Reason: r.Reason}
	switch enroll.EntryKind(r.Kind) {
	case enroll.StatusEntry:
		if over, err := s.endless(ctx, r); over || err != nil {
			return err
		}
		l.Status = r.Outcome
		if r.Outcome == string(plan.Active) && r.Reason != "resumed" {
			s.begun = append(s.begun, begun{r.EnrollmentID, l})
			return nil
		}
		s.show(r.EnrollmentID)
		s.lines = append(s.lines, l)
		return nil
	case enroll.RoundEntry:
		_, err := s.endless(ctx, r)
		return err
	case enroll.StepEntry:
	default:
		return nil
	}
	s.mover = run{r.EnrollmentID, r.Run}
	if r.Reason == enroll.ReasonRunEnded {
		return nil // steps left when a run ends get no lines (1a)
	}
	p, err := s.app.Runs.Program(ctx, s.account, r.VersionID)
	if err != nil {
		return err
	}
	step := p.Step(r.Step)
	if step == nil {
		return nil
	}
	l.Due, l.Round, l.Step, l.Name, l.Action, l.Outcome = r.DueAt, r.Round, step.Pos+1, step.Name, step.Step.Action, r.Outcome
	if err := s.content(ctx, r, step, &l); err != nil {
		return err
	}
	s.show(r.EnrollmentID)
	s.lines = append(s.lines, l)
	if step.Role.Repeats && r.Outcome == string(enroll.Fired) {
		return s.cutRounds(ctx, r, step)
	}
	return nil
}

// content is what the recipient reads of a message, or the text of a note or task.
func (s *simulation) content(ctx context.Context, r history.Row, step *enroll.Step, l *Line) error {
	if r.Outcome != string(enroll.Fired) {
		return nil
	}
	subject, text, err := s.db.StepContent(ctx, s.account, r.EnrollmentID, r.Run, r.Round, r.Step)
	l.Subject, l.Text = subject, strings.TrimRight(text, "\n")
	return err
}

// cutRounds ends a repeat without "times" after the rounds that were asked for.
func (s *simulation) cutRounds(ctx context.Context, r history.Row, step *enroll.Step) error {
	var repeat struct {
		Times *int `json:"times"`
	}
	if err := json.Unmarshal(step.Config, &repeat); err != nil || repeat.Times != nil || r.Round < s.opt.Rounds {
		return err
	}
	return s.cutOff(ctx, r, "rounds")
}

// run is one run of an enrollment.
type run struct {
	enrollment int64
	number     int
}

// begun is a run that has begun, with the line that says so.
type begun struct {
	enrollment int64
	line       Line
}

// show writes the beginnings of runs up to an enrollment: at one moment, the enrollment that began first comes first (1a), so
// what another has started waits until that one has no more to do.
func (s *simulation) show(enrollment int64) {
	slices.SortStableFunc(s.begun, func(a, b begun) int { return cmp.Compare(a.enrollment, b.enrollment) })
	for len(s.begun) > 0 && s.begun[0].enrollment <= enrollment {
		s.lines = append(s.lines, s.begun[0].line)
		s.begun = s.begun[1:]
	}
}

// endless cuts runs that begin by themselves again and again: a yearly plan after three occurrences, plans that start each other after
// as many runs as rounds, unless --until bounds them.
func (s *simulation) endless(ctx context.Context, r history.Row) (bool, error) {
	this := run{r.EnrollmentID, r.Run}
	switch {
	case enroll.EntryKind(r.Kind) == enroll.RoundEntry:
		if r.Run-s.restart[r.PlanID] <= defaultRounds {
			return false, nil
		}
	case r.Outcome != string(plan.Active):
		s.mover = this
		return false, nil
	case r.Reason == "resumed":
		return false, nil
	default:
		s.causes[this] = s.mover
		if !s.opt.Until.IsZero() || s.ancestry(this) <= s.opt.Rounds {
			return false, nil
		}
	}
	return true, s.cutOff(ctx, r, "rounds")
}

// ancestry counts the runs of its own enrollment that have led to a run, this one included.
func (s *simulation) ancestry(this run) int {
	n := 0
	for r := this; r.enrollment != 0; r = s.causes[r] {
		if r.enrollment == this.enrollment {
			n++
		}
	}
	return n
}

// never is when a run goes on that was cut.
var never = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

// cutOff lets a run stand still: it stays live, as it would be, and has no more lines.
func (s *simulation) cutOff(ctx context.Context, r history.Row, why string) error {
	s.drop[run{r.EnrollmentID, r.Run}] = true
	s.cut = why
	return s.db.Freeze(ctx, s.account, r.EnrollmentID, never)
}

// clear takes the contact off every plan that its own arrival started.
func (s *simulation) clear(ctx context.Context) error {
	_, err := s.app.Runs.Do(ctx, s.account, enroll.CmdRemove, enroll.Selection{Contacts: []int64{s.contact}}, "simulator", 0)
	if err != nil {
		return err
	}
	rows, err := s.db.HistorySince(ctx, s.account, s.contact, 0)
	if len(rows) > 0 {
		s.seen = rows[len(rows)-1].ID
	}
	return err
}

// moveEvent moves the date of the plan's current run, and the event itself where there is one.
func (s *simulation) moveEvent(ctx context.Context, h Happening, sel enroll.Selection) error {
	if s.event != 0 {
		return s.db.InTx(ctx, func(ctx context.Context) error {
			if err := s.db.SetEventMoment(ctx, s.account, s.event, h.To); err != nil {
				return err
			}
			return s.app.Bulk.EventMoved(ctx, s.account, s.event, "simulator")
		})
	}
	return s.app.Runs.Redate(ctx, s.account, sel, h.To, "simulator")
}
