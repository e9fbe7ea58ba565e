package oracle

import (
	"slices"
	"time"

	"tactus/internal/calendar"
)

// World is one contact with its lives.
type World struct {
	Settings
	Now         time.Time
	AccountZone *time.Location
	Zone        *time.Location // the contact's; nil = the account's
	Tagged      bool
	Bars        Bars
	Event       time.Time                 // the contact's closing; zero = deleted
	EveryYear   bool                      // it comes every year (CON-10)
	Fields      map[string]*calendar.Wall // the contact's dates; nil = unknown
	Plans       map[string]*Plan          // the newest versions
	Drafts      map[string]bool           // plans that start for nobody (PLAN-2)

	Lives []*Life
	Log   []Line
	Sent  []Sent // accepted, or uncertain
	Wire  []Wire // every hand-over
	Tasks []ToDo

	// During happens, once, while a message of the plan is being handed over.
	During func(plan string)

	serial int
	rows   map[row]*message
	starts map[start]int

	window   time.Time // of the sender's limit
	used     int
	failures int // of the carrier, in a row
	outages  []Pause
	probe    time.Time           // when the carrier that is down is asked again
	shut     map[hours]time.Time // until when hours are known not to open; only here for speed
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
	Doubted  Answer = "doubted" // the connection broke after it may have been taken
	Bounced  Answer = "bounced" // refused, and the address itself is dead
	Down     Answer = "down"    // as Later, because the carrier as a whole is failing
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

// Assign puts the contact on a plan; false: it is on it, live or not, and stays as it is (PLAN-5), or its event is gone. own is
// a version for this contact alone; nil = the newest.
func (w *World) Assign(plan string, own *Plan) bool {
	p := w.Plans[plan]
	if own != nil {
		p = own
	}
	if w.Drafts[plan] || w.On(plan) != nil || p.Event && w.Event.IsZero() {
		return false
	}
	w.serial++
	l := &Life{Serial: w.serial}
	w.Lives = append(w.Lives, l)
	w.begin(l, p, "assigned")
	l.Own = own != nil
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
		if l.live() {
			w.withdraw(l)
			w.rest(l)
		}
		w.dropAll(l)
		l.Status = "removed"
		w.Lives = slices.DeleteFunc(w.Lives, func(other *Life) bool { return other == l })
	case command == "pause" && l.Status == "active":
		w.hold(l, "person")
	case command == "resume" && l.Status == "paused":
		w.resume(l)
	case command == "stop" && l.live():
		w.stop(l, "command")
	case command == "restart" && !w.Drafts[plan] && !l.live() && !(w.Plans[plan].Event && w.Event.IsZero()):
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
	l.Holders, l.Ended = nil, w.Now
	w.status(l, "stopped", reason)
}

// Leave deletes the contact (PLAN-26): its runs end, its tasks go.
func (w *World) Leave() {
	for _, l := range w.Lives {
		if l.live() {
			w.stop(l, "contact_deleted")
		}
	}
	w.Lives, w.Tasks = nil, nil
}

// Reply is an email of the contact (PLAN-17). A plan that pauses on it may take along those that send emails, or all.
func (w *World) Reply() {
	all, emails := false, false
	for _, l := range w.Lives {
		if l.live() && l.Plan.PauseOnReply {
			all, emails = all || l.Plan.Scope == "all", emails || l.Plan.Scope == "channel"
		}
	}
	for _, l := range w.Lives {
		if l.live() && (all || l.Plan.PauseOnReply || emails && l.Plan.sends()) {
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

// Next is when a life moves next; the word says what it waits for when no moment is known (ENG-1).
func (w *World) Next(l *Life) (time.Time, string) {
	switch {
	case l.Status != "active":
		return time.Time{}, ""
	case l.Hand != nil:
		return time.Time{}, "message"
	case !l.Again.IsZero():
		return later(l.Again, w.Now), ""
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

// Set moves the clock.
func (w *World) Set(t time.Time) { w.Now = t }
