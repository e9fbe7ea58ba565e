package oracle_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tactus/internal/calendar"
	"tactus/internal/oracle"
	"tactus/internal/planbook"
)

// begin makes one contact on one plan, for what the model test has found once and shall find always.
func begin(t *rapid.T, r *rig, p *oracle.Plan, script ...oracle.Answer) *history {
	h := &history{T: t, rig: r, ctx: t.Context(), plans: map[string]int64{}, newest: map[string]*oracle.Plan{}, versions: map[string]int64{}, script: script, calm: true, settings: oracle.Settings{Starts: 24}, zone: time.UTC}
	r.clock.Set(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	r.carrier.begin(r.clock, h.answer)
	var err error
	h.account, err = r.account(h.ctx, "UTC", h.settings)
	h.ok(err)
	t.Cleanup(h.leave)
	if !h.apply(p) {
		h.differ("the plan is refused")
	}
	h.person(0, p.Event, true)
	return h
}

// left holds how many messages were handed over for a contact, beside what the model says of it.
func (h *history) left(p *person, want int) {
	if sent := h.carrier.sent(p.email); len(sent) != want {
		h.differ("%d messages have left, not %d: %v", len(sent), want, sent)
	}
}

func email(id string, w oracle.When) oracle.Step {
	return oracle.Step{ID: id, Action: oracle.Email, When: w}
}

var atOnce = oracle.When{From: "start"}

// ENG-1, ENG-4: a database that goes away while a sender asks the gates is an error, not the end of the process.
func TestSenderOutlivesTheDatabase(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		h := begin(rt, r, &oracle.Plan{Name: "A", Steps: []oracle.Step{email("s1", atOnce)}}, oracle.Accepted)
		_, err := h.app.Moves.Tick(h.ctx, h.account, 1)
		h.ok(err)
		p := h.people[0]
		for looks := 0; len(h.carrier.sent(p.email)) == 0; looks++ {
			_, _, _ = h.delivery.RunOnce(dieAfter(h.ctx, looks)) // it may also die after the hand-over
		}
		p.world.Tick(p.world.Due())
		p.world.Deliver(h.answer)
		h.compare(p)
	})
}

// PLAN-17: what was taken for a reply was none, and the exact schedule is back, that of the carrier's next try too: whether the reply came
// before or while the message was with the carrier.
func TestNoReplyKeepsTheCarriersTry(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		h := begin(rt, r, &oracle.Plan{Name: "A", PauseOnReply: true, Steps: []oracle.Step{email("s1", atOnce)}}, oracle.Later, oracle.Accepted)
		p := h.people[0]
		if chance(rt, "in flight", 2) {
			h.tick("tick")
			h.meanwhile(p, "reply")
		} else {
			h.settle()
			h.ok(h.app.Runs.Replied(h.ctx, h.account, p.id, "email_reply", "test"))
			p.world.Reply()
		}
		h.compare(p)
		h.clock.Advance(time.Hour)
		p.world.Set(h.clock.Now())
		h.ok(h.app.Runs.NotAReply(h.ctx, h.account, p.id, "test"))
		p.world.NoReply()
		h.compare(p)
		if next, _ := p.world.Next(p.world.On("A")); !next.Equal(time.Date(2026, 3, 2, 16, 0, 0, 0, time.UTC)) {
			h.differ("the model goes wrong: next %s", next)
		}
	})
}

// PLAN-18, 1a: a message that was with the carrier when its run was stopped has left; what moved it is told all the same.
func TestStopInFlightKeepsTheReason(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		h := begin(rt, r, &oracle.Plan{Name: "A", Steps: []oracle.Step{email("s1", atOnce), email("s2", oracle.When{From: "start", N: 2, Unit: "day"})}},
			oracle.Later, oracle.Accepted)
		p := h.people[0]
		h.settle()
		h.clock.Advance(oracle.RetryAfter)
		p.world.Set(h.clock.Now())
		h.tick("tick")
		h.meanwhile(p, "stop")
		h.compare(p)
	})
}

// PLAN-5: a tag that a plan's own step adds does not start that plan again, for the contact is live on it, even if the same move ends the run.
func TestOwnTagStartsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		p := &oracle.Plan{Name: "A", OnTag: true, Steps: []oracle.Step{{ID: "s1", Action: oracle.AddTag, When: atOnce}}}
		h := begin(rt, r, p, oracle.Accepted)
		h.settle()
		h.compare(h.people[0])
		if l := h.people[0].world.On("A"); l.Run != 1 || l.Status != "completed" {
			h.differ("the model goes wrong: %+v", l)
		}
	})
}

// PLAN-18: a contact that is taken off a plan leaves no step without its end; not the one either whose message is with the carrier at that moment,
// whatever the carrier answers.
func TestRemoveEndsEveryStep(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		answer := pick(rt, "answer", oracle.Accepted, oracle.Later, oracle.Refused, oracle.Doubted)
		h := begin(rt, r, &oracle.Plan{Name: "A", Steps: []oracle.Step{email("s1", atOnce), email("s2", oracle.When{From: "start", N: 2, Unit: "day"})}}, answer)
		p := h.people[0]
		switch h.tick("tick"); pick(rt, "when", "in flight", "in hand", "later") {
		case "in flight":
			h.meanwhile(p, "remove")
		case "later":
			h.settle()
			h.command(p, "A", "remove")
		default:
			h.command(p, "A", "remove")
		}
		ends := 0
		for _, l := range p.world.Log {
			if l.Step != "" {
				ends++
			}
		}
		if ends != 2 {
			h.differ("the model goes wrong: %v", p.world.Log)
		}
		h.compare(p)
	})
}

// PLAN-21, PLAN-22: a step that an edit moves to later takes the message back that has not left yet.
func TestEditTakesWhatIsInHandBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		h := begin(rt, r, &oracle.Plan{Name: "A", Steps: []oracle.Step{email("s1", atOnce)}}, oracle.Accepted)
		p := h.people[0]
		h.tick("tick")
		h.saves(&oracle.Plan{Name: "A", Steps: []oracle.Step{email("s1", oracle.When{From: "start", N: 1, Unit: "day"})}}, planbook.Everyone)
		h.settle()
		h.compare(p)
		h.left(p, 0)
		h.clock.Advance(24 * time.Hour)
		p.world.Set(h.clock.Now())
		h.settle()
		h.compare(p)
		h.left(p, 1)
	})
}

// ENG-7: the 24 hours of a message that is first tried while the circuit is open run without the time that the circuit was open since then, not
// without that of a whole month before (seed 4305696912330768349).
func TestRetriesCountFromTheFirstTry(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		down := oracle.Down
		h := begin(rt, r, &oracle.Plan{Name: "A", Steps: []oracle.Step{email("s1", atOnce), email("s2", oracle.When{From: "start", N: 1, Unit: "month"})}},
			down, down, down, down, down, down, oracle.Later)
		p := h.people[0]
		h.settle()
		for range 20 {
			h.compare(p)
			at, ok := h.nextMoment()
			if !ok {
				break
			}
			h.set(at)
			h.settle()
		}
		if l := p.world.Log[len(p.world.Log)-1]; l.Outcome != "completed" {
			h.differ("the model goes wrong: %+v", l)
		}
	})
}

// PLAN-11, ENG-2: a yearly run that ends after its day begins the next one at the same moment; the next one's first message is not taken for the
// last one's (seed 10303872598652170612).
func TestYearlyRunBeginsWhereTheLastEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		date := calendar.Of(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), time.UTC)
		h := begin(rt, r, &oracle.Plan{Name: "A", Date: &date, Yearly: true, Steps: []oracle.Step{email("s1", atOnce)}},
			oracle.Accepted)
		p := h.people[0]
		h.tick("tick")
		h.command(p, "A", "pause")
		h.set(h.clock.Now().Add(48 * time.Hour))
		h.command(p, "A", "resume")
		h.settle()
		h.compare(p)
		if l := p.world.On("A"); l.Run != 2 {
			h.differ("the model goes wrong: %+v", l)
		}
	})
}

// PLAN-13: a task that an earlier run left behind says nothing about this one: deleted or moved, it does not run what has fallen due meanwhile
// (seed 18425410168205218503).
func TestTaskOfTheLastRunMovesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		h := begin(rt, r, &oracle.Plan{Name: "A", Steps: []oracle.Step{
			{ID: "s1", Action: oracle.Task, When: oracle.When{From: "start", N: 1, Unit: "day"}}, email("s2", oracle.When{From: "start", N: 2, Unit: "day"}),
		}}, oracle.Accepted)
		p := h.people[0]
		h.settle()
		h.set(h.clock.Now().Add(25 * time.Hour)) // the task is overdue, and the engine has not been there
		h.command(p, "A", "stop")
		h.command(p, "A", "restart")
		h.settle()
		h.set(h.clock.Now().Add(24 * time.Hour))
		h.settle()
		h.compare(p)
		h.set(h.clock.Now().Add(24 * time.Hour))
		if left := p.world.Tasks[0]; left.Run != 1 || left.Fired {
			h.differ("the model goes wrong: %+v", left)
		}
		h.workOn(p, 0, pick(rt, "work", "edit", "delete"), time.Hour)
		h.compare(p)
		h.settle()
		h.compare(p)
		h.left(p, 1)
	})
}

// PLAN-13: the end of a run takes its own tasks along that are not yet due, not one of an earlier run that a person has given a date to come; taking
// the contact off the plan does (seed 17185064865737385924).
func TestEndTakesItsOwnTasks(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		h := begin(rt, r, &oracle.Plan{Name: "A", Steps: []oracle.Step{{ID: "s1", Action: oracle.Task, When: oracle.When{From: "start", N: 1, Unit: "day"}}}}, oracle.Accepted)
		p := h.people[0]
		h.settle()
		h.set(h.clock.Now().Add(25 * time.Hour)) // overdue, and the engine has not been there
		h.command(p, "A", "stop")
		h.command(p, "A", "restart")
		h.settle()
		h.compare(p)
		h.workOn(p, 0, "edit", 100*time.Hour)
		end := pick(rt, "end", "stop", "remove")
		h.command(p, "A", end)
		h.compare(p)
		if left := len(p.world.Tasks); end == "stop" && left != 1 || end == "remove" && left != 0 {
			h.differ("the model goes wrong: %+v", p.world.Tasks)
		}
	})
}

// PLAN-16, PLAN-18: while the message of a run that was stopped is still with the carrier, the next run's own message, which has not left, is taken
// back by a pause and is due at resume, and ends with a removal.
func TestNextRunsMessageIsTakenBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		h := begin(rt, r, &oracle.Plan{Name: "A", PauseOnReply: true, Steps: []oracle.Step{email("s1", atOnce)}}, oracle.Accepted)
		p := h.people[0]
		h.tick("tick")
		then := pick(rt, "then", "pause", "reply", "stop", "remove")
		h.meanwhile(p, "stop", "restart", "tick", then)
		h.compare(p)
		switch then {
		case "pause":
			h.command(p, "A", "resume")
		case "reply":
			h.ok(h.app.Runs.NotAReply(h.ctx, h.account, p.id, "test"))
			p.world.NoReply()
		}
		h.settle()
		h.compare(p)
		want := 1
		if then == "pause" || then == "reply" {
			want = 2
		}
		h.left(p, want)
	})
}

// DEC-2, EMAIL-6: a message that waited in a sender for longer than its lease and was claimed again is one message all the same: it has one turn behind
// its limit, and is not too late by a second one (seed 116374261605552130).
func TestMessageClaimedTwiceHasOneTurn(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		event := time.Date(2027, 3, 1, 23, 0, 0, 0, time.UTC)
		date := calendar.Of(event.AddDate(-1, 0, 0), time.UTC)
		h := begin(rt, r, &oracle.Plan{Name: "A", Date: &date, Yearly: true, Steps: []oracle.Step{
			email("s1", oracle.When{From: "day", N: 1}), email("s2", oracle.When{From: "event"}),
			email("s3", oracle.When{From: "event", Before: true, N: 1, Unit: "hour"}),
		}}, oracle.Accepted)
		p := h.people[0]
		limit := oracle.Limit{Max: 1, Per: 24 * time.Hour}
		p.world.Limit, h.sendings = limit, map[time.Duration]int{limit.Per: limit.Max}
		defer func() { h.sendings = nil }()
		h.set(event)
		h.settle()
		h.compare(p)
		h.set(event.Add(time.Hour))
		h.settle()
		h.compare(p)
		h.left(p, 2)
	})
}
