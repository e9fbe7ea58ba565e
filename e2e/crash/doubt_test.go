package crash_test

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"tactus/client"
)

// doubts: each message in doubt is explained, in this order: the mail server kept its answer back; a server said that it lost its lease, as
// one does that stands still for longer than that; or a server died while it was handing the message over. No death explains more than
// that server had places (DEC-12), so together they bound what may be in doubt: the most that was in flight.
func (v *verdict) doubts() {
	v.readLate()
	kept := 0
	for _, n := range v.c.mail.kept {
		kept += n
	}
	var deaths []kill
	for _, k := range v.c.j.kills {
		if k.served {
			deaths = append(deaths, k)
		}
	}
	v.report.MaxInFlight = len(deaths)*connections + kept + len(v.late)
	room := make([]int, len(deaths))
	for i := range room {
		room[i] = connections
	}
	doubts := slices.DeleteFunc(slices.Clone(v.messages), func(m client.Message) bool { return m.Status != "uncertain" || m.HandedAt == nil })
	slices.SortFunc(doubts, func(a, b client.Message) int { return cmp.Compare(a.HandedAt.UnixNano(), b.HandedAt.UnixNano()) })
	for _, m := range doubts {
		if v.c.mail.kept[m.MessageID] > 0 || v.late[m.ID] {
			continue
		}
		handed := v.c.fleet.warp.from(*m.HandedAt)
		i := 0
		for i < len(deaths) && (room[i] == 0 || deaths[i].at.Before(handed.Add(-slack))) {
			i++
		}
		if i == len(deaths) || deaths[i].at.Sub(handed) > standstill+v.c.fleet.lease() {
			v.fault("in doubt without a reason: no server died while it was handed over at %s, nor lost its lease, and its answer was not kept back: %+v%s",
				handed, m, v.near(deaths, room, handed))
			continue
		}
		room[i]--
	}
}

// standstill is how long a server may have stood still before it died: on a busy machine it gets no turn, and others settle what it holds.
const standstill = 20 * time.Second

var lateLine = regexp.MustCompile(`late answer dropped.* message=(\d+)`)

// readLate finds what servers said of leases that they lost.
func (v *verdict) readLate() {
	for _, n := range v.c.fleet.nodes {
		for _, l := range n.logged() {
			if m := lateLine.FindStringSubmatch(l); m != nil {
				v.late[client.ID(m[1])] = true
			}
		}
	}
}

// near tells of the deaths around a moment, and of how many messages in doubt each has room for.
func (v *verdict) near(deaths []kill, room []int, at time.Time) string {
	var out strings.Builder
	for i, k := range deaths {
		if d := k.at.Sub(at); d > -v.c.fleet.lease() && d < standstill+v.c.fleet.lease() {
			fmt.Fprintf(&out, "; a death at %s, room for %d", k.at, room[i])
		}
	}
	return out.String()
}
