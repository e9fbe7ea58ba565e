package oracle

import "tactus/internal/calendar"

// SetTag gives the contact the tag or takes it away; plans that start on it begin (PLAN-4).
func (w *World) SetTag(on bool) {
	added := on && !w.Tagged
	w.Tagged = on
	for _, name := range []string{"A", "B"} {
		if p := w.Plans[name]; added && p != nil && p.OnTag {
			w.startItself(name)
		}
	}
}

// startItself is an automatic start: nothing happens when the contact is live on the plan or may not be put on it again (PLAN-5), or when the
// plan has started too often today (PLAN-14).
func (w *World) startItself(name string) {
	if !w.mayStart(name) {
		return
	}
	if w.starts == nil {
		w.starts = map[start]int{}
	}
	today := start{name, w.Now.Unix() / 86400}
	w.starts[today]++
	if w.starts[today] > w.Starts {
		return
	}
	l, p := w.On(name), w.Plans[name]
	if l != nil {
		w.begin(l, p, "restarted")
		return
	}
	w.serial++
	l = &Life{Serial: w.serial}
	w.Lives = append(w.Lives, l)
	w.begin(l, p, "assigned")
}

// start is a plan on a day, counted since 1970 UTC.
type start struct {
	plan string
	day  int64
}

// mayStart is the plan's "again" for what has ended; a plan dated by events needs one that is not past.
func (w *World) mayStart(name string) bool {
	l, p := w.On(name), w.Plans[name]
	switch {
	case w.Drafts[name]:
		return false
	case p.Event && w.Event.Before(w.Now) && !w.comesAgain(p):
		return false
	case l == nil:
		return true
	case l.live() || p.Again != nil && *p.Again < 0:
		return false
	case p.Again == nil:
		return true
	}
	ended := calendar.Of(l.Ended, w.zone())
	ended.Date = ended.Date.AddDays(*p.Again)
	return !ended.In(w.zone()).After(w.Now)
}

// others is what a step does to the contact's plans; it has been found to have something to do.
func (w *World) others(l *Life, s Step) {
	switch s.Action {
	case AssignTo:
		w.startItself(s.Other)
	case PauseOne:
		w.hold(w.On(s.Other), "plan")
	case PauseAll:
		w.hold(l, "plan")
		for _, other := range w.Lives {
			if other != l && other.Status == "active" {
				w.hold(other, "plan")
			}
		}
	}
}

// idle: a step on another plan finds nothing to do.
func (w *World) idle(s Step) bool {
	switch on := w.On(s.Other); s.Action {
	case AssignTo:
		return !w.mayStart(s.Other)
	case PauseOne:
		return on == nil || on.Status != "active"
	}
	return false
}
