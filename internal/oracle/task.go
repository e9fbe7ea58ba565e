package oracle

import "slices"

func (w *World) task(l *Life, step string) *ToDo {
	for i := range w.Tasks {
		t := &w.Tasks[i]
		if t.Serial == l.Serial && t.Run == l.Run && t.Round == l.Round && t.Step == step {
			return t
		}
	}
	return nil
}

// show opens the tasks whose due date can be computed, and re-dates those that are open (PLAN-13). One with a condition appears when the
// condition is decided (DEC-6).
func (w *World) show(l *Life) {
	if l.Status != "active" || !l.Begun {
		return
	}
	for _, s := range l.Plan.Steps {
		if s.Action != Task || w.Off[Task] || s.OnlyIf != "" || l.done(s.ID) != nil {
			continue
		}
		due, ok := w.due(l, s)
		if !ok {
			continue
		}
		if t := w.task(l, s.ID); t != nil {
			t.Due = due
		} else {
			w.Tasks = append(w.Tasks, ToDo{l.Serial, l.Run, l.Round, s.ID, due, false})
		}
	}
}

func (w *World) dropTask(l *Life, step string) {
	w.Tasks = slices.DeleteFunc(w.Tasks, func(t ToDo) bool {
		return t.Serial == l.Serial && t.Run == l.Run && t.Round == l.Round && t.Step == step && !t.Fired
	})
}

// dropTasks deletes what is not yet due when a run is over; done and overdue ones stay (PLAN-13).
func (w *World) dropTasks(l *Life) {
	w.Tasks = slices.DeleteFunc(w.Tasks, func(t ToDo) bool { return t.Serial == l.Serial && !t.Fired && t.Due.After(w.Now) })
}
