package delivery_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// limited is a plan whose email has steps around it that have their own time.
const limited = `plan: Limited
steps:
  - {id: hi, name: Hi, action: send_email, when: immediately, subject: Hi, body: Hi}
  - {id: note, name: Note, action: add_note, when: 5 minutes after start, text: noted}
`

// claims counts what is claimed.
type claims struct {
	delivery.Store
	n *atomic.Int64
}

func (c claims) ClaimMessages(ctx context.Context, l delivery.Lane, now time.Time, limit int, lease time.Duration) ([]delivery.Message, error) {
	m, err := c.Store.ClaimMessages(ctx, l, now, limit, lease)
	c.n.Add(int64(len(m)))
	return m, err
}

// counted makes the office's senders count what they claim.
func counted(o *apptest.Office) *atomic.Int64 {
	n := &atomic.Int64{}
	outbox := claims{o.DB.Outbox(), n}
	limits := func(ctx context.Context, id int64, _ string) (map[time.Duration]int, error) {
		a, err := o.Accounts.Account(ctx, id)
		l := a.Settings.Limits
		return map[time.Duration]int{time.Second: l.PerSecond, time.Hour: l.PerHour, 24 * time.Hour: l.PerDay}, err
	}
	o.Delivery = sender(o, parts{store: outbox, limits: limits})
	return n
}

// timed notes the moment at which each message leaves.
func timed(o *apptest.Office) *[]string {
	var mu sync.Mutex
	var log []string
	o.Wire.Answer(func(_ context.Context, m channel.Composed, _ int) channel.Receipt {
		mu.Lock()
		defer mu.Unlock()
		log = append(log, fmt.Sprintf("%6.1f %s", o.Clock.Now().Sub(apptest.Start).Seconds(), strings.TrimSuffix(m.EnvelopeTo, "@example.com")))
		return apptest.Taken
	})
	return &log
}

// seconds counts what left per second.
func seconds(log []string) map[string]int {
	per := map[string]int{}
	for _, line := range log {
		per[line[:strings.Index(line, ".")]]++
	}
	return per
}

// EMAIL-6, DEC-2, ENG-8: a long queue behind a limit per second leaves in order at that rate; each message is looked at a few times, not
// once a second; a step with its own time is not held up by it; a lead goes before it; another account does not notice.
func TestLimitedQueue(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const people, rate = 200, 5
		o := apptest.New(t, db)
		n := counted(o)
		o.Wire.Places(1)
		o.Change(func(a *account.Account) { a.Settings.Limits.PerSecond = rate })
		p := o.Plan(limited)
		crowd := o.Crowd("p", people)
		o.Assign(p, crowd...)
		log := timed(o)
		other := o.Neighbour("other")
		q := other.Plan(limited)

		o.Live(apptest.Start.Add(20*time.Second + 300*time.Millisecond))
		lead, theirs := o.Lead("lead@example.com"), other.Crowd("q", 20)
		o.Assign(p, lead)
		other.Assign(q, theirs...)
		o.Live(apptest.Start.Add(22 * time.Second))
		if !slices.ContainsFunc(*log, func(l string) bool { return strings.HasSuffix(l, " lead") }) {
			t.Error("the lead waits behind the queue")
		}
		if sent := other.Wire.Sent(); len(sent) != len(theirs) {
			t.Errorf("of the other account %d left", len(sent))
		}
		o.Live(apptest.Start.Add(10 * time.Minute))

		var order []int
		for _, line := range *log {
			var at float64
			var i int
			if _, err := fmt.Sscanf(line, "%f p%d", &at, &i); err == nil {
				order = append(order, i)
			}
		}
		if len(order) != people || !slices.IsSorted(order) {
			t.Errorf("%d left, in the order %v", len(order), order)
		}
		for second, k := range seconds(*log) {
			if k > rate {
				t.Errorf("%d left in second %s", k, second)
			}
		}
		if last := (*log)[len(*log)-1]; last > fmt.Sprintf("%6.1f", float64(people)/rate*1.1) {
			t.Errorf("the last left at %s", last)
		}
		if got := n.Load(); got > 6*people {
			t.Errorf("%d messages were claimed %d times", people, got)
		}
		if made := o.Wire.Made(); made > 2*people {
			t.Errorf("%d messages were made %d times", people, made)
		}
		for _, c := range crowd {
			rows, err := db.HistorySince(t.Context(), o.ID, c, 0)
			o.OK(err)
			for _, r := range rows {
				if r.Step == "note" && r.Outcome == "fired" && !r.At.Equal(apptest.Start.Add(5*time.Minute)) {
					t.Errorf("the note of contact %d fired at %s", c, r.At)
				}
			}
			if len(rows) > 12 {
				t.Fatalf("contact %d has %d lines of history: %+v", c, len(rows), rows)
			}
		}
	})
}

// EMAIL-6, ENG-10: a server that stood still while a queue waited does not look at all of it again and again when it is back.
func TestLimitedQueueAfterAStop(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const people, rate = 200, 5
		o := apptest.New(t, db)
		n := counted(o)
		o.Wire.Places(1)
		o.Change(func(a *account.Account) { a.Settings.Limits.PerSecond = rate })
		o.Assign(o.Plan(limited), o.Crowd("p", people)...)
		log := timed(o)
		o.Live(apptest.Start.Add(10 * time.Second))
		o.Clock.Advance(time.Hour)
		back := o.Clock.Now()
		o.Live(back.Add(5 * time.Minute))
		if len(*log) != people {
			t.Errorf("%d left", len(*log))
		}
		for second, k := range seconds(*log) {
			if k > rate {
				t.Errorf("%d left in second %s", k, second)
			}
		}
		if last := (*log)[len(*log)-1]; last > fmt.Sprintf("%6.1f", back.Sub(apptest.Start).Seconds()+float64(people)/rate*1.1) {
			t.Errorf("the last left at %s, the server was back at %s", last, back.Sub(apptest.Start))
		}
		if got := n.Load(); got > 8*people {
			t.Errorf("%d messages were claimed %d times", people, got)
		}
	})
}

// EMAIL-6: a queue that was stopped leaves no trace: who waits after it is not made to wait for it.
func TestLimitedQueueThatWasStopped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const rate = 5
		o := apptest.New(t, db)
		o.Change(func(a *account.Account) { a.Settings.Limits.PerSecond = rate })
		p := o.Plan(limited)
		crowd := o.Crowd("p", 300)
		o.Assign(p, crowd...)
		o.Live(apptest.Start.Add(2 * time.Second))
		_, err := o.Runs.Do(t.Context(), o.ID, "stop", apptest.Of(p), "test", o.Owner)
		o.OK(err)
		o.Live(apptest.Start.Add(2 * time.Minute))
		before := len(o.Wire.Sent())
		q := o.Plan(strings.Replace(limited, "plan: Limited", "plan: Next", 1))
		o.Assign(q, o.Crowd("q", 60)...)
		o.Live(o.Clock.Now().Add(15 * time.Second))
		if left := len(o.Wire.Sent()) - before; left != 60 {
			t.Errorf("%d of 60 left in 15 seconds at %d a second", left, rate)
		}
	})
}

// EMAIL-6, PLAN-10: what waits in a long queue is told about when its turn will come. Because those ahead may not come, as here, it is not known to be
// too late by that, and leaves while it may.
func TestGuessIsNoKnowledge(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		counted(o)
		o.Change(func(a *account.Account) { a.Settings.Limits.PerHour = 1 })
		p := o.Plan(strings.Replace(limited, "when: immediately", "when: 1 minute after start", 1)) // in the same line as what is due at an event
		o.Assign(p, o.Crowd("p", 50)...)
		o.Live(apptest.Start.Add(61 * time.Second))
		_, err := o.Runs.Do(t.Context(), o.ID, "stop", apptest.Of(p), "test", o.Owner)
		o.OK(err)
		day := apptest.Start.Add(70 * time.Second)
		q := o.Plan("plan: Day\nkind: event\ndate: " + day.Format("2006-01-02T15:04:05") +
			"\nsteps:\n  - {id: day, name: Day, action: send_email, when: at event, subject: Day, body: Day}\n")
		c := o.Lead("ann@example.com")
		o.Assign(q, c)
		o.Live(day.Add(25 * time.Hour))
		same(t, "steps", o.Steps(c), "1.1 day fired carrier_limit")
	})
}

// EMAIL-6: a limit per hour: what waits is looked at when about its hour comes, and every hour is full.
func TestHourlyLimit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const people, rate = 100, 10
		o := apptest.New(t, db)
		n := counted(o)
		o.Change(func(a *account.Account) { a.Settings.Limits.PerHour = rate })
		o.Assign(o.Plan(limited), o.Crowd("p", people)...)
		log := timed(o)
		o.Live(apptest.Start.Add(12 * time.Hour))
		if len(*log) != people {
			t.Errorf("%d left", len(*log))
		}
		if got := n.Load(); got > 8*people {
			t.Errorf("%d messages were claimed %d times", people, got)
		}
		per := map[int]int{}
		for _, line := range *log {
			var at float64
			_, err := fmt.Sscanf(line, "%f", &at)
			o.OK(err)
			per[int(at)/3600]++
		}
		for hour := range people / rate {
			if per[hour] != rate {
				t.Errorf("in hour %d left %d", hour, per[hour])
			}
		}
	})
}
