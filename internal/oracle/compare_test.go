package oracle_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tactus/internal/enroll"
	"tactus/internal/oracle"
	"tactus/internal/task"
)

// compare holds the engine against the model: what was recorded, where each run stands, what was handed over, which tasks are open.
func (h *history) compare(p *person) {
	h.compareLog(p)
	h.compareLives(p)
	wire := func(all []oracle.Wire) (out []string) {
		for _, m := range all {
			out = append(out, m.Subject+" "+stamp(m.At))
		}
		return out
	}
	h.same(p, "handed over", wire(h.carrier.sent(p.email)), wire(p.world.Wire))
	h.compareTasks(p)
}

func (h *history) same(p *person, what string, engine, model []string) {
	if !slices.Equal(engine, model) {
		h.differ("contact %d, %s:\nengine\n  %s\nmodel\n  %s", p.n, what, strings.Join(engine, "\n  "), strings.Join(model, "\n  "))
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02T15:04:05.000")
}

func (h *history) compareLog(p *person) {
	rows, err := h.db.HistorySince(h.ctx, h.account, p.id, p.seen)
	h.ok(err)
	// Rows of one set may be written in turns: only the order within a life is told.
	lines := slices.Clone(p.world.Log[p.logged:])
	p.logged = len(p.world.Log)
	slices.SortStableFunc(lines, bySerial)
	var wrote []oracle.Line
	for _, r := range rows {
		p.seen = r.ID
		kind := enroll.EntryKind(r.Kind)
		if r.EnrollmentID == 0 || kind != enroll.StepEntry && kind != enroll.StatusEntry || r.Outcome == "removed" {
			continue
		}
		if p.serials[r.EnrollmentID] == 0 {
			p.serials[r.EnrollmentID] = len(p.serials) + 1
		}
		wrote = append(wrote, oracle.Line{
			Serial: p.serials[r.EnrollmentID], Run: r.Run, Round: r.Round, Step: r.Step, Outcome: r.Outcome, Reason: r.Reason, Due: r.DueAt, At: r.At,
		})
	}
	slices.SortStableFunc(wrote, bySerial)
	var engine, model []string
	for n, l := range wrote {
		if n < len(lines) && slices.Contains(strings.Split(lines[n].Reason, "|"), l.Reason) {
			l.Reason = lines[n].Reason // one of several gates that opened together
		}
		engine = append(engine, line(l))
	}
	for _, l := range lines {
		model = append(model, line(l))
	}
	h.same(p, "recorded", engine, model)
}

func bySerial(a, b oracle.Line) int { return a.Serial - b.Serial }

func line(l oracle.Line) string {
	due := stamp(l.Due)
	if l.Reason == "run_ended" || l.Reason == "removed" || l.Step == "" {
		due = "-" // of what will not be done it says little
	}
	return fmt.Sprintf("life %d run %d.%d %s %s %s, due %s, at %s", l.Serial, l.Run, l.Round, l.Step, l.Outcome, l.Reason, due, stamp(l.At))
}

func (h *history) compareLives(p *person) {
	rows, err := h.db.LockEnrollments(h.ctx, h.account, enroll.Selection{Contacts: []int64{p.id}})
	h.ok(err)
	var engine, model []string
	for _, r := range rows {
		holders := make([]string, len(r.Holders))
		for i, held := range r.Holders {
			holders[i] = string(held)
		}
		next := r.DueAt
		if !next.IsZero() && next.Before(h.clock.Now()) {
			next = h.clock.Now()
		}
		engine = append(engine, fmt.Sprintf("life %d run %d %s %v, next %s %s", p.serials[r.ID], r.Run, r.Status, holders, stamp(next), r.Wait))
		if r.Tries > 0 {
			h.differ("the engine could not run it: %+v", r)
		}
	}
	for _, l := range p.world.Lives {
		next, wait := p.world.Next(l)
		model = append(model, fmt.Sprintf("life %d run %d %s %v, next %s %s", l.Serial, l.Run, l.Status, l.Holders, stamp(next), wait))
	}
	h.same(p, "stands", engine, model)
}

func (h *history) compareTasks(p *person) {
	open, err := h.db.ListTasks(h.ctx, h.account, task.Query{ContactID: p.id, Status: task.Open, Limit: 500})
	h.ok(err)
	var engine, model []string
	show := func(serial, run, round int, step string, due time.Time, fired bool) string {
		return fmt.Sprintf("life %d run %d.%d %s due %s fired %t", serial, run, round, step, stamp(due), fired)
	}
	for _, t := range open {
		engine = append(engine, show(p.serials[t.EnrollmentID], t.Run, t.Round, t.Step, t.DueAt, t.Fired))
	}
	for _, t := range p.world.Tasks {
		if t.Done {
			continue
		}
		model = append(model, show(t.Serial, t.Run, t.Round, t.Step, t.Due, t.Fired))
	}
	slices.SortFunc(engine, cmp.Compare[string])
	slices.SortFunc(model, cmp.Compare[string])
	h.same(p, "open tasks", engine, model)
}
