package enroll

import (
	"time"

	"tactus/internal/action"
	"tactus/internal/calendar"
	"tactus/internal/plan"
)

// nextRound begins the next pass through the steps with a new start moment (repeat_plan).
func (a *advance) nextRound() {
	st := a.st()
	st.Round++
	st.Start = MillisOf(a.now)
	st.Done, st.Wait, st.Open = nil, nil, nil
	for step, o := range st.Over { // a date that was set by hand is of its round; what was dropped stays dropped in the run (DEC-6)
		if o.Due != 0 {
			delete(st.Over, step)
		}
	}
	a.later = true // a round begins in a move of its own: one transaction never runs round after round
}

// complete ends a run whose steps are all done. A yearly plan waits for its next occurrence instead, and stays active
// through the year (PLAN-11, DEC-7).
func (a *advance) complete() {
	if !a.p.Document.MayRepeatYearly() {
		a.finish()
		return
	}
	if _, ok := a.env.Occurrence(a.lastDate()); !ok {
		a.finish() // the date does not come again, or is gone: nothing to wait for
		return
	}
	a.st().Next = a.dayAfterDate()
	a.EndedRun = a.After.Run
}

// dayAfterDate is when the next run of a yearly plan may begin at the earliest: the day after its event, in the contact's zone.
func (a *advance) dayAfterDate() Millis {
	after := calendar.Of(a.st().Date.Time(), a.z.contact)
	next := calendar.Wall{Date: after.Date.AddDays(1)}.In(a.z.contact)
	if next.Before(a.now) {
		next = a.now
	}
	return MillisOf(next)
}

// lastDate is the moment after which the next occurrence of a yearly plan is looked for. A date that moved to an earlier day
// must not make the same occurrence come again.
func (a *advance) lastDate() time.Time {
	return max(a.st().Date, a.st().Held).Time()
}

// nextRun begins the run of a yearly plan's next occurrence.
func (a *advance) nextRun() {
	date, ok := a.env.Occurrence(a.lastDate())
	for ok && date.Before(a.now) {
		date, ok = a.env.Occurrence(date)
	}
	if !ok {
		a.finish()
		a.st().Next = 0 // only now: the run has been over since it began to wait, and whatever an edit has added since is not its own
		return
	}
	a.After.Run++
	a.After.Problems = 0
	a.After.StartedAt = a.now
	a.After.State = NewState(a.now, date, a.st().Sent)
	a.Entries = append(a.Entries, Entry{
		Kind: RoundEntry, Run: a.After.Run, Round: 1, At: a.now, Detail: date.UTC().Format(time.RFC3339),
	})
}

// finish completes the enrollment; what is not done is recorded as skipped (PLAN-18).
func (a *advance) finish() {
	a.endRun()
	a.After.EndedAt = a.now
	a.Next = true
	a.status(plan.Completed, "finished", a.now)
}

// stop ends the enrollment; only restart goes on.
func (a *advance) stop(reason string) {
	a.close()
	a.status(plan.Stopped, reason, a.now)
}

// close ends a run before its end: the message in hand is taken back, what is not done has its end.
func (a *advance) close() {
	a.withdraw()
	a.endRun()
	a.After.Holders = nil
	a.After.EndedAt = a.now
}

// endRun records what was not done and lets the run's open tasks go. A message that is just being handed over keeps its
// step open until its carrier has answered.
func (a *advance) endRun() {
	a.EndedRun = a.After.Run
	st := a.st()
	if st.Next == 0 {
		for _, s := range a.p.Steps {
			if st.done(s.ID) != nil || st.Hand == s.ID {
				continue
			}
			at, _ := due(a.p, st, s, a.z)
			a.end(s.ID, Skipped, ReasonRunEnded, at, a.now, "")
		}
	}
	if len(st.Open) > 0 {
		a.effect("", a.now, DropTasks{})
		st.Open = nil
	}
}

// withdraw takes the message in hand back, if it has not been handed over.
func (a *advance) withdraw() {
	st := a.st()
	if st.Hand == "" || a.handing {
		return
	}
	a.effect(st.Hand, a.now, WithdrawMessage{})
	if w := st.waiting(st.Hand); w != nil && !w.Try {
		st.unwait(st.Hand)
	}
	st.Hand = ""
}

// hold adds a holder to the pause, pausing an active enrollment.
func (a *advance) hold(h Holder, reason string) {
	for _, has := range a.After.Holders {
		if has == h {
			return
		}
	}
	a.After.Holders = append(append([]Holder(nil), a.After.Holders...), h)
	if a.After.Status == plan.Paused {
		return
	}
	a.withdraw()
	a.st().Pauses = append(a.st().Pauses, Pause{From: MillisOf(a.now)})
	a.status(plan.Paused, reason, a.now)
}

// release lets the enrollment run again: the open pause ends, and every wait is judged anew (PLAN-16).
func (a *advance) release(reason string) {
	st := a.st()
	a.After.Holders = nil
	if n := len(st.Pauses); n > 0 && st.Pauses[n-1].To == 0 {
		st.Pauses[n-1].To = MillisOf(a.now)
	}
	for i := range st.Wait {
		st.Wait[i].Until, st.Wait[i].Reason = 0, ""
	}
	a.status(plan.Active, reason, a.now)
}

// schedule sets the moment of the next move, opens and re-times the tasks that can be seen ahead.
func (a *advance) schedule() {
	e := &a.After
	e.DueAt, e.Wait = time.Time{}, ForNothing
	if e.Status != plan.Active {
		return
	}
	a.tasks()
	switch {
	case a.st().Hand != "":
		e.Wait = ForMessage
	case a.st().Next != 0:
		e.DueAt = a.st().Next.Time()
	case a.st().Fresh:
		e.DueAt = a.now
	default:
		c, ok := a.next()
		switch {
		case ok:
			e.DueAt, e.Lane = c.at, a.lane(c.due)
		case a.allDone():
			e.DueAt = a.now // the run ends in the engine's move
		default:
			e.Wait = ForDate
		}
	}
}

// lane is 0 for what is due at the start of a run, which goes before old backlog; a run that was started with a crowd is backlog from its
// beginning on (ENG-8).
func (a *advance) lane(due time.Time) int {
	if a.After.Lane == 0 && due.Equal(a.st().Began.Time()) {
		return 0
	}
	return 1
}

// tasks makes open tasks of the steps whose due moment is known (PLAN-13); one with a condition appears when the condition
// is decided (DEC-6).
func (a *advance) tasks() {
	st := a.st()
	if st.Fresh || st.Next != 0 {
		return
	}
	for _, s := range a.p.Steps {
		if !s.Role.Task || s.OnlyIf != nil || st.done(s.ID) != nil || st.Over[s.ID].Removed || a.env.Off(s) {
			continue
		}
		at, ok := due(a.p, st, s, a.z)
		if !ok {
			continue
		}
		shown, open := st.Open[s.ID]
		if open && shown == MillisOf(at) {
			continue
		}
		if open {
			a.effect(s.ID, at, RetimeTask{})
			st.Open[s.ID] = MillisOf(at)
			continue
		}
		a.open(s, at)
	}
}

func (a *advance) open(s *Step, at time.Time) {
	out := a.env.Do(s, Ask{Now: a.now, Due: at, Round: a.st().Round, AssignedBy: a.After.AssignedBy})
	for _, eff := range out.Effects {
		task, ok := eff.(action.CreateTask)
		if !ok || task.Kind != "task" {
			continue
		}
		a.effect(s.ID, at, OpenTask{Task: task})
		if a.st().Open == nil {
			a.st().Open = map[string]Millis{}
		}
		a.st().Open[s.ID] = MillisOf(at)
	}
}
