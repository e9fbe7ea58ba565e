package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"tactus/client"
	"tactus/internal/fault"
)

const leadPlan = `plan: Bench lead
source: Bench web
steps:
  - name: Hello
    action: send_email
    when: immediately
    subject: "Thanks for asking, {{ contact.first_name | default: 'friend' }}"
    body: |
      Hi {{ contact.first_name | default: "there" }},

      thanks for your question. When is a good time for a short call today?

      {{ user.first_name }}
  - {name: A year on, action: add_note, when: 12 months after start, text: A year on}
`

// leadRates are leads a second, each with its share of the bench's number of leads.
var leadRates = []struct{ rate, share int }{{1, 150}, {50, 4}, {200, 1}}

// lead measures from the request that brings a lead in to the moment at which the mail server takes its first email.
func lead(ctx context.Context, s *session) (Result, error) {
	fixture, err := s.members(ctx, s.Members)
	if err != nil {
		return Result{}, err
	}
	mail, err := newSink(ctx)
	if err != nil {
		return Result{}, err
	}
	defer mail.close()
	var res Result
	err = s.on(ctx, fixture, func(r *raw) error {
		err := s.withAt(ctx, r.address, func(o *office) error {
			a := o.account
			a.Postal = "12 Harbor Street, Portland, ME 04101"
			if err := o.Accounts.Update(ctx, a, author); err != nil {
				return err
			}
			_, err := o.plan(ctx, leadPlan)
			return err
		})
		if err != nil {
			return err
		}
		res, err = s.leads(ctx, r, mail)
		return err
	})
	if err != nil {
		return res, err
	}
	res.Notes = append(res.Notes, "lower is better; the yardstick is the dialogue with the mail server alone, and the ratio yardstick ÷ ours")
	return s.noted(ctx, res)
}

func (s *session) leads(ctx context.Context, r *raw, mail *sink) (res Result, err error) {
	c, err := s.child(ctx, r.address, "--smtp", "smtp+plain://"+mail.addr())
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	sources, err := c.sources(ctx)
	if err != nil {
		return res, err
	}
	all := newArrivals(mail)
	for i, l := range leadRates {
		n := max(1, s.N/l.share)
		s.progress.say("%d leads, %d a second", n, l.rate)
		before := cpuOf(c.pid()) + s.sys.cpu()
		took, lost, err := all.send(ctx, sources, fmt.Sprintf("r%d", i), n, l.rate)
		if err != nil {
			return res, err
		}
		if cost := cpuOf(c.pid()) + s.sys.cpu() - before; cost > 0 {
			res.more(fmt.Sprintf("at_%d_a_second_processor_ms_a_lead", l.rate), ms(cost)/float64(n))
		}
		p50, p99 := ms(quantile(took, 0.5)), ms(quantile(took, 0.99))
		res.P50, res.P99 = max(res.P50, p50), max(res.P99, p99)
		res.more(fmt.Sprintf("at_%d_a_second_p50_ms", l.rate), p50)
		res.more(fmt.Sprintf("at_%d_a_second_p99_ms", l.rate), p99)
		res.more(fmt.Sprintf("at_%d_a_second_lost", l.rate), float64(lost))
		if lost > 0 {
			return res, fault.New(fault.Internal, "%d of %d leads got no email", lost, n)
		}
	}
	letters, err := r.letters(ctx)
	if err != nil {
		return res, err
	}
	mail.took = nil
	alone, err := dialogues(mail.addr(), letters[0], 500)
	res.Ours, res.Yardstick, res.Unit = res.P50, ms(median(alone)), "ms"
	res.Ratio = res.Yardstick / res.Ours
	res.more("twice", float64(all.twice))
	return res, err
}

// sources are as many programs that bring leads in, each with a key of its own: what one key may send is limited.
func (c *child) sources(ctx context.Context) ([]*client.Client, error) {
	keys, err := c.keys(ctx, 4, "write")
	if err != nil {
		return nil, err
	}
	out := make([]*client.Client, len(keys))
	for i, key := range keys {
		if out[i], err = c.connect(key); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// arrivals knows when which lead was sent off, and when its email came.
type arrivals struct {
	mu    sync.Mutex
	sent  map[string]time.Time
	took  map[string]time.Duration
	twice int
}

func newArrivals(mail *sink) *arrivals {
	a := &arrivals{sent: map[string]time.Time{}, took: map[string]time.Duration{}}
	mail.took = func(to string, at time.Time) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if _, again := a.took[to]; again {
			a.twice++
		}
		a.took[to] = at.Sub(a.sent[to])
	}
	return a
}

// send sends n leads at a steady rate, whether or not the ones before have been answered, and waits for their emails. The time of a lead
// begins when its turn is, not when the sender gets to it.
func (a *arrivals) send(ctx context.Context, from []*client.Client, name string, n, rate int) (took []time.Duration, lost int, err error) {
	start := time.Now()
	errs := make(chan error, n)
	var group sync.WaitGroup
	for i := range n {
		at := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
		wait := time.NewTimer(time.Until(at))
		select {
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-wait.C:
		}
		to := fmt.Sprintf("lead-%s-%d@bench.example", name, i)
		a.mu.Lock()
		a.sent[to] = at
		a.mu.Unlock()
		group.Go(func() {
			_, err := from[i%len(from)].CreateContact(ctx, client.NewContact{
				FirstName: "Lee", LastName: fmt.Sprintf("Number%d", i), Emails: []client.Email{{Address: to}}, Source: "Bench web",
				Consents: []client.NewConsent{{Channel: "email", Basis: "express", Method: "form"}},
			})
			errs <- err
		})
	}
	group.Wait()
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	if err != nil {
		return nil, 0, err
	}
	return a.wait(ctx, "lead-"+name+"-", n)
}

// arriveWithin is how long the last emails may take.
const arriveWithin = 30 * time.Second

func (a *arrivals) wait(ctx context.Context, prefix string, n int) ([]time.Duration, int, error) {
	end := time.Now().Add(arriveWithin)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		var took []time.Duration
		a.mu.Lock()
		for to, d := range a.took {
			if strings.HasPrefix(to, prefix) {
				took = append(took, d)
			}
		}
		a.mu.Unlock()
		if len(took) >= n || time.Now().After(end) {
			return took, n - len(took), nil
		}
		select {
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-tick.C:
		}
	}
}
