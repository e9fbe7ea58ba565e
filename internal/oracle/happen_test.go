package oracle_test

import (
	"context"
	"time"

	"tactus/internal/bulk"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/oracle"
	"tactus/internal/plan"
	"tactus/internal/work"
)

// happen draws what happens next and does it, to both.
func (h *history) happen() {
	what := pick(h.T, "what", "next", "next", "next", "next", "next", "late", "jump", "brink", "tick", "deliver", "settle", "command", "command", "command",
		"reply", "no reply", "event", "field", "field", "zone", "office", "edit", "edit", "tag", "bar", "switch", "assign", "lost", "meanwhile", "meanwhile", "task", "task", "leave", "bulk", "draft")
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
	case "brink":
		h.brink(p)
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
			h.inHand()
			h.meanwhile(p, h.commands()...)
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
	case "field":
		name := h.newest[pick(h.T, "of plan", h.names()...)].Field
		if name == "" || chance(h.T, "any field", 6) {
			name = pick(h.T, "field", fields...)
		}
		h.drawsField(p, name, !chance(h.T, "clear", 5))
	case "office":
		h.moveOffice(pick(h.T, "office", zones...))
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
	case "draft":
		h.draft(pick(h.T, "plan", h.names()...))
	case "bulk":
		h.bulk(pick(h.T, "plan", h.names()...), pick(h.T, "to all", "pause", "resume", "stop", "restart", "remove", "tag"))
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

// brink goes to the last moment at which something may happen, or just past it (PLAN-10).
func (h *history) brink(p *person) {
	var dates []time.Time
	for _, l := range p.world.Lives {
		for _, d := range []time.Duration{0, time.Millisecond, 24 * time.Hour, 24*time.Hour + time.Millisecond} {
			if at := l.Date.Add(d); at.After(h.clock.Now()) {
				dates = append(dates, at)
			}
		}
	}
	if len(dates) > 0 {
		h.at(dates[number(h.T, "date", 0, len(dates)-1)])
	}
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

// inHand lets only the engine work, at the next moment if there is one, so that a message may wait for the sender.
func (h *history) inHand() {
	if h.two || !chance(h.T, "in hand", 2) {
		return
	}
	if at, ok := h.nextMoment(); ok {
		h.set(at)
	}
	h.tick("tick")
}

// commands are what a person does while a message is with the carrier; a restart is one of a run that was stopped the moment before.
func (h *history) commands() []string {
	what := pick(h.T, "command", "pause", "reply", "stop", "restart", "remove")
	switch {
	case what != "restart":
		return []string{what}
	case h.two: // whose turn it is would be nobody's promise
		return []string{"stop", "restart"}
	}
	then := pick(h.T, "then", "", "tick", "pause", "reply", "stop", "remove")
	switch then {
	case "":
		return []string{"stop", "restart"}
	case "tick":
		return []string{"stop", "restart", "tick"}
	}
	return []string{"stop", "restart", "tick", then}
}

func (h *history) assign(p *person, name string) {
	var own *oracle.Plan
	var version int64
	if !h.calm && !h.drafts[name] && chance(h.T, "own", 5) { // customised for this contact (PLAN-23)
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
	if !fault.Is(err, fault.NotFound) && !(h.drafts[name] && fault.Is(err, fault.Conflict)) { // the event is gone, or the plan is a draft
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

// bulk does something to all contacts in the background (ENG-11): each is asked, and those that it cannot be done to are counted.
func (h *history) bulk(name, what string) {
	h.say("all on %s: %s", name, what)
	h.do(func(ctx context.Context) (err error) {
		if what == "tag" {
			_, err = h.app.Bulk.Change(ctx, h.account, contact.Filter{}, contact.Many{AddTags: []string{oracle.Tag}}, "test")
		} else {
			_, err = h.app.Bulk.Command(ctx, h.account, enroll.Command(what), bulk.Runs{Plan: h.plans[name]}, "test", 0)
		}
		if what == "restart" && h.drafts[name] && fault.Is(err, fault.Conflict) {
			return nil
		}
		return err
	})
	h.do(func(ctx context.Context) error {
		for range most {
			n, err := h.app.Work.RunOnce(ctx)
			if err != nil {
				return err
			}
			if n > 0 {
				continue
			}
			// What a connection that has just died still holds is passed over, as by any claim.
			if left, err := h.app.Jobs.List(ctx, h.account, work.Query{Live: true}); err != nil || len(left) == 0 {
				return err
			}
		}
		return fault.New(fault.Internal, "it does not come to rest")
	})
	if what == "restart" && h.drafts[name] {
		return // the whole is refused
	}
	for _, p := range h.people {
		switch {
		case p.gone:
		case what == "tag":
			p.world.SetTag(true)
		default:
			p.world.Command(name, what)
		}
	}
}
