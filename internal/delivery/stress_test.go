package delivery_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

const three = `plan: Three
steps:
  - {id: one, name: One, action: send_email, when: immediately, subject: One, body: One}
  - {id: two, name: Two, action: send_email, when: immediately, subject: Two, body: Two}
  - {id: three, name: Three, action: send_email, when: immediately, subject: Three, body: Three}
  - {id: tag, name: Tag, action: add_tags, when: immediately, tags: [Done]}
`

// watch knows for whom nothing may leave any more.
type watch struct {
	mu     sync.Mutex
	closed map[string]bool
	wrong  []string
}

func (w *watch) set(address string, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed[address] = closed
}

func (w *watch) leaves(m channel.Composed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed[m.EnvelopeTo] {
		w.wrong = append(w.wrong, m.EnvelopeTo+" "+m.Preview.Subject)
	}
}

// ENG-6, DEC-10: commands and opt-outs race with the engine and the senders of two nodes. What has answered holds, nothing leaves twice or out
// of order, nobody meets a deadlock that shows, nothing is left waiting, and the counts are true.
func TestCommandsAgainstSenders(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const people = 48
		o := apptest.New(t, db)
		p := o.Plan(three)
		w := &watch{closed: map[string]bool{}}
		o.Wire.Answer(func(_ context.Context, m channel.Composed, n int) channel.Receipt {
			w.leaves(m)
			return apptest.Taken
		})
		contacts := o.Leads(people)
		address := map[int64]string{}
		for _, c := range contacts {
			full, err := o.Contacts.Get(t.Context(), o.ID, c)
			o.OK(err)
			address[c] = full.Emails[0].Address
		}
		nodes := []*apptest.Office{o}
		if db.Nodes() {
			nodes = append(nodes, o.Second())
		}
		for _, n := range nodes {
			engine, cancelEngine := db.Subscribe(enroll.TopicEngine)
			outbox, cancelOutbox := db.Subscribe(enroll.TopicDelivery)
			defer cancelEngine()
			defer cancelOutbox()
			ctx, cancel := context.WithCancel(context.Background())
			var loops sync.WaitGroup
			loops.Go(func() { _ = n.Engine.Run(ctx, engine) })
			loops.Go(func() { _ = n.Delivery.Run(ctx, outbox) })
			defer func() { cancel(); loops.Wait() }()
		}
		o.Assign(p, contacts...)
		var removed sync.Map
		var hands sync.WaitGroup
		for worker := range 4 {
			hands.Go(func() {
				for i, c := range contacts {
					if i%4 == worker {
						command(t, o, w, p, c, address[c], &removed)
					}
				}
			})
		}
		hands.Wait()
		if len(w.wrong) > 0 {
			t.Errorf("left after a command had answered: %q", w.wrong)
		}
		settled(t, o, p, contacts, address, &removed)
	})
}

// command does one thing to one contact and holds it against what leaves from then on.
func command(t *testing.T, o *apptest.Office, w *watch, p, c int64, address string, removed *sync.Map) {
	t.Helper()
	do := func(cmd enroll.Command) bool {
		r, err := o.Runs.Do(context.Background(), o.ID, cmd, apptest.On(p, c), "test", o.Owner)
		switch {
		case err != nil:
			t.Errorf("%s: %v", cmd, err)
		case len(r) == 1 && r[0].Err == nil:
			if r[0].Handing == nil {
				w.set(address, true)
			}
			return true
		case len(r) == 1 && !fault.Is(r[0].Err, fault.Conflict):
			t.Errorf("%s: %v", cmd, r[0].Err)
		}
		return false
	}
	switch rand.IntN(5) {
	case 0:
		for range 3 {
			if do(enroll.CmdPause) {
				w.set(address, false)
				do(enroll.CmdResume)
				w.set(address, false)
			}
		}
	case 1:
		do(enroll.CmdStop)
	case 2:
		if do(enroll.CmdRemove) {
			removed.Store(c, true)
		}
	case 3:
		if err := o.Contacts.OptOut(context.Background(), o.ID, channel.Email, address, "asked", "test"); err != nil {
			t.Error(err)
		}
	case 4:
		do(enroll.CmdPause)
	}
}

// settled holds what must be true when everything has come to rest.
func settled(t *testing.T, o *apptest.Office, p int64, contacts []int64, address map[int64]string, removed *sync.Map) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range int(waits / (20 * time.Millisecond)) { // the nodes are still at work
		c, err := o.DB.EnrollmentCounts(t.Context(), o.ID, p)
		o.OK(err)
		if c.Active == 0 {
			break
		}
		<-tick.C
	}
	sent := map[string][]string{}
	for _, m := range o.Wire.Sent() {
		to, subject, _ := strings.Cut(m, " ")
		sent[to] = append(sent[to], subject)
	}
	for _, c := range contacts {
		got := strings.Join(sent[address[c]], " ")
		if !strings.HasPrefix("One Two Three", got) {
			t.Errorf("contact %d was sent %q", c, got)
		}
		if _, gone := removed.Load(c); gone {
			continue
		}
		if r := o.Row(p, c); r.Wait != enroll.ForNothing || r.Tries > 0 || r.Status == "active" {
			t.Errorf("contact %d hangs: %s %q tries %d, %q %q", c, r.Status, r.Wait, r.Tries, o.Steps(c), o.Messages(c))
		}
	}
	counts, err := o.DB.PlanCounts(t.Context(), o.ID, []int64{p})
	o.OK(err)
	real, err := o.DB.EnrollmentCounts(t.Context(), o.ID, p)
	o.OK(err)
	if counts[p] != real {
		t.Errorf("counted %+v, there are %+v", counts[p], real)
	}
}
