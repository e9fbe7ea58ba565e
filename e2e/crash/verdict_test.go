package crash_test

import (
	"slices"
	"strings"
	"testing"

	"tactus/client"
	"tactus/internal/channel/smtptest"
)

// verdict holds the truth against the journal.
type verdict struct {
	*truth
	t        *testing.T
	c        *campaign
	report   report
	promises int // of ENG-6, that were checked

	byID     map[string]client.Message     // by Message-ID
	rows     map[step]client.Message       // of plans
	ends     map[step][]client.Entry       // the outcomes of each step
	arrivals map[string][]smtptest.Message // by Message-ID
	late     map[client.ID]bool            // messages of which a server said that its answer came after its lease
}

func newVerdict(t *testing.T, c *campaign, facts *truth) *verdict {
	v := &verdict{
		truth: facts, t: t, c: c, byID: map[string]client.Message{}, rows: map[step]client.Message{}, ends: map[step][]client.Entry{},
		arrivals: map[string][]smtptest.Message{}, late: map[client.ID]bool{},
	}
	v.report = report{DB: c.db, Kills: c.kills, Sent: len(facts.wire)}
	for _, m := range facts.messages {
		if m.MessageID != "" {
			v.byID[m.MessageID] = m
		}
		if m.Class == "plan" {
			v.rows[stepOf(m)] = m
		}
	}
	for _, e := range facts.history {
		if e.Kind == "step" {
			s := step{e.Enrollment, e.Run, e.Round, client.ID(e.Step)}
			v.ends[s] = append(v.ends[s], e)
		}
	}
	for _, w := range facts.wire {
		v.arrivals[w.ID] = append(v.arrivals[w.ID], w)
	}
	return v
}

// maxTold bounds how much of one fault is told.
const maxTold = 20

func (v *verdict) fault(format string, args ...any) {
	v.t.Helper()
	v.t.Errorf(format, args...)
}

func (v *verdict) all() {
	defer v.logs()
	for _, f := range v.c.j.failures[:min(len(v.c.j.failures), maxTold)] {
		v.fault("meanwhile: %s", f)
	}
	v.duplicates()
	v.fates()
	v.doubts()
	v.order()
	v.steps()
	v.notes()
	v.counters()
	v.people()
	v.bulk()
	v.promisesKept()
}

// logs shows the end of what the servers said, when something is wrong.
func (v *verdict) logs() {
	if !v.t.Failed() && v.report.Duplicates+v.report.Lost+v.report.OutOfOrder == 0 {
		return
	}
	for i, n := range v.c.fleet.nodes {
		lines := slices.DeleteFunc(n.logged(), func(l string) bool { return strings.Contains(l, "are overdue") })
		v.t.Logf("node %d said:\n%s", i, strings.Join(lines[max(0, len(lines)-5*maxTold):], "\n"))
	}
}

// duplicates: nobody gets a message twice, by its Message-ID and by the step of the run it belongs to (ENG-5).
func (v *verdict) duplicates() {
	sent := map[step]int{}
	for id, list := range v.arrivals {
		if len(list) > 1 {
			v.t.Logf("accepted %d times: %s, now %+v", len(list), id, v.byID[id])
			v.report.Duplicates += len(list) - 1
		}
		if m, known := v.byID[id]; !known {
			v.fault("the mail server took %s for %v, which no message has", id, list[0].To)
		} else if m.Class == "plan" {
			sent[stepOf(m)]++
		}
	}
	for s, n := range sent {
		if n > 1 {
			v.t.Logf("%d different messages of %+v", n, s)
			v.report.Duplicates += n - 1
		}
	}
}

// fates: what the database says of each message is what the wire saw.
func (v *verdict) fates() {
	for _, m := range v.messages {
		taken := len(v.arrivals[m.MessageID])
		if m.MessageID == "" {
			taken = 0
		}
		switch m.Status {
		case "accepted":
			if taken == 0 {
				v.lost("recorded as accepted, and the mail server never took it: %+v", m)
			}
		case "uncertain":
			v.report.InDoubt++
		case "refused", "failed", "skipped", "withdrawn":
			if taken > 0 {
				v.fault("it is %s, and the mail server took it: %+v", m.Status, m)
			}
			if m.Reason == "" && m.Status != "withdrawn" {
				v.fault("it does not say why it did not leave: %+v", m)
			}
		default:
			v.lost("it was left behind as %s: %+v", m.Status, m)
		}
	}
	for _, id := range v.c.j.letters {
		if !slices.ContainsFunc(v.messages, func(m client.Message) bool { return m.ID == id }) {
			v.lost("the message %s that was written by hand is gone", id)
		}
	}
}

func (v *verdict) lost(format string, args ...any) {
	v.report.Lost++
	if v.report.Lost <= maxTold {
		v.t.Logf("lost: "+format, args...)
	}
}

// order: the emails of a run that edits keep arrive in the order of the plan (PLAN-9).
func (v *verdict) order() {
	type run struct {
		enrollment client.ID
		run, round int
	}
	last := map[run]client.ID{}
	for _, w := range v.wire {
		m := v.byID[w.ID]
		if m.Class != "plan" || !base(v.names[m.Plan])[string(m.Step)] {
			continue
		}
		r := run{m.Enrollment, m.Run, m.Round}
		if m.Step < last[r] {
			v.t.Logf("%s of %+v arrived at %s after %s; %s", m.Step, r, w.At, last[r], v.story(r.enrollment))
			v.report.OutOfOrder++
		}
		last[r] = m.Step
	}
}

// edits is how many versions the plans have had.
func (v *verdict) edits() int {
	n := 0
	for _, p := range v.plans {
		n += p.Version - 1
	}
	return n
}
