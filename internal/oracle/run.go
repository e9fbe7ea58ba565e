package oracle

import (
	"strings"
	"time"
)

// run does what is due, one step after the other, up to a message, the end of the round or of the run.
func (w *World) run(l *Life) {
	run, round := l.Run, l.Round
	for l.Status == "active" && l.Hand == nil && l.Run == run && l.Round == round {
		if l.Again.After(w.Now) {
			break
		}
		if !l.Again.IsZero() {
			if w.nextYear(l); !l.live() {
				break
			}
			run, round = l.Run, l.Round
		}
		l.Begun = true
		s, at, ok := w.next(l)
		if !ok {
			if !l.allDone() {
				break
			}
			if w.comesAgain(l.Plan) {
				w.restOfTheYear(l)
			} else {
				w.finish(l)
			}
			continue
		}
		if at.After(w.Now) {
			break
		}
		w.do(l, s)
	}
	w.show(l)
}

func (w *World) do(l *Life, s Step) {
	due, _ := w.due(l, s)
	last, limited := l.limit(s, due)
	switch {
	case l.Dropped[s.ID]:
		w.end(l, s.ID, "skipped", "removed", due)
		return
	case w.Off[s.Action]:
		w.skip(l, s, "action_off", due)
		return
	case l.missed(s, due) || l.vain(s, due) || limited && w.Now.After(last):
		w.skip(l, s, "too_late", due)
		return
	case !w.met(l, s):
		w.skip(l, s, "condition", due)
		return
	}
	if s.Action == Email {
		if until, reason, ok := w.overtakes(l, s, due); ok {
			w.postpone(l, s, due, until, reason)
			return
		}
		if outcome, reason := w.barred(); outcome != "" {
			w.end(l, s.ID, outcome, reason, due)
			return
		}
	}
	switch at, reason := w.opening(l, s); {
	case at.IsZero():
		w.skip(l, s, "too_late", due)
	case at.After(w.Now):
		w.postpone(l, s, due, at, reason)
	default:
		w.fire(l, s, due)
	}
}

func (w *World) met(l *Life, s Step) bool {
	switch s.OnlyIf {
	case "":
		return true
	case "tag":
		return w.Tagged
	case "no tag":
		return !w.Tagged
	}
	id, outcome, _ := strings.Cut(s.OnlyIf, " ")
	d := l.done(id)
	return d != nil && d.Outcome == outcome
}

// overtakes: an earlier email of this life still waits, so this one leaves at that one's opening (PLAN-9).
func (w *World) overtakes(l *Life, s Step, due time.Time) (time.Time, string, bool) {
	at, _, _ := w.goes(l, s)
	for _, v := range l.Waits {
		pos := l.Plan.position(v.Step)
		if pos < 0 || v.Step == s.ID || l.Plan.Steps[pos].Action != Email || !v.Until.After(at) {
			continue
		}
		first, ok := w.due(l, l.Plan.Steps[pos])
		if ok && (first.Before(due) || first.Equal(due) && pos < l.Plan.position(s.ID)) {
			return v.Until, v.Reason, true
		}
	}
	return time.Time{}, "", false
}

// postpone takes along the steps below that are due at the same moment (PLAN-9).
func (w *World) postpone(l *Life, s Step, due, until time.Time, reason string) {
	if last, limited := l.limit(s, due); limited && until.After(last) {
		w.skip(l, s, "too_late", due)
		return
	}
	l.wait(s.ID, until, reason, false)
	for _, below := range l.Plan.Steps[l.Plan.position(s.ID)+1:] {
		if l.done(below.ID) != nil || below.Action == Repeat {
			continue
		}
		at, its, ok := w.goes(l, below)
		if !ok || !its.Equal(due) || !at.Before(until) {
			continue
		}
		if last, limited := l.limit(below, its); limited && until.After(last) || l.missed(below, its) {
			w.skip(l, below, "too_late", its)
			continue
		}
		l.wait(below.ID, until, reason, false)
	}
}

func (w *World) fire(l *Life, s Step, due time.Time) {
	switch s.Action {
	case Email:
		w.offer(l, s, due)
		return
	case AddTag, DropTag:
		if w.Tagged == (s.Action == AddTag) {
			w.skip(l, s, "nothing_to_do", due)
			return
		}
	case AssignTo, PauseOne:
		if w.Drafts[s.Other] {
			w.skip(l, s, "target_missing", due)
			return
		}
		if w.idle(s) {
			w.skip(l, s, "nothing_to_do", due)
			return
		}
	case Task:
		if t := w.task(l, s.ID); t != nil {
			t.Fired = true
			w.retime(t, due)
		} else {
			w.Tasks = append(w.Tasks, ToDo{Serial: l.Serial, Run: l.Run, Round: l.Round, Step: s.ID, Due: due, Fired: true})
		}
	case Repeat:
		if s.Times > 0 && l.Round >= s.Times {
			w.skip(l, s, "rounds_done", due)
			return
		}
	}
	w.end(l, s.ID, "fired", w.moved(l, s.ID, due), due)
	switch s.Action {
	case AddTag, DropTag:
		w.SetTag(s.Action == AddTag)
	case Repeat:
		// A date given by hand is of its round; what was dropped stays dropped in the run.
		l.Round, l.Start, l.Done, l.Waits, l.Dated = l.Round+1, w.Now, nil, nil, nil
	case EndPlan:
		w.finish(l)
	default:
		w.others(l, s)
	}
}
