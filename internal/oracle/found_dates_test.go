package oracle_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tactus/internal/calendar"
	"tactus/internal/oracle"
	"tactus/internal/planbook"
)

// PLAN-11, DEC-7: a yearly run that is over is completed, once, when its date is taken away: nothing comes that it could wait for
// (seed 1750462970385272529).
func TestDateGoneBetweenYearlyRuns(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		h := begin(rt, r, &oracle.Plan{Name: "A", Field: oracle.Birthday, Steps: []oracle.Step{email("s1", atOnce)}}, oracle.Accepted)
		p := h.people[0]
		born := calendar.Of(time.Date(1980, 3, 3, 0, 0, 0, 0, time.UTC), time.UTC)
		h.setField(p, oracle.Birthday, &born)
		h.settle()
		h.compare(p)
		if l := p.world.On("A"); l.Again.IsZero() {
			h.differ("the model goes wrong: %+v", l)
		}
		h.setField(p, oracle.Birthday, nil)
		if pick(rt, "edited", false, true) { // a step that is added to a run that is over is not its own
			later := email("s2", atOnce)
			h.saves(&oracle.Plan{Name: "A", Field: oracle.Birthday, Steps: []oracle.Step{email("s1", atOnce), later}}, planbook.Everyone)
		}
		h.settle()
		h.compare(p)
		if l := p.world.On("A"); l.Status != "completed" || len(l.Done) != 1 {
			h.differ("the model goes wrong: %+v", l)
		}
	})
}

// PLAN-11: a date that is taken away takes the message that waits for its sender along, as one that moves does.
func TestDateGoneTakesTheMessageBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		h := begin(rt, r, &oracle.Plan{Name: "A", Field: "closing_date", Steps: []oracle.Step{
			email("s1", oracle.When{From: "event", Before: true, N: 1, Unit: "day"}),
		}}, oracle.Accepted)
		p := h.people[0]
		closing := calendar.Of(time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC), time.UTC)
		h.setField(p, "closing_date", &closing)
		h.settle()
		due := func() {
			at, _ := h.nextMoment()
			h.set(at)
		}
		due()
		h.tick("tick")
		h.compare(p)
		h.setField(p, "closing_date", nil)
		h.compare(p)
		h.settle()
		h.compare(p)
		h.left(p, 0)
		closing.Date = closing.Date.AddDays(3)
		h.setField(p, "closing_date", &closing)
		due()
		h.settle()
		h.compare(p)
		h.left(p, 1)
	})
}

// PLAN-9, PLAN-11: a date that moves lets a step become due again that was too late; the message after it, which waits for its sender, is taken back.
func TestMessageAfterAStepThatIsDueAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, ":memory:")
	rapid.Check(t, func(rt *rapid.T) {
		h := begin(rt, r, &oracle.Plan{Name: "A", Field: "closing_date", Steps: []oracle.Step{
			{ID: "s1", Action: oracle.Note, When: oracle.When{From: "event", Before: true, N: 30, Unit: "day"}},
			email("s2", oracle.When{From: "previous", N: 1, Unit: "minute"}),
		}}, oracle.Accepted)
		p := h.people[0]
		closing := calendar.Of(time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC), time.UTC)
		h.setField(p, "closing_date", &closing)
		h.settle()
		h.later(time.Minute)
		h.tick("tick")
		h.compare(p)
		closing.Date = closing.Date.AddDays(60)
		h.setField(p, "closing_date", &closing)
		h.compare(p)
		h.settle()
		h.compare(p)
		h.left(p, 0)
	})
}
