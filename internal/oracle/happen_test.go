package oracle_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tactus/internal/clock"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/oracle"
	"tactus/internal/plan"
)

// happen draws what happens next and does it, to both.
func (h *history) happen() {
	what := pick(h.T, "what", "next", "next", "next", "next", "next", "late", "jump", "tick", "deliver", "settle", "command", "command", "command",
		"reply", "no reply", "event", "zone", "edit", "edit", "tag", "bar", "switch", "assign", "lost", "meanwhile", "meanwhile", "task", "task", "leave")
	p := h.people[number(h.T, "who", 0, len(h.people)-1)]
	if p.gone {
		what = "next"
	}
	switch what {
	case "next", "late":
		at, ok := h.nextMoment()
		if !ok {
			return
		}
		if what == "late" {
			at = at.Add(time.Duration(number(h.T, "minutes late", 1, 3000)) * time.Minute)
		}
		h.at(at)
	case "jump":
		h.at(h.clock.Now().Add(time.Duration(pick(h.T, "minutes", 1, 30, 60, 90, 600, 1440, 2880, 10_000)) * time.Minute))
	case "tick":
		h.tick(what)
	case "deliver":
		h.deliver(what, false)
	case "settle":
		h.settle()
	case "lost":
		if len(h.people) == 1 {
			h.deliver(what, true)
		}
	case "meanwhile":
		if len(h.people) == 1 {
			h.meanwhile(p, pick(h.T, "command", "pause", "reply", "stop"))
		}
	case "command":
		h.command(p, pick(h.T, "plan", h.names()...), pick(h.T, "command", "pause", "resume", "stop", "restart", "pause", "resume", "remove"))
	case "reply":
		h.say("contact %d replies", p.n)
		h.do(func(ctx context.Context) error {
			return h.app.Runs.Replied(ctx, h.account, p.id, plan.EmailReply, "test")
		})
		p.world.Reply()
	case "no reply":
		h.say("that of contact %d was no reply", p.n)
		h.do(func(ctx context.Context) error { return h.app.Runs.NotAReply(ctx, h.account, p.id, "test") })
		p.world.NoReply()
	case "event":
		h.moveEvent(p)
	case "zone":
		h.rezone(p, pick(h.T, "zone", zones...))
	case "edit":
		h.edit()
	case "tag":
		h.tag(p)
	case "task":
		h.task(p)
	case "leave":
		if chance(h.T, "really", 3) {
			h.leaves(p)
		}
	case "bar":
		h.bar(p)
	case "switch":
		h.switches()
	case "assign":
		h.assign(p, pick(h.T, "plan", h.names()...))
	}
}

func (h *history) names() []string {
	if h.two {
		return []string{"A", "B"}
	}
	return []string{"A"}
}

// do does something to the engine; the process may die within, and then it is done again.
func (h *history) do(f func(ctx context.Context) error) {
	if err := h.try(f); !h.crashed || !fault.Is(err, fault.NotFound) { // it was deleted before the crash
		h.ok(err)
	}
}

// try says in h.crashed whether f was done again. Then the first time may have been committed, only nobody was told; so the second answer may
// be that there is nothing to do, and what counts is what has become of it.
func (h *history) try(f func(ctx context.Context) error) error {
	h.crashed = false
	looks, crashes := h.crash()
	if crashes {
		err := f(dieAfter(h.ctx, looks))
		if err == nil && !h.unheard() {
			return nil
		}
		h.crashed = true
		h.say("(it crashed after %d looks: %v)", looks, err)
	}
	return f(h.ctx)
}

// crash says whether and when the process dies: by chance, or as a test has set it for once.
func (h *history) crash() (looks int, crashes bool) {
	if at := h.dies; at != nil {
		h.dies = nil
		return *at, true
	}
	if h.calm || !chance(h.T, "crash", h.crashes) {
		return 0, false
	}
	return number(h.T, "looks", 0, pick(h.T, "of", 150, 40, 700)), true
}

// unheard: it was all done, only nobody was told.
func (h *history) unheard() bool { return h.deaf || !h.calm && chance(h.T, "unheard", 2) }

func (h *history) nextMoment() (at time.Time, ok bool) {
	for _, p := range h.people {
		for _, l := range p.world.Lives {
			next, _ := p.world.Next(l)
			if !next.IsZero() && (!ok || next.Before(at)) {
				at, ok = next, true
			}
		}
	}
	return at, ok
}

// later moves the clock.
func (h *history) later(d time.Duration) { h.set(h.clock.Now().Add(d)) }

func (h *history) set(t time.Time) {
	h.clock.Set(t)
	for _, p := range h.people {
		p.world.Set(t)
	}
}

// at moves the clock, and usually lets happen what is due then.
func (h *history) at(t time.Time) {
	h.set(t)
	if chance(h.T, "idle", 4) {
		h.say("(the time)")
		return
	}
	h.settle()
}

// most bounds loops that should end by themselves.
const most = 1000

// settle lets engine and sender work until nothing is due. With two plans the enrollment that began first goes first (1a), and
// what is in hand leaves before anything else moves: also after a crash.
func (h *history) settle() {
	work := h.work
	if !h.two && !h.calm && chance(h.T, "several workers", 4) { // with two plans their order would be nobody's promise
		h.say("(by several workers)")
		work = h.workTogether
	}
	h.say("settle")
	h.do(func(ctx context.Context) error {
		for range most {
			n, err := work(ctx)
			if err != nil {
				return err
			}
			if n > 0 {
				continue
			}
			unsent, err := h.unsent(ctx)
			if err != nil {
				return err
			}
			if held, err := h.held(ctx); err != nil || !held && !unsent {
				return err
			}
		}
		return fault.New(fault.Internal, "it does not come to rest")
	})
	for _, p := range h.people {
		for range most {
			p.world.Deliver(h.answer)
			l := p.world.Due()
			if l == nil {
				break
			}
			p.world.Tick(l)
		}
	}
}

// work is a turn of a sender and of the engine; it returns how much there was to do.
func (h *history) work(ctx context.Context) (int, error) {
	sent, _, err := h.delivery.RunOnce(ctx)
	if err != nil {
		return sent, err
	}
	moved, err := h.moves(ctx)
	return sent + moved, err
}

// workTogether is the same by two of each at the same time, on two nodes.
func (h *history) workTogether(ctx context.Context) (int, error) {
	var workers sync.WaitGroup
	var done atomic.Int64
	turns := []func() (int, error){
		func() (int, error) { n, _, err := h.delivery.RunOnce(ctx); return n, err },
		func() (int, error) { n, _, err := h.other.delivery.RunOnce(ctx); return n, err },
		func() (int, error) { return h.app.Moves.Tick(ctx, h.account, 1) },
		func() (int, error) { return h.other.moves.Tick(ctx, h.account, 2) },
	}
	failed := make([]error, len(turns))
	for i, turn := range turns {
		workers.Go(func() {
			for n := 1; n > 0 && failed[i] == nil; done.Add(int64(n)) {
				n, failed[i] = turn()
			}
		})
	}
	workers.Wait()
	return int(done.Load()), errors.Join(failed...)
}

// held reports whether something is still due although nothing could be claimed: the connection of an injected crash is just dying and
// its transaction still holds the rows. It waits a moment then, as the engine does.
func (h *history) held(ctx context.Context) (bool, error) {
	if !h.db.Nodes() {
		return false, nil // there is one connection, and it is here
	}
	due, err := h.db.FirstDue(ctx, h.account, h.clock.Now())
	if err != nil || due == 0 {
		return false, err
	}
	return true, h.moment(ctx)
}

// unsent is held for messages.
func (h *history) unsent(ctx context.Context) (bool, error) {
	if !h.db.Nodes() {
		return false, nil
	}
	lanes, _, err := h.outbox.DueLanes(ctx, h.clock.Now())
	if err != nil || !slices.ContainsFunc(lanes, func(l delivery.Lane) bool { return l.Account == h.account }) {
		return false, err
	}
	return true, h.moment(ctx)
}

func (h *history) moment(ctx context.Context) error {
	machine := clock.Real{}
	return machine.Wait(ctx, machine.Now().Add(10*time.Millisecond), nil)
}

func (h *history) moves(ctx context.Context) (int, error) {
	due, err := h.db.FirstDue(ctx, h.account, h.clock.Now())
	if err != nil || due == 0 {
		return 0, err
	}
	if !h.two {
		return h.app.Moves.Tick(ctx, h.account, 2)
	}
	return 1, h.app.Moves.TickOne(ctx, h.account, due)
}

// tick lets only the engine work: messages stay in hand.
func (h *history) tick(what string) {
	if h.two {
		return // the order in which the plans' messages leave would be nobody's promise
	}
	h.say("%s", what)
	h.do(func(ctx context.Context) error {
		for range most {
			n, err := h.app.Moves.Tick(ctx, h.account, 2)
			if err != nil {
				return err
			}
			if n > 0 {
				continue
			}
			if held, err := h.held(ctx); err != nil || !held {
				return err
			}
		}
		return fault.New(fault.Internal, "it does not come to rest")
	})
	for _, p := range h.people {
		for range most {
			if l := p.world.Due(); l != nil {
				p.world.Tick(l)
			}
		}
	}
}

// deliver lets only the sender work. It may die after the first hand-over, before the answer is recorded: the message is in doubt (ENG-5).
func (h *history) deliver(what string, lost bool) {
	h.say("%s", what)
	answer := h.answer
	if lost {
		h.outbox.lose = true
		_, _, err := h.delivery.RunOnce(h.ctx)
		if h.outbox.lose = false; err != nil {
			h.ok(h.delivery.Doubt(h.ctx, true))
		}
		answer = func(n int) oracle.Answer {
			if lost {
				lost = false
				return oracle.Lost
			}
			return h.answer(n)
		}
	}
	h.do(func(ctx context.Context) error {
		for range most {
			if _, _, err := h.delivery.RunOnce(ctx); err != nil {
				return err
			}
			if unsent, err := h.unsent(ctx); err != nil || !unsent {
				return err
			}
		}
		return fault.New(fault.Internal, "it does not come to rest")
	})
	for _, p := range h.people {
		p.world.Deliver(answer)
	}
}

// meanwhile lets the sender work, and something happens while the first message is with the carrier: it cannot be called back (ENG-6).
func (h *history) meanwhile(p *person, what string) {
	h.say("deliver; meanwhile %s", what)
	var failed error
	h.carrier.during = func(subject string) {
		if what == "reply" {
			failed = h.app.Runs.Replied(h.ctx, h.account, p.id, plan.EmailReply, "test")
			return
		}
		name, _, _ := strings.Cut(subject, " ")
		sel := enroll.Selection{Plan: h.plans[name], Contacts: []int64{p.id}}
		results, err := h.app.Runs.Do(h.ctx, h.account, enroll.Command(what), sel, "test", 0)
		if failed = err; err == nil && (len(results) != 1 || results[0].Err != nil || results[0].Handing == nil) {
			failed = fault.New(fault.Internal, "%s does not name the message in flight: %+v", what, results)
		}
	}
	_, _, err := h.delivery.RunOnce(h.ctx)
	h.carrier.during = nil
	h.ok(err)
	h.ok(failed)
	p.world.During = func(name string) {
		if what == "reply" {
			p.world.Reply()
		} else {
			p.world.Command(name, what)
		}
	}
	p.world.Deliver(h.answer)
	p.world.During = nil
}

func (h *history) assign(p *person, name string) {
	var own *oracle.Plan
	var version int64
	if !h.calm && chance(h.T, "own", 5) { // customised for this contact (PLAN-23)
		own = h.draws.edit(h.T, h.newest[name], h.clock.Now(), h.zone)
		var err error
		if version, err = h.app.Plans.SavePrivate(h.ctx, h.account, h.plans[name], h.file(own).Document, "test"); fault.Is(err, fault.Invalid) {
			return
		}
		h.ok(err)
		h.say("customised: %s", own)
	}
	h.put(p, name, own, version)
}

// put puts the contact on a plan.
func (h *history) put(p *person, name string, own *oracle.Plan, version int64) {
	h.say("assign contact %d to %s", p.n, name)
	var started enroll.Started
	err := h.try(func(ctx context.Context) (err error) {
		req := enroll.StartRequest{Plan: h.plans[name], Contacts: []int64{p.id}, Cause: "hand", Author: "test", Version: version}
		if h.newest[name].Event {
			req.Event = p.event.ID
		}
		started, err = h.app.Runs.Start(ctx, h.account, req)
		return err
	})
	if !fault.Is(err, fault.NotFound) { // the event is gone
		h.ok(err)
	}
	if want := p.world.Assign(name, own); want != (started.Started == 1) && !h.crashed {
		h.differ("assign: the model says %t, the engine %+v", want, started)
	}
}

func (h *history) command(p *person, name, command string) {
	h.say("%s contact %d on %s", command, p.n, name)
	var results []enroll.Result
	h.do(func(ctx context.Context) (err error) {
		sel := enroll.Selection{Plan: h.plans[name], Contacts: []int64{p.id}}
		results, err = h.app.Runs.Do(ctx, h.account, enroll.Command(command), sel, "test", 0)
		return err
	})
	done := len(results) == 1 && results[0].Err == nil
	if want := p.world.Command(name, command); want != done && !h.crashed {
		h.differ("%s: the model says %t, the engine %+v", command, want, results)
	}
}
