package oracle_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tactus/internal/calendar"
	"tactus/internal/contact"
	"tactus/internal/oracle"
	"tactus/internal/planbook"
	"tactus/internal/store/pgtest"
)

// operations are what a process can be at when it dies. ready brings a history up to it.
var operations = []struct {
	name   string
	answer oracle.Answer
	ready  func(h *history, p *person)
	do     func(h *history, p *person)
}{
	{"move", oracle.Accepted, nothing, func(h *history, _ *person) { h.tick("tick") }},
	{"send", oracle.Accepted, moved, func(h *history, _ *person) { h.deliver("deliver", false) }},
	{"send, refused", oracle.Refused, moved, func(h *history, _ *person) { h.deliver("deliver", false) }},
	{"send, later", oracle.Later, moved, func(h *history, _ *person) { h.deliver("deliver", false) }},
	{"send, opted out", oracle.Accepted, func(h *history, p *person) {
		moved(h, p)
		h.ok(h.barring(p, "opt out")(h.ctx))
	}, func(h *history, _ *person) { h.deliver("deliver", false) }},
	{"settle", oracle.Accepted, nothing, func(h *history, _ *person) { h.settle() }},
	{"pause", oracle.Accepted, moved, func(h *history, p *person) { h.command(p, "A", "pause") }},
	{"resume", oracle.Accepted, func(h *history, p *person) {
		moved(h, p)
		h.command(p, "A", "pause")
		h.later(time.Hour)
	}, func(h *history, p *person) { h.command(p, "A", "resume") }},
	{"stop", oracle.Accepted, moved, func(h *history, p *person) { h.command(p, "A", "stop") }},
	{"restart", oracle.Accepted, func(h *history, p *person) {
		moved(h, p)
		h.command(p, "A", "stop")
	}, func(h *history, p *person) { h.command(p, "A", "restart") }},
	{"remove", oracle.Accepted, moved, func(h *history, p *person) { h.command(p, "A", "remove") }},
	{"assign", oracle.Accepted, func(h *history, p *person) { h.command(p, "A", "remove") }, func(h *history, p *person) { h.put(p, "A", nil, 0) }},
	{"delete", oracle.Accepted, moved, func(h *history, p *person) { h.leaves(p) }},
	{"zone", oracle.Accepted, moved, func(h *history, p *person) { h.rezone(p, "America/New_York") }},
	{"office", oracle.Accepted, moved, func(h *history, _ *person) { h.moveOffice("America/New_York") }},
	{"date", oracle.Accepted, moved, func(h *history, p *person) {
		closing := calendar.Of(h.clock.Now().Add(30*time.Hour), time.UTC)
		h.setField(p, "closing_date", &closing)
	}},
	{"opt out", oracle.Accepted, moved, func(h *history, p *person) { h.do(h.barring(p, "opt out")) }},
	{"tag", oracle.Accepted, nothing, func(h *history, p *person) { h.tag(p) }},
	{"patch", oracle.Accepted, nothing, func(h *history, p *person) { h.patch(p, contact.Patch{FirstName: &p.email}) }},
	{"edit a task", oracle.Accepted, moved, func(h *history, p *person) { h.workOn(p, 0, "edit", time.Hour) }},
	{"complete a task", oracle.Accepted, moved, func(h *history, p *person) { h.workOn(p, 0, "complete", 0) }},
	{"delete a task", oracle.Accepted, moved, func(h *history, p *person) { h.workOn(p, 0, "delete", 0) }},
	{"save", oracle.Accepted, moved, func(h *history, _ *person) {
		p := rich()
		p.Steps = append(p.Steps[:3:3], p.Steps[4:]...)
		h.saves(p, planbook.Everyone)
	}},
}

func nothing(*history, *person) {}

func moved(h *history, _ *person) { h.tick("tick") }

// rich is a plan with something of everything due at once.
func rich() *oracle.Plan {
	return &oracle.Plan{Name: "A", Field: "closing_date", Steps: []oracle.Step{
		{ID: "s1", Action: oracle.AddTag, When: atOnce},
		{ID: "s2", Action: oracle.Note, When: atOnce},
		{ID: "s3", Action: oracle.Task, When: oracle.When{From: "start", N: 2, Unit: "day"}},
		email("s4", atOnce),
		{ID: "s5", Action: oracle.Task, When: atOnce},
		email("s6", atOnce),
		{ID: "s7", Action: oracle.DropTag, When: oracle.When{From: "previous", N: 1, Unit: "hour"}},
		{ID: "s8", Action: oracle.Note, When: oracle.When{From: "event"}},
	}}
}

// ENG-1, ENG-2, ENG-4: whatever a process is at, it may die before, after and within each of its statements, and after the last one, before
// anybody is told; done again, the end is as if it had not. Each look at the context is a place to die, several to a statement.
func TestEveryCrash(t *testing.T) {
	t.Parallel()
	everyCrash(t, 3, 40)
}

// everyCrash dies at every so manieth place.
func everyCrash(t *testing.T, onSQLite, onPostgres int) {
	for _, on := range []struct {
		name    string
		stride  int
		address func(t *testing.T) string
	}{
		{"memory", onSQLite, func(*testing.T) string { return ":memory:" }},
		{"postgres", onPostgres, func(t *testing.T) string { return pgtest.URL(t) }},
	} {
		t.Run(on.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, on.address(t))
			for _, op := range operations {
				looks, deaf, over := 0, false, false
				for !over {
					rapid.Check(quiet{t}, func(rt *rapid.T) {
						if over {
							return
						}
						h := begin(rt, r, rich(), op.answer)
						p := h.people[0]
						op.ready(h, p)
						h.compare(p)
						h.dies, h.deaf = &looks, deaf
						op.do(h, p)
						again := h.crashed
						h.compare(p)
						h.deaf = false
						h.later(49 * time.Hour) // and what comes of it
						h.settle()
						h.compare(p)
						looks, deaf, over = looks+on.stride, !again, deaf
					})
				}
				t.Logf("%s: died at %d places", op.name, looks/on.stride)
			}
		})
	}
}
