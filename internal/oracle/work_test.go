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
	h.outbox.keep.Store(ctx == h.ctx) // else two senders may take a message from each other without end
	defer h.outbox.keep.Store(false)
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
// Several commands follow each other; "tick" is the engine's turn between them.
func (h *history) meanwhile(p *person, commands ...string) {
	h.say("deliver; meanwhile %s", strings.Join(commands, ", "))
	var failed error
	h.carrier.during = func(subject string) {
		name, _, _ := strings.Cut(subject, " ")
		for _, command := range commands {
			if failed == nil {
				failed = h.inBetween(p, name, command)
			}
		}
	}
	_, _, err := h.delivery.RunOnce(h.ctx)
	h.carrier.during = nil
	h.ok(err)
	h.ok(failed)
	p.world.During = func(name string) {
		for _, command := range commands {
			switch command {
			case "reply":
				p.world.Reply()
			case "tick":
				if l := p.world.Due(); l != nil {
					p.world.Tick(l)
				}
			default:
				p.world.Command(name, command)
			}
		}
	}
	p.world.Deliver(h.answer)
	p.world.During = nil
}

// inBetween does one thing to the engine while a message is with the carrier. A command that ends or pauses what it belongs to names it.
func (h *history) inBetween(p *person, name, command string) error {
	switch command {
	case "reply":
		return h.app.Runs.Replied(h.ctx, h.account, p.id, plan.EmailReply, "test")
	case "tick":
		_, err := h.app.Moves.Tick(h.ctx, h.account, 1)
		return err
	}
	sel := enroll.Selection{Plan: h.plans[name], Contacts: []int64{p.id}}
	results, err := h.app.Runs.Do(h.ctx, h.account, enroll.Command(command), sel, "test", 0)
	if err == nil && (len(results) != 1 || results[0].Err == nil && results[0].Handing == nil) {
		err = fault.New(fault.Internal, "%s does not name the message in flight: %+v", command, results)
	}
	return err
}
