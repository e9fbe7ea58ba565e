package enroll

import (
	"cmp"
	"context"
	"slices"

	"tactus/internal/history"
)

// Answered is what became of one message of an enrollment.
type Answered struct {
	Enrollment, Message int64
	// Contact is whose enrollment it is; 0 = it has to be asked for. It is asked for all when it is not known of one.
	Contact int64
	Answer  Answer
	// Handed is set for a message that had been handed over: when its enrollment was taken off the plan meanwhile, its step has its end all the
	// same (PLAN-18).
	Handed *Handed
}

// Handed is what a message's row still tells of its enrollment when that is gone.
type Handed struct{ Contact, Plan, Version int64 }

// Answers brings what became of messages back to their enrollments, inside the caller's transaction. Contacts and enrollments are locked first
// (DEC-10); then write records the messages themselves and returns those that it wrote, whose answers count. It is told which messages
// are over: what the carrier would take later is not wanted any more (ENG-6).
func (s *Service) Answers(ctx context.Context, account int64, answers []Answered, write func(ctx context.Context, over map[int64]bool) (map[int64]bool, error)) error {
	answers = slices.Clone(answers)
	slices.SortFunc(answers, func(a, b Answered) int { return cmp.Compare(a.Message, b.Message) })
	rows, err := s.answering(ctx, account, answers)
	if err != nil {
		return err
	}
	over, err := s.over(ctx, account, rows, answers)
	if err != nil {
		return err
	}
	written, err := write(ctx, over)
	if err != nil {
		return err
	}
	answers = slices.DeleteFunc(answers, func(a Answered) bool { return !written[a.Message] })
	if err := s.removed(ctx, account, rows, answers); err != nil {
		return err
	}
	for first := true; len(answers) > 0; first = false {
		if !first {
			if rows, err = s.answering(ctx, account, answers); err != nil {
				return err
			}
		}
		turn := map[int64]Answer{}
		answers = oneEach(rows, answers, turn)
		rows = slices.DeleteFunc(rows, func(r Row) bool { _, ok := turn[r.ID]; return !ok })
		if _, err := s.move(ctx, account, rows, "engine", func(r *Row, _ *Program) Event { return turn[r.ID] }); err != nil {
			return err
		}
	}
	return nil
}

// oneEach puts one answer of each contact into turn and returns the others: of a contact's plans one sees what the other has done (ENG-2), and an
// enrollment has two answers when a run was restarted while its message was being handed over.
func oneEach(rows []Row, answers []Answered, turn map[int64]Answer) []Answered {
	contact := make(map[int64]int64, len(rows))
	for i := range rows {
		contact[rows[i].ID] = rows[i].ContactID
	}
	busy := make(map[int64]bool, len(rows))
	return slices.DeleteFunc(answers, func(a Answered) bool {
		c, there := contact[a.Enrollment]
		if there && busy[c] {
			return false
		}
		busy[c] = true
		turn[a.Enrollment] = a.Answer
		return true
	})
}

// removed records the ends of steps whose enrollments were taken off their plans while the messages were being handed over.
func (s *Service) removed(ctx context.Context, account int64, rows []Row, answers []Answered) error {
	there := make(map[int64]bool, len(rows))
	for i := range rows {
		there[rows[i].ID] = true
	}
	var ends []history.Row
	for _, a := range answers {
		if a.Handed == nil || there[a.Enrollment] {
			continue
		}
		end := a.Answer.afterRun()
		ends = append(ends, history.Row{
			AccountID: account, ContactID: a.Handed.Contact, EnrollmentID: a.Enrollment, PlanID: a.Handed.Plan, VersionID: a.Handed.Version,
			Run: end.Run, Round: end.Round, Step: end.Step, Kind: string(StepEntry), Outcome: string(end.Outcome), Reason: end.Reason,
			At: s.clock.Now(), Author: "engine", Detail: end.Detail,
		})
	}
	if len(ends) == 0 {
		return nil
	}
	return s.store.AppendHistory(ctx, ends)
}

// these are enrollments of contacts; a contact that is 0 is not known.
func these(ids, contacts []int64) Selection {
	slices.Sort(ids)
	sel := Selection{IDs: slices.Compact(ids)}
	if !slices.Contains(contacts, 0) {
		slices.Sort(contacts)
		sel.Contacts = slices.Compact(contacts)
	}
	return sel
}

func (s *Service) answering(ctx context.Context, account int64, answers []Answered) ([]Row, error) {
	if len(answers) == 0 {
		return nil, nil
	}
	ids, contacts := make([]int64, len(answers)), make([]int64, len(answers))
	for i, a := range answers {
		ids[i], contacts[i] = a.Enrollment, a.Contact
	}
	return s.store.LockEnrollments(ctx, account, these(ids, contacts))
}

// over finds the messages that no run waits for: the enrollment was taken off the plan, the run has ended, the step went in an edit.
func (s *Service) over(ctx context.Context, account int64, rows []Row, answers []Answered) (map[int64]bool, error) {
	at := make(map[int64]*Row, len(rows))
	var versions []int64
	for i := range rows {
		at[rows[i].ID] = &rows[i]
		versions = append(versions, rows[i].VersionID)
	}
	slices.Sort(versions)
	programs, _, err := s.Programs(ctx, account, slices.Compact(versions))
	if err != nil {
		return nil, err
	}
	over := map[int64]bool{}
	for _, a := range answers {
		r := at[a.Enrollment]
		if r == nil || r.Run != a.Answer.Run || !r.Status.Live() {
			over[a.Message] = true
			continue
		}
		if p := programs[r.VersionID]; p != nil && p.Step(a.Answer.Step) == nil {
			over[a.Message] = true
		}
	}
	return over, nil
}
