package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// outage is a plan whose email meets the outage, with steps around it that have their own time, and one dated step.
const outage = `plan: Outage
steps:
  - {id: hi, name: Hi, action: send_email, when: immediately, subject: Hi, body: Hi}
  - {id: note, name: Note, action: add_note, when: 30 minutes after start, text: noted}
  - {id: second, name: Second, action: send_email, when: 40 minutes after start, subject: Second, body: Second}
`

// away lets the carrier be away until a moment, and notes when it was tried and what left.
func away(o *apptest.Office, until time.Time) (tries *int, left *[]string) {
	tries, left = new(int), new([]string)
	var mu sync.Mutex
	o.Wire.Answer(func(_ context.Context, m channel.Composed, _ int) channel.Receipt {
		mu.Lock()
		defer mu.Unlock()
		if o.Clock.Now().Before(until) {
			*tries++
			return apptest.Away
		}
		*left = append(*left, fmt.Sprintf("%5.0f %s %s", o.Clock.Now().Sub(apptest.Start).Minutes(), strings.TrimSuffix(m.EnvelopeTo, "@example.com"), m.Preview.Subject))
		return apptest.Taken
	})
	return tries, left
}

// ENG-7, DEC-2: an hour's outage of one account's carrier. It is probed a few times, not by every message; steps with their own time fire;
// the other account goes on; when the carrier is back everything leaves once, each contact's messages in order, within minutes.
func TestOutageOfAnHour(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		o.Wire.Places(1)
		n := counted(o)
		back := apptest.Start.Add(time.Hour)
		tries, left := away(o, back)
		other := o.Neighbour("other")
		p, q := o.Plan(outage), other.Plan(outage)
		people, theirs := o.Crowd("p", 60), other.Crowd("q", 60)
		o.Assign(p, people...)
		other.Assign(q, theirs...)
		o.Live(apptest.Start.Add(59 * time.Minute))
		if *tries > 16 {
			t.Errorf("the carrier was tried %d times in an hour", *tries)
		}
		if len(*left) != 0 || o.Wire.Made() > 20 {
			t.Errorf("%q left, %d were made", *left, o.Wire.Made())
		}
		for _, c := range people {
			same(t, "meanwhile", o.Steps(c), "1.1 note fired")
		}
		if sent := len(other.Wire.Sent()); sent != 2*len(theirs) {
			t.Errorf("of the other account %d left", sent)
		}
		circuit, err := db.Outbox().Circuit(t.Context(), delivery.Lane{Account: o.ID, Channel: channel.Email})
		if err != nil || circuit.OpenedAt.IsZero() || circuit.Text == "" {
			t.Errorf("%+v (%v)", circuit, err)
		}
		o.Live(apptest.Start.Add(3 * time.Hour))
		for _, c := range people {
			same(t, "in the end", o.Steps(c), "1.1 note fired", "1.1 hi fired carrier_down", "1.1 second fired carrier_down")
		}
		if len(*left) != 2*len(people) {
			t.Errorf("%d left", len(*left))
		}
		first := map[string]bool{}
		for _, line := range (*left)[1:] {
			who := strings.Fields(line)[1]
			if strings.HasSuffix(line, " Second") && !first[who] && !strings.Contains((*left)[0], who) {
				t.Errorf("out of order: %s", line)
			}
			first[who] = true
		}
		if got := n.Load(); got > 30*int64(len(people)+len(theirs)) {
			t.Errorf("%d messages were claimed %d times", 2*(len(people)+len(theirs)), got)
		}
		for _, c := range people { // told again to wait, a step has no second line
			rows, err := db.HistorySince(t.Context(), o.ID, c, 0)
			o.OK(err)
			if len(rows) > 14 {
				t.Fatalf("%d lines of history: %+v", len(rows), rows)
			}
		}
	})
}

// ENG-7: 30 hours without a carrier are no 24 hours of tries: nothing fails, and it all leaves when the carrier is back. A second outage is
// a new one.
func TestOutageOfThirtyHours(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		o.Wire.Places(1)
		p, people := o.Plan(hello), o.Crowd("p", 12)
		back := apptest.Start.Add(30 * time.Hour)
		tries, left := away(o, back)
		o.Assign(p, people...)
		o.Live(back.Add(-time.Minute))
		if *tries > 30*6+10 {
			t.Errorf("the carrier was tried %d times", *tries)
		}
		for _, c := range people {
			if got := o.Steps(c); len(got) != 1 || got[0] != "1.1 note fired" {
				t.Fatalf("after 30 hours: %q", got)
			}
		}
		o.Live(back.Add(2 * time.Hour))
		if len(*left) != len(people) {
			t.Errorf("%d left", len(*left))
		}
		again := o.Clock.Now()
		more := o.Crowd("q", 12)
		tries, left = away(o, again.Add(20*time.Hour))
		o.Assign(p, more...)
		o.Live(again.Add(22 * time.Hour))
		if len(*left) != len(more) || *tries > 20*6+10 {
			t.Errorf("after the second outage %d left, %d tries", len(*left), *tries)
		}
		for _, c := range append(people, more...) {
			if got := o.Steps(c); !strings.HasPrefix(got[len(got)-1]+got[0], "1.1 ") || strings.Contains(strings.Join(got, " "), "failed") {
				t.Errorf("%q", got)
			}
		}
	})
}

// ENG-10, CMP-3, PLAN-10: a carrier that is back at night brings no burst: within the account's own hours for email everything waits for the
// morning, leaves within its limits, and what has become too late meanwhile is skipped.
func TestBackAtNight(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		o.Wire.Places(1)
		o.Change(func(a *account.Account) {
			a.Settings.QuietHours = map[string]string{channel.Email: "08:00-20:00"}
			a.Settings.Limits.PerSecond = 5
		})
		p := o.Plan(outage)
		dated := o.Plan("plan: Dated\nkind: event\ndate: 2026-11-24T02:00\nsteps:\n  - {id: eve, name: Eve, action: send_email, when: 8 hours before event, subject: Eve, body: Eve}\n")
		people := o.Crowd("p", 60)
		_, left := away(o, time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)) // from Monday 15:00 to Tuesday 3:00
		o.Assign(p, people[:55]...)
		o.Assign(dated, people[55:]...)
		morning := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
		o.Live(morning.Add(-time.Minute))
		if len(*left) != 0 {
			t.Errorf("at night %q left", *left)
		}
		for _, c := range people[55:] {
			same(t, "too late", o.Steps(c), "1.1 eve skipped too_late")
		}
		o.Live(morning.Add(10 * time.Minute))
		if len(*left) != 2*55 {
			t.Errorf("in the morning %d left", len(*left))
		}
	})
}
