package crash_test

import (
	"fmt"
	"strings"
	"time"

	"tactus/client"
	"tactus/internal/channel/smtptest"
)

// slack is for the truncation of moments to milliseconds on their way through the servers' clock and back.
const slack = 20 * time.Millisecond

// promisesKept: after a pause, a stop, a removal or an opt-out has answered, no step of that enrollment fires and no message of it leaves,
// but for one that was being handed over at that moment, which the answer names (ENG-6).
func (v *verdict) promisesKept() {
	type arrival struct {
		m client.Message
		w smtptest.Message
	}
	arrived := map[client.ID][]arrival{}
	for _, w := range v.wire {
		if m, known := v.byID[w.ID]; known && m.Class == "plan" {
			arrived[m.Enrollment] = append(arrived[m.Enrollment], arrival{m, w})
		}
	}
	fired := map[client.ID][]client.Entry{}
	for _, e := range v.history {
		if e.Kind == "step" && e.Outcome == "fired" {
			fired[e.Enrollment] = append(fired[e.Enrollment], e)
		}
	}
	for _, h := range v.c.j.holds {
		end, ok := v.c.j.until(h)
		if !ok {
			continue
		}
		v.promises++
		held := func(at time.Time) bool { return at.After(h.at) && (end.IsZero() || at.Before(end)) }
		for _, a := range arrived[h.enrollment] {
			named := v.c.j.handing[a.m.ID] && a.w.At.Sub(h.at) < v.c.fleet.lease()
			if held(a.w.At) && (h.run == 0 || a.m.Run <= h.run) && !named {
				v.fault("%s had been answered at %s, and at %s this left: %+v; %s", h.why, h.at, a.w.At, a.m, v.story(h.enrollment))
			}
		}
		for _, e := range fired[h.enrollment] {
			at := v.c.fleet.warp.from(e.At)
			m := v.rows[step{e.Enrollment, e.Run, e.Round, client.ID(e.Step)}]
			if held(at.Add(-slack)) && held(at.Add(slack)) && (h.run == 0 || e.Run <= h.run) && !v.c.j.handing[m.ID] {
				v.fault("%s had been answered at %s, and at %s this fired: %+v; %s", h.why, h.at, at, e, v.story(h.enrollment))
			}
		}
	}
	for _, w := range v.wire {
		at, opted := v.c.j.opted[w.To[0]]
		m := v.byID[w.ID]
		if !opted || !w.At.After(at) {
			continue
		}
		if !v.c.j.handing[m.ID] || w.At.Sub(at) > v.c.fleet.lease() {
			v.fault("%s had opted out at %s, and at %s this left: %+v", w.To[0], at, w.At, m)
		}
	}
	v.promises += len(v.c.j.opted)
}

// story is an enrollment's history, in real time, for people who look for a fault.
func (v *verdict) story(enrollment client.ID) string {
	var out strings.Builder
	for _, e := range v.history {
		if e.Enrollment == enrollment {
			at := v.c.fleet.warp.from(e.At).Format("15:04:05.000")
			fmt.Fprintf(&out, "\n      %s run %d %s %s %s %s %s by %s", at, e.Run, e.Kind, e.Step, e.Outcome, e.Reason, e.Detail, e.Author)
		}
	}
	for _, w := range v.wire {
		if m := v.byID[w.ID]; m.Enrollment == enrollment {
			fmt.Fprintf(&out, "\n      %s arrived: %s of run %d, %+v", w.At.Format("15:04:05.000"), m.Step, m.Run, m)
		}
	}
	for _, h := range v.c.j.holds {
		if h.enrollment == enrollment {
			fmt.Fprintf(&out, "\n      %s asked, %s answered: %s of run %d", h.asked.Format("15:04:05.000"), h.at.Format("15:04:05.000"), h.why, h.run)
		}
	}
	for _, r := range v.c.j.revivals {
		if r.enrollment == enrollment || r.enrollment == "" {
			fmt.Fprintf(&out, "\n      %s asked, %s over: resume %s", r.from.Format("15:04:05.000"), r.to.Format("15:04:05.000"), r.operation)
		}
	}
	return out.String()
}
