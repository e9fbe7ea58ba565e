package oracle

import (
	"slices"
	"time"
)

func (w *World) task(l *Life, step string) *ToDo {
	for i := range w.Tasks {
		t := &w.Tasks[i]
		if t.Serial == l.Serial && t.Run == l.Run && t.Round == l.Round && t.Step == step {
			return t
		}
	}
	return nil
}

// retime gives a task another date, unless a person has edited or done it (PLAN-13).
func (w *World) retime(t *ToDo, due time.Time) {
	if !t.Edited && !t.Done {
		t.Due = due
	}
}

// show opens the tasks whose due date can be computed, and re-dates those that are open (PLAN-13). One with a condition appears when the
// condition is decided (DEC-6).
func (w *World) show(l *Life) {
	if l.Status != "active" || !l.Begun || !l.Again.IsZero() {
		return
	}
	for _, s := range l.Plan.Steps {
		if s.Action != Task || w.Off[Task] || s.OnlyIf != "" || l.done(s.ID) != nil || l.Dropped[s.ID] {
			continue
		}
		due, ok := w.due(l, s)
		if !ok {
			continue
		}
		if t := w.task(l, s.ID); t != nil {
			w.retime(t, due)
		} else {
			w.Tasks = append(w.Tasks, ToDo{Serial: l.Serial, Run: l.Run, Round: l.Round, Step: s.ID, Due: due})
		}
	}
}

// EditTask gives an open task another date; before it has fallen due its step moves with it, for this contact only (PLAN-13, DEC-6).
func (w *World) EditTask(n int, due time.Time) {
	t := &w.Tasks[n]
	if due.Equal(t.Due) {
		return
	}
	t.Due, t.Edited = due, true
	if l := w.stepOf(*t); l != nil {
		if l.Dated == nil {
			l.Dated = map[string]time.Time{}
		}
		l.Dated[t.Step] = due
		w.run(l)
	}
}

// DeleteTask deletes an open task; before it has fallen due its step is dropped, for this contact only.
func (w *World) DeleteTask(n int) {
	t := w.Tasks[n]
	w.Tasks = slices.Delete(w.Tasks, n, n+1)
	if l := w.stepOf(t); l != nil {
		if l.Dropped == nil {
			l.Dropped = map[string]bool{}
		}
		l.Dropped[t.Step] = true
		delete(l.Dated, t.Step)
		w.run(l)
	}
}

// CompleteTask marks it done; its step goes its own way (DEC-6).
func (w *World) CompleteTask(n int) { w.Tasks[n].Done = true }

// stepOf is the life whose step a task's change reaches: the round is still this one and the step has not come to its end.
func (w *World) stepOf(t ToDo) *Life {
	for _, l := range w.Lives {
		if l.Serial == t.Serial && l.live() && l.Run == t.Run && l.Round == t.Round && l.done(t.Step) == nil && !t.Fired {
			return l
		}
	}
	return nil
}

func (w *World) dropTask(l *Life, step string) {
	w.Tasks = slices.DeleteFunc(w.Tasks, func(t ToDo) bool {
		return t.Serial == l.Serial && t.Run == l.Run && t.Round == l.Round && t.Step == step && !t.Fired && !t.Done
	})
}

// dropTasks deletes of the run that is over what is not yet due; done and overdue ones stay, and what an earlier run left behind (PLAN-13).
func (w *World) dropTasks(l *Life) {
	w.drop(func(t ToDo) bool { return t.Serial == l.Serial && t.Run == l.Run })
}

// dropAll deletes what is not yet due of all runs: the contact is taken off the plan.
func (w *World) dropAll(l *Life) { w.drop(func(t ToDo) bool { return t.Serial == l.Serial }) }

func (w *World) drop(of func(ToDo) bool) {
	w.Tasks = slices.DeleteFunc(w.Tasks, func(t ToDo) bool { return of(t) && !t.Fired && !t.Done && t.Due.After(w.Now) })
}
