package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// run starts a sender and returns what ends it.
func run(t *testing.T, d *delivery.Service, wake <-chan struct{}) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = d.Run(ctx, wake) }()
	return func() { cancel(); <-done }
}

// closed is a set of carriers that cannot be opened.
type closed struct{ asked atomic.Int32 }

func (c *closed) For(context.Context, int64, string) (channel.Carrier, string, error) {
	c.asked.Add(1)
	return nil, "", errors.New("the settings cannot be decrypted")
}

// ENG-9: messages that cannot be worked keep nobody busy.
func TestNoBusyLoop(t *testing.T) {
	t.Parallel()
	o := apptest.New(t, storetest.Memory(t))
	p, c := o.Plan(hello), o.Lead("ann@example.com")
	o.Assign(p, c)
	o.Move()
	carriers := &closed{}
	d := sender(o, parts{carriers: carriers})
	stop := run(t, d, nil)
	over := time.NewTimer(700 * time.Millisecond)
	<-over.C
	stop()
	if n := carriers.asked.Load(); n == 0 || n > 3 {
		t.Errorf("asked %d times in 0.7 s", n)
	}
}

// ENG-5, ENG-3: the lease of a sender that stalls while it hands over runs out; the message is in doubt, counts as fired and is not sent
// again, and the late answer cannot write.
func TestStalledSender(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, c := o.Plan(hello), o.Lead("ann@example.com")
		o.Assign(p, c)
		o.Move()
		stalled := o.Wire.Stall()
		o.Delivery.Patience(5 * time.Millisecond) // the carrier does not heed it: the whole node stalls
		done := make(chan error, 1)
		go func() { _, _, err := o.Delivery.RunOnce(context.Background()); done <- err }()
		m := receive(t, stalled, "the message")
		node := o.Second()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for range 1000 {
			o.OK(node.Delivery.Doubt(t.Context(), false))
			if got := o.Messages(c); got[0] == "hi uncertain" {
				break
			}
			<-tick.C
		}
		m.Answer <- apptest.Later
		o.OK(receive(t, done, "the stalled node's end"))
		o.Wire.Always(apptest.Taken)
		o.Settle()
		same(t, "sent", o.Wire.Sent(), "ann@example.com Hi")
		same(t, "messages", o.Messages(c), "hi uncertain")
		same(t, "steps", o.Steps(c), "1.1 hi fired")
	})
}

// A server that is asked to stop lets the messages under way get their answers: none is in doubt because of an upgrade.
func TestStopWaitsForAnswers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, people := o.Plan(hello), o.Leads(2)
		o.Assign(p, people...)
		o.Move()
		ctx, cancel := context.WithCancel(t.Context())
		type ask struct {
			ended  <-chan struct{}
			answer chan channel.Receipt
		}
		asked := make(chan ask, len(people))
		o.Wire.Answer(func(ctx context.Context, _ channel.Composed, _ int) channel.Receipt {
			a := ask{ctx.Done(), make(chan channel.Receipt)}
			asked <- a
			select {
			case <-ctx.Done():
				return channel.Receipt{Result: channel.InDoubt, Text: "broken off"}
			case r := <-a.answer:
				return r
			}
		})
		done := make(chan struct{})
		go func() { defer close(done); _ = o.Delivery.Run(ctx, nil) }()
		first, second := receive(t, asked, "a message"), receive(t, asked, "the other message")
		cancel()
		for _, a := range []ask{first, second} {
			select {
			case <-a.ended:
				t.Error("it was broken off")
			case a.answer <- apptest.Taken:
			}
		}
		<-done
		for _, c := range people {
			same(t, "messages", o.Messages(c), "hi accepted")
		}
	})
}

// ENG-7: a carrier that keeps failing opens its circuit: one probe at a time, other accounts go on, and when it answers again everything
// leaves, once.
func TestCircuit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, people := o.Plan(hello), o.Leads(12)
		o.Wire.Always(apptest.Away)
		o.Assign(p, people...)
		o.Settle()
		first := len(o.Wire.Sent())
		if first < 5 || first > 8 {
			t.Errorf("%d were handed over to a carrier that is away", first)
		}
		lane := delivery.Lane{Account: o.ID, Channel: channel.Email}
		open, err := db.Outbox().Circuit(t.Context(), lane)
		if err != nil || open.OpenedAt.IsZero() {
			t.Fatalf("%+v (%v)", open, err)
		}
		o.Clock.Set(open.ProbeAt)
		o.Settle()
		before := len(o.Wire.Sent())
		if before-first != 1 {
			t.Errorf("%d probes", before-first)
		}
		o.Wire.Always(apptest.Taken)
		o.Clock.Advance(3 * time.Hour)
		o.Settle()
		taken := map[string]int{}
		for _, m := range o.Wire.Sent()[before:] {
			taken[m]++
		}
		for i, c := range people {
			if taken[fmt.Sprintf("p%d@example.com Hi", i+1)] != 1 {
				t.Errorf("contact %d: %q", c, o.Messages(c))
			}
		}
		circuit, err := db.Outbox().Circuit(t.Context(), lane)
		if err != nil || !circuit.OpenedAt.IsZero() || circuit.Failures != 0 {
			t.Errorf("%+v (%v)", circuit, err)
		}
	})
}

// ENG-9: a message is sent at once when the engine has offered it, without the slow poll.
func TestWokenByTheEngine(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, c := o.Plan(hello), o.Lead("ann@example.com")
		stalled := o.Wire.Stall()
		wake, cancel := db.Subscribe(enroll.TopicDelivery)
		defer cancel()
		defer run(t, o.Delivery, wake)()
		o.Assign(p, c)
		o.Move()
		patience := time.NewTimer(poll / 2)
		select {
		case m := <-stalled:
			m.Answer <- apptest.Taken
		case <-patience.C:
			t.Error("the sender sleeps")
		}
	})
}

const poll = 10 * time.Second
