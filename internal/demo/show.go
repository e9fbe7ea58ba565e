package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"tactus/internal/app"
	"tactus/internal/clock"
	"tactus/internal/enroll"
	"tactus/internal/history"
	"tactus/internal/plan"
)

// Show prints what happens in an account as it happens, until ctx is done: a line a step, by the demo's clock.
type Show struct {
	App     *app.App
	Account int64
	Out     io.Writer
	Zone    *time.Location
	Color   bool

	seen  int64
	names map[int64]string
}

// look is how often the show looks for news, by a person's clock.
const look = 150 * time.Millisecond

// Run shows until ctx is done.
func (s *Show) Run(ctx context.Context) error {
	s.names = map[int64]string{}
	for ctx.Err() == nil {
		if err := s.news(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		if err := clock.Sleep(ctx, look); err != nil {
			break
		}
	}
	return ctx.Err()
}

func (s *Show) news(ctx context.Context) error {
	rows, err := s.App.DB.AccountHistorySince(ctx, s.Account, s.seen, 500)
	if err != nil {
		return err
	}
	for i, r := range rows {
		s.seen = r.ID
		if n := crowd(rows, i); n == 0 {
			continue // told with the first of them
		} else if n >= many {
			if err := s.print(r, fmt.Sprintf("%s%-20s %-26s start", s.paint("34", "● "), fmt.Sprintf("%d contacts", n), s.planName(ctx, r))); err != nil {
				return err
			}
			continue
		}
		text, err := s.tell(ctx, r)
		if err != nil {
			return err
		}
		if text == "" {
			continue
		}
		if err := s.print(r, text); err != nil {
			return err
		}
	}
	return nil
}

// many is from how many on contacts who start together share one line.
const many = 4

// crowd is how many contacts start the plan of row i among these rows: 1 for any other row and for few, 0 for one that is told with
// the first of many.
func crowd(rows []history.Row, i int) int {
	first, n := -1, 0
	for k, r := range rows {
		if starts(r) && r.PlanID == rows[i].PlanID {
			n++
			if first < 0 {
				first = k
			}
		}
	}
	switch {
	case !starts(rows[i]), n < many:
		return 1
	case first != i:
		return 0
	}
	return n
}

func starts(r history.Row) bool {
	return r.Kind == string(enroll.StatusEntry) && r.Outcome == string(plan.Active)
}

func (s *Show) print(r history.Row, text string) error {
	_, err := fmt.Fprintf(s.Out, "%s  %s\n", r.At.In(s.Zone).Format("Mon 02 Jan 15:04"), text)
	return err
}

func (s *Show) planName(ctx context.Context, r history.Row) string {
	p, err := s.App.Runs.Program(ctx, s.Account, r.VersionID)
	if err != nil {
		return ""
	}
	return cut(p.Document.Name, 26)
}

func (s *Show) tell(ctx context.Context, r history.Row) (string, error) {
	if r.EnrollmentID == 0 {
		return "", nil
	}
	who, err := s.who(ctx, r.ContactID)
	if err != nil {
		return "", err
	}
	p, err := s.App.Runs.Program(ctx, s.Account, r.VersionID)
	if err != nil {
		return "", nil //nolint:nilerr // a row of no version: nothing to tell
	}
	name := p.Document.Name
	switch enroll.EntryKind(r.Kind) {
	case enroll.StepEntry:
		step := p.Step(r.Step)
		if step == nil || r.Reason == enroll.ReasonRunEnded {
			return "", nil
		}
		what := strings.ReplaceAll(step.Step.Action, "_", " ")
		if r.Outcome == string(enroll.Fired) {
			subject, text, err := s.App.DB.StepContent(ctx, s.Account, r.EnrollmentID, r.Run, r.Round, r.Step)
			if err != nil {
				return "", err
			}
			if subject == "" {
				subject, _, _ = strings.Cut(text, "\n")
			}
			if subject != "" {
				what += " “" + subject + "”"
			}
			return s.paint("32", "✓ ") + fmt.Sprintf("%-20s %-26s %s", cut(who, 20), cut(name, 26), what), nil
		}
		return s.paint("33", "– ") + fmt.Sprintf("%-20s %-26s %s: %s (%s)", cut(who, 20), cut(name, 26), what, r.Outcome,
			strings.ReplaceAll(r.Reason, "_", " ")), nil
	case enroll.PostponedEntry:
		return s.paint("36", "⏸ ") + fmt.Sprintf("%-20s %-26s waits: %s until %s", cut(who, 20), cut(name, 26),
			strings.ReplaceAll(r.Reason, "_", " "), s.local(r.Detail)), nil
	case enroll.StatusEntry:
		if r.Outcome == string(plan.Active) {
			return s.paint("34", "● ") + fmt.Sprintf("%-20s %-26s starts", cut(who, 20), cut(name, 26)), nil
		}
		return s.paint("34", "■ ") + fmt.Sprintf("%-20s %-26s %s", cut(who, 20), cut(name, 26), r.Outcome), nil
	default:
		return "", nil
	}
}

func (s *Show) local(text string) string {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.In(s.Zone).Format("Mon 15:04")
	}
	return text
}

func (s *Show) who(ctx context.Context, id int64) (string, error) {
	if n, ok := s.names[id]; ok {
		return n, nil
	}
	c, err := s.App.Contacts.Get(ctx, s.Account, id)
	if err != nil {
		return "somebody", nil //nolint:nilerr // deleted meanwhile
	}
	s.names[id] = strings.TrimSpace(c.FirstName + " " + c.LastName)
	return s.names[id], nil
}

func (s *Show) paint(code, text string) string {
	if !s.Color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
