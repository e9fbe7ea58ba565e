package oracle

import (
	"cmp"
	"slices"
	"time"
)

// World is one contact with its lives.
type World struct {
	Now         time.Time
	AccountZone *time.Location
	Zone        *time.Location // the contact's; nil = the account's
	Tagged      bool
	OptedOut    bool
	Event       time.Time // the contact's closing; zero = deleted
	Quiet       *Window   // hours for email, in the contact's zone
	Business    *Window   // in the account's zone
	Gap         time.Duration
	Plans       map[string]*Plan // the newest versions

	Lives []*Life
	Log   []Line
	Sent  []Sent // accepted, or uncertain
	Wire  []Wire // every hand-over
	Tasks []ToDo

	// During happens, once, while a message of the plan is being handed over.
	During func(plan string)

	serial int
	rows   map[row]*message
}

// Sent is a message that has left.
type Sent struct {
	At     time.Time
	Serial int
}

// Wire is one hand-over to the carrier.
type Wire struct {
	At      time.Time
	Subject string
}

// Answer is what the carrier says.
type Answer string

// The answers. Lost: the sender dies before the answer is recorded.
const (
	Accepted Answer = "accepted"
	Refused  Answer = "refused"
	Later    Answer = "later" // a temporary refusal that asks for RetryAfter
	Lost     Answer = "lost"
)

// RetryAfter is what temporary refusals ask for; longer than any gap that the sender would choose, so that it is the gap.
const RetryAfter = 7 * time.Hour

type row struct {
	serial, run, round int
	step               string
}

// message is what is remembered of a step's message.
type message struct {
	order int
	first time.Time // handed over for the first time
}

func (w *World) zone() *time.Location {
	if w.Zone == nil {
		return w.AccountZone
	}
	return w.Zone
}

// On returns the contact's life on a plan, nil when it is on none.
func (w *World) On(plan string) *Life {
	for _, l := range w.Lives {
		if l.Plan.Name == plan {
			return l
		}
	}
	return nil
}

func (w *World) date(p *Plan) time.Time {
	switch {
	case p.Event:
		return w.Event
	case p.Date != nil:
		return p.Date.In(w.AccountZone)
	}
	return time.Time{}
}

// Assign puts the contact on a plan; false: it is on it, live or not, and stays as it is (PLAN-5), or its event is gone.
func (w *World) Assign(plan string) bool {
	p := w.Plans[plan]
	if w.On(plan) != nil || p.Event && w.Event.IsZero() {
		return false
	}
	w.serial++
	l := &Life{Serial: w.serial}
	w.Lives = append(w.Lives, l)
	w.begin(l, p, "assigned")
	return true
}

func (w *World) begin(l *Life, p *Plan, reason string) {
	*l = Life{Serial: l.Serial, Plan: p, Run: l.Run + 1, Round: 1, Start: w.Now, Began: w.Now, Date: w.date(p)}
	w.status(l, "active", reason)
}

// Command carries a person's command out; false: it is refused in this state, and nothing has changed (PLAN-15).
func (w *World) Command(plan, command string) bool {
	l := w.On(plan)
	switch {
	case l == nil:
		return false
	case command == "remove":
		w.dropTasks(l)
		w.Lives = slices.DeleteFunc(w.Lives, func(other *Life) bool { return other == l })
	case command == "pause" && l.Status == "active":
		w.hold(l, "person")
	case command == "resume" && l.Status == "paused":
		w.resume(l)
	case command == "stop" && l.live():
		w.stop(l, "command")
	case command == "restart" && !l.live() && !(w.Plans[plan].Event && w.Event.IsZero()):
		w.begin(l, w.Plans[plan], "restarted")
	default:
		return false
	}
	return true
}

func (w *World) resume(l *Life) {
	l.Holders = nil
	l.Pauses[len(l.Pauses)-1].To = w.Now
	for i := range l.Waits {
		l.Waits[i].Until, l.Waits[i].Reason = time.Time{}, ""
	}
	w.status(l, "active", "resumed")
	w.show(l)
}

func (w *World) stop(l *Life, reason string) {
	w.withdraw(l)
	w.rest(l)
	l.Holders = nil
	w.status(l, "stopped", reason)
}

// Reply is an email of the contact (PLAN-17).
func (w *World) Reply() {
	for _, l := range w.Lives {
		if l.live() && l.Plan.PauseOnReply {
			w.hold(l, "reply")
		}
	}
}

// NoReply takes it back: the exact schedule is restored.
func (w *World) NoReply() {
	for _, l := range w.Lives {
		if l.Status != "paused" || !slices.Contains(l.Holders, "reply") {
			continue
		}
		l.Holders = slices.DeleteFunc(l.Holders, func(h string) bool { return h == "reply" })
		if len(l.Holders) == 0 {
			l.Pauses = l.Pauses[:len(l.Pauses)-1]
			w.status(l, "active", "resumed")
			w.show(l)
		}
	}
}

// MoveEvent re-times what is dated by the event (PLAN-11).
func (w *World) MoveEvent(to time.Time) {
	w.Event = to
	for _, l := range w.Lives {
		if l.Plan.Event && l.live() {
			w.redate(l, to)
			w.show(l)
		}
	}
}

// DeleteEvent ends the runs that are dated by it (PLAN-11).
func (w *World) DeleteEvent() {
	w.Event = time.Time{}
	for _, l := range w.Lives {
		if l.Plan.Event && l.live() {
			w.stop(l, "event_deleted")
		}
	}
}

func (w *World) redate(l *Life, date time.Time) {
	l.Date, l.Moved = date, w.Now
	// Steps skipped as too late become due again if their moment is now ahead.
	l.Done = slices.DeleteFunc(l.Done, func(d Done) bool {
		pos := l.Plan.position(d.Step)
		if pos < 0 || d.Reason != "too_late" || !l.dated(l.Plan.Steps[pos]) {
			return false
		}
		at, _ := w.due(l, l.Plan.Steps[pos])
		return !at.Before(w.Now)
	})
	for _, s := range l.Plan.Steps {
		if !l.dated(s) || l.done(s.ID) != nil {
			continue
		}
		at, _ := w.due(l, s)
		inHand := l.Hand != nil && l.Hand.Step == s.ID
		if at.After(w.Now) { // re-timed: it waits for its new moment
			if inHand {
				l.Hand = nil
			}
			l.unwait(s.ID)
		}
	}
}

// Rezone gives the contact another zone: what has not fired is computed anew (PLAN-8).
func (w *World) Rezone(zone *time.Location) {
	if zone.String() == w.zone().String() {
		w.Zone = zone
		return
	}
	w.Zone = zone
	for _, l := range w.Lives {
		if !l.live() {
			continue
		}
		for i := range l.Waits {
			if l.Waits[i].Reason != "carrier_down" {
				l.Waits[i].Until = time.Time{}
			}
		}
		w.show(l)
	}
}

// Edit saves a new version; everyone says whether it reaches live runs (PLAN-22).
func (w *World) Edit(p *Plan, everyone bool) {
	w.Plans[p.Name] = p
	l := w.On(p.Name)
	if l == nil || !l.live() || !everyone {
		return
	}
	old := l.Plan
	l.Plan = p
	if !l.Begun {
		return
	}
	for _, s := range old.Steps {
		if p.Has(s.ID) || l.done(s.ID) != nil {
			continue
		}
		w.dropTask(l, s.ID)
		w.end(l, s.ID, "skipped", "removed", time.Time{})
	}
	if p.Date != nil && *p.Date != *old.Date {
		w.redate(l, w.date(p))
	}
	from := w.Now // what is new and already past is skipped; in a pause time stands still
	if n := len(l.Pauses); n > 0 && l.Pauses[n-1].To.IsZero() {
		from = l.Pauses[n-1].From
	}
	for _, s := range p.Steps {
		if old.Has(s.ID) || l.done(s.ID) != nil || s.Action == Repeat {
			continue
		}
		if at, ok := w.due(l, s); ok && at.Before(from) {
			w.end(l, s.ID, "skipped", "too_late", at)
		}
	}
	w.show(l)
}

// Next is when a life moves next; the word says what it waits for when no moment is known (ENG-1).
func (w *World) Next(l *Life) (time.Time, string) {
	switch {
	case l.Status != "active":
		return time.Time{}, ""
	case l.Hand != nil:
		return time.Time{}, "message"
	case !l.Begun:
		return w.Now, ""
	}
	if _, at, ok := w.next(l); ok {
		return later(at, w.Now), ""
	}
	if l.allDone() {
		return w.Now, ""
	}
	return time.Time{}, "date"
}

// Due returns the life that goes first among those that are due: the one that began first.
func (w *World) Due() *Life {
	for _, l := range w.Lives {
		if at, _ := w.Next(l); !at.IsZero() && !at.After(w.Now) {
			return l
		}
	}
	return nil
}

// Tick does what is due of one life.
func (w *World) Tick(l *Life) { w.run(l) }

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
	m := w.message(l, s.ID)
	at, reason := w.opening(l, s)
	switch {
	case limited && w.Now.After(last) || at.IsZero() && !w.OptedOut:
		w.end(l, s.ID, "skipped", "too_late", due)
	case w.OptedOut:
		w.end(l, s.ID, "skipped", "opted_out", due)
	case at.After(w.Now):
		l.Hand = nil
		w.postpone(l, s, due, at, reason)
	default:
		if m.first.IsZero() {
			m.first = w.Now
		}
		a := answer(len(w.Wire))
		w.Wire = append(w.Wire, Wire{w.Now, l.Plan.Name + " " + s.ID})
		if during := w.During; during != nil {
			w.During, l.flying = nil, true
			during(l.Plan.Name)
			l.flying = false
		}
		switch {
		case a == Accepted || a == Lost:
			w.Sent = append(w.Sent, Sent{w.Now, l.Serial})
			w.end(l, s.ID, "fired", w.moved(l, s.ID, due), due)
		case a == Refused:
			w.end(l, s.ID, "failed", "refused", due)
		case w.Now.Sub(m.first) >= 24*time.Hour:
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
	w.run(l)
}

// Set moves the clock.
func (w *World) Set(t time.Time) { w.Now = t }
