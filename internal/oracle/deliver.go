package oracle

import (
	"cmp"
	"slices"
	"time"
)

// offer makes a step's message ready for the sender.
func (w *World) offer(l *Life, s Step, due time.Time) {
	m := w.message(l, s.ID)
	l.Hand = &Hand{Step: s.ID, Due: due, At: w.Now, Row: m.order}
}

func (w *World) message(l *Life, step string) *message {
	if w.rows == nil {
		w.rows = map[row]*message{}
	}
	key := row{l.Serial, l.Run, l.Round, step}
	if w.rows[key] == nil {
		w.rows[key] = &message{order: len(w.rows)}
	}
	return w.rows[key]
}

// Deliver hands over what is ready until nothing is; answer says what the carrier makes of the nth hand-over.
func (w *World) Deliver(answer func(n int) Answer) {
	for {
		var ready []*Life
		for _, l := range w.Lives {
			if l.Hand != nil {
				ready = append(ready, l)
			}
		}
		if len(ready) == 0 {
			return
		}
		w.deliver(slices.MinFunc(ready, func(a, b *Life) int {
			return cmp.Or(a.lane()-b.lane(), a.Hand.At.Compare(b.Hand.At), a.Hand.Row-b.Hand.Row)
		}), answer)
	}
}

// lane: what is due at the start of a run goes before old backlog (ENG-8).
func (l *Life) lane() int {
	if l.Hand.Due.Equal(l.Began) {
		return 0
	}
	return 1
}

// deliver asks the gates once more, hands the message over and takes the answer (ENG-4, ENG-7).
func (w *World) deliver(l *Life, answer func(n int) Answer) {
	s, due := l.Plan.Steps[l.Plan.position(l.Hand.Step)], l.Hand.Due
	last, limited := l.limit(s, due)
	run := l.Run
	outcome, bar := w.barred()
	at, reason := w.opening(l, s)
	switch {
	case w.Off[s.Action] || w.Killed:
		w.end(l, s.ID, "skipped", "action_off", due)
	case w.Bars.Silenced:
		w.end(l, s.ID, outcome, bar, due)
	case limited && w.Now.After(last) || at.IsZero() && outcome == "":
		w.end(l, s.ID, "skipped", "too_late", due)
	case outcome != "":
		w.end(l, s.ID, outcome, bar, due)
	case at.After(w.Now):
		l.Hand = nil
		w.postpone(l, s, due, at, reason)
	default:
		w.carry(l, s, due, answer)
	}
	if l.Run == run { // a run that was begun meanwhile is the engine's to begin
		w.run(l)
	}
}

// carry hands a message over that the gates let pass, unless its carrier is known to be down or has no place for it.
func (w *World) carry(l *Life, s Step, due time.Time, answer func(n int) Answer) {
	if out := w.outage(); out != nil && w.Now.Before(w.probe) {
		l.Hand = nil
		w.postpone(l, s, due, w.probe, "carrier_down")
		return
	}
	if w.Limit.Max > 0 {
		window := w.Now.Truncate(w.Limit.Per) // spans since long ago, and so since 1970
		if !window.Equal(w.window) {
			w.window, w.used = window, 0
		}
		if w.used >= w.Limit.Max {
			l.Hand = nil
			w.postpone(l, s, due, window.Add(w.Limit.Per), "carrier_limit")
			return
		}
		w.used++
	}
	m := w.message(l, s.ID)
	if m.first.IsZero() {
		m.first = w.Now
	}
	a := answer(len(w.Wire))
	w.Wire = append(w.Wire, Wire{w.Now, l.Plan.Name + " " + s.ID})
	run, round := l.Run, l.Round
	if during := w.During; during != nil {
		w.During, l.flying = nil, l.Run
		w.Sent = append(w.Sent, Sent{w.Now, l.Serial}) // to the gates it has left while nobody knows better
		during(l.Plan.Name)
		w.Sent = w.Sent[:len(w.Sent)-1]
		l.flying = 0
	}
	w.heard(a)
	if l.Run != run || !slices.Contains(w.Lives, l) {
		w.late(l, run, round, s, m.first, a)
		return
	}
	w.take(l, s, due, m.first, a)
}

// late is an answer for a run that was stopped meanwhile, and the next one has begun or the contact was taken off: the step has its end, and a new
// run goes on as it is.
func (w *World) late(l *Life, run, round int, s Step, first time.Time, a Answer) {
	end := Line{Serial: l.Serial, Run: run, Round: round, Step: s.ID, Outcome: "skipped", Reason: "run_ended", At: w.Now}
	switch a {
	case Accepted, Lost, Doubted:
		w.Sent = append(w.Sent, Sent{w.Now, l.Serial})
		end.Outcome, end.Reason = "fired", ""
	case Refused, Bounced:
		w.Bars.Bounced = w.Bars.Bounced || a == Bounced
		end.Outcome, end.Reason = "failed", "refused"
	default:
		if w.Now.Sub(first)-w.down(first) >= 24*time.Hour {
			end.Outcome, end.Reason = "failed", "unreachable"
		}
	}
	w.Log = append(w.Log, end)
}

// take is the carrier's answer.
func (w *World) take(l *Life, s Step, due, first time.Time, a Answer) {
	switch {
	case a == Accepted || a == Lost || a == Doubted:
		w.Sent = append(w.Sent, Sent{w.Now, l.Serial})
		w.end(l, s.ID, "fired", w.moved(l, s.ID, due), due)
	case a == Refused || a == Bounced:
		w.Bars.Bounced = w.Bars.Bounced || a == Bounced
		w.end(l, s.ID, "failed", "refused", due)
	case w.Now.Sub(first)-w.down(first) >= 24*time.Hour:
		w.end(l, s.ID, "failed", "unreachable", due)
	case !l.live(): // stopped meanwhile: it is not retried (ENG-6)
		w.end(l, s.ID, "skipped", "run_ended", due)
	case l.Status == "paused":
		l.Hand = nil
		l.wait(s.ID, w.Now.Add(RetryAfter), "carrier_down", true)
	default:
		l.Hand = nil
		w.postpone(l, s, due, w.Now.Add(RetryAfter), "carrier_down")
		if v := l.waiting(s.ID); v != nil {
			v.Tried = true
		}
	}
}
