package oracle

import (
	"slices"
	"time"
)

// Life is one contact on one plan. A contact that is taken off and put on again has another life.
type Life struct {
	Serial  int
	Plan    *Plan // the version it runs on
	Own     bool  // it is customised for this contact: edits of the plan leave it alone (PLAN-23)
	Status  string
	Holders []string

	Run, Round int
	Start      time.Time // of the round
	Began      time.Time // of the run
	Ended      time.Time
	Again      time.Time // a yearly plan's run is over, and this is when its next may begin
	Date       time.Time
	Held       time.Time // the date before it moved for the first time: the occurrence that a yearly run stands for
	Moved      time.Time // when the date moved last
	Begun      bool      // the first step has been looked at
	Done       []Done
	Waits      []Wait
	Hand       *Hand
	flying     int // the run whose message the carrier has at this moment: nothing can take it back
	Pauses     []Pause
	Dated      map[string]time.Time // steps whose task was given another date (PLAN-13)
	Dropped    map[string]bool      // steps whose task was deleted
}

// Done is a step's end in this round.
type Done struct {
	Step, Outcome, Reason string
	At                    time.Time
}

// Wait is a step that a gate or the carrier moved.
type Wait struct {
	Step   string
	Until  time.Time
	Reason string // alternatives are separated by |
	Tried  bool
}

// Hand is a message that waits for the sender.
type Hand struct {
	Step string
	Due  time.Time
	At   time.Time // when it was offered
	Row  int       // in the order in which messages were first offered
}

// Pause is one interval; To is zero while it lasts.
type Pause struct{ From, To time.Time }

// Line is something that was recorded: a step's end, or, without a step, a change of status.
type Line struct {
	Serial, Run, Round    int
	Step, Outcome, Reason string
	Due, At               time.Time
}

// ToDo is a task.
type ToDo struct {
	Serial, Run, Round int
	Step               string
	Due                time.Time
	Fired              bool
	Edited, Done       bool
}

func (l *Life) live() bool { return l.Status == "active" || l.Status == "paused" }

func (l *Life) done(id string) *Done {
	for i := range l.Done {
		if l.Done[i].Step == id {
			return &l.Done[i]
		}
	}
	return nil
}

func (l *Life) waiting(id string) *Wait {
	for i := range l.Waits {
		if l.Waits[i].Step == id {
			return &l.Waits[i]
		}
	}
	return nil
}

func (l *Life) unwait(id string) {
	l.Waits = slices.DeleteFunc(l.Waits, func(v Wait) bool { return v.Step == id })
}

func (l *Life) wait(id string, until time.Time, reason string, tried bool) {
	if old := l.waiting(id); old != nil {
		tried = tried || old.Tried
	}
	l.unwait(id)
	l.Waits = append(l.Waits, Wait{id, until, reason, tried})
}

func (l *Life) allDone() bool {
	for _, s := range l.Plan.Steps {
		if l.done(s.ID) == nil {
			return false
		}
	}
	return true
}

// goes is the moment at which a step may go: when it is due, or when its gate opens. One whose opening has become too late, because the date
// or the zone changed, is skipped as soon as that is known (PLAN-10).
func (w *World) goes(l *Life, s Step) (at, due time.Time, ok bool) {
	due, ok = w.due(l, s)
	at = due
	if v := l.waiting(s.ID); v != nil && !l.vain(s, due) {
		at = later(at, v.Until)
	}
	return at, due, ok
}

// vain: what the step waits for comes too late.
func (l *Life) vain(s Step, due time.Time) bool {
	v := l.waiting(s.ID)
	last, limited := l.limit(s, due)
	return v != nil && limited && v.Until.After(due) && v.Until.After(last)
}

// next is the step that goes first (PLAN-9).
func (w *World) next(l *Life) (best Step, at time.Time, found bool) {
	var bestDue time.Time
	open := 0
	for _, s := range l.Plan.Steps {
		if l.done(s.ID) == nil {
			open++
		}
	}
	for _, s := range l.Plan.Steps {
		if l.done(s.ID) != nil || s.Action == Repeat && open > 1 {
			continue
		}
		goes, due, ok := w.goes(l, s)
		if !ok {
			continue
		}
		if !found || goes.Before(at) || goes.Equal(at) && due.Before(bestDue) {
			best, at, bestDue, found = s, goes, due, true
		}
	}
	return best, at, found
}

// moved is the gate that moved a step: then it fires later than it was due (1a).
func (w *World) moved(l *Life, id string, due time.Time) string {
	if v := l.waiting(id); v != nil && w.Now.After(due) {
		return v.Reason
	}
	return ""
}

func (w *World) skip(l *Life, s Step, reason string, due time.Time) {
	w.dropTask(l, s.ID)
	w.end(l, s.ID, "skipped", reason, due)
}

// end is a step's one end (PLAN-18).
func (w *World) end(l *Life, id, outcome, reason string, due time.Time) {
	l.unwait(id)
	if l.Hand != nil && l.Hand.Step == id {
		l.Hand = nil
	}
	l.Done = append(l.Done, Done{id, outcome, reason, w.Now})
	w.Log = append(w.Log, Line{l.Serial, l.Run, l.Round, id, outcome, reason, due, w.Now})
	if outcome == "failed" && l.Plan.PauseOnFail && l.Status == "active" {
		w.hold(l, "failure")
	}
}

func (w *World) status(l *Life, to, reason string) {
	l.Status = to
	w.Log = append(w.Log, Line{Serial: l.Serial, Run: l.Run, Round: l.Round, Outcome: to, Reason: reason, At: w.Now})
}

func (w *World) finish(l *Life) {
	w.rest(l)
	l.Ended = w.Now
	w.status(l, "completed", "finished")
	if l.Plan.Next != "" {
		w.startItself(l.Plan.Next)
	}
}

// rest records what was not done and lets tasks go that are not yet due.
func (w *World) rest(l *Life) {
	for _, s := range l.Plan.Steps {
		if l.Again.IsZero() && l.done(s.ID) == nil && !(l.flying == l.Run && l.Hand.Step == s.ID) {
			at, _ := w.due(l, s)
			w.end(l, s.ID, "skipped", "run_ended", at)
		}
	}
	w.dropTasks(l)
}

// hold adds a holder to the pause, and pauses what is active.
func (w *World) hold(l *Life, holder string) {
	if slices.Contains(l.Holders, holder) {
		return
	}
	l.Holders = append(l.Holders, holder)
	if l.Status == "paused" {
		return
	}
	w.withdraw(l)
	l.Pauses = append(l.Pauses, Pause{From: w.Now})
	reason := holder
	if holder == "person" {
		reason = "command"
	}
	w.status(l, "paused", reason)
}

func (w *World) withdraw(l *Life) {
	if l.Hand == nil || l.flying == l.Run {
		return
	}
	if v := l.waiting(l.Hand.Step); v != nil && !v.Tried {
		l.unwait(l.Hand.Step)
	}
	l.Hand = nil
}
