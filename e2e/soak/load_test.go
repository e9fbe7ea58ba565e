package soak_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tactus/client"
	"tactus/e2e/process"
)

// lead is the plan under load.
var lead = client.PlanFile{Name: "lead.yaml", Content: `tactus: 1
plan: Lead
source: Zillow
steps:
  - {name: One, action: send_email, when: immediately, subject: "Hello {{ contact.first_name }}", body: One.}
  - {name: Tag, action: add_tags, when: immediately, tags: [Seen]}
  - {name: Two, action: send_email, when: 1 minute after start, subject: Two, body: Two.}
  - {name: Note, action: add_note, when: immediately, text: Noted}
  - {name: Three, action: send_email, when: 2 minutes after previous, subject: Three, body: Three.}
  - {name: Last, action: add_note, when: 1 minute after previous, text: The last}
`}

// texts is how many emails every lead gets; rows is how many steps its run leaves in the history.
const texts, rows = 3, 6

// hands is how many requests are under way at once, at most.
const hands = 16

// patience is how long one request may take, kills included, and how long a rest.
const patience = 2 * time.Minute

// load is a steady stream of leads.
type load struct {
	fleet *fleet
	rate  int // a second, at most
	next  atomic.Int64
	spent time.Duration // under load
}

// setUp makes the plan, lifts what would spread emails over hours, and asks for a month of history.
func (l *load) setUp(ctx context.Context) error {
	_, err := l.fleet.client.UpdateSettings(ctx, "", client.SettingsPatch{
		MessageGap: client.Ptr(0), MaxStarts: client.Ptr(1000), Postal: client.Ptr("1 Main St, Denver"), Sender: client.Ptr("ann@agency.example"),
		KeepHistory: client.Ptr(1), KeepContent: client.Ptr(1),
	})
	if err != nil {
		return err
	}
	_, err = l.fleet.client.ApplyPlans(ctx, client.ApplyPlans{Files: []client.PlanFile{lead}})
	return err
}

func address(n int) string { return fmt.Sprintf("lead%d@example.com", n) }

// count is how many leads there are.
func (l *load) count() int { return int(l.next.Load()) }

// pace is how many a second came while there was load.
func (l *load) pace() float64 {
	return float64(int(float64(l.count())/l.spent.Seconds()*10)) / 10
}

// run posts leads for d, or until ctx is done. What has begun is brought to its end.
func (l *load) run(ctx context.Context, d time.Duration) error {
	begun := process.Now()
	defer func() { l.spent += process.Now().Sub(begun) }()
	ctx, stop := context.WithDeadline(ctx, begun.Add(d))
	defer stop()
	var turn atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, hands)
	for range hands {
		wg.Go(func() {
			for {
				due := begun.Add(time.Duration(turn.Add(1)) * time.Second / time.Duration(l.rate))
				if process.Pause(ctx, due.Sub(process.Now())) != nil || ctx.Err() != nil {
					return
				}
				if err := l.post(ctx, int(l.next.Add(1)-1)); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func (l *load) post(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	got, err := l.fleet.client.CreateContact(ctx, client.NewContact{
		FirstName: fmt.Sprintf("Lead %d", n), Emails: []client.Email{{Address: address(n)}}, Source: "Zillow",
		Consents: []client.NewConsent{{Channel: "email", Basis: "express", Method: "form"}},
	})
	if err == nil && !got.Created {
		err = fmt.Errorf("contact %s was there before", got.Contact.ID)
	}
	if err != nil {
		return fmt.Errorf("lead %d: %w", n, err)
	}
	return nil
}

// settle waits until everything has come to its end.
func (l *load) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience+l.spent) // a busy machine has a backlog
	defer cancel()
	for {
		quiet, err := l.quiet(ctx)
		if err != nil || quiet {
			return err
		}
		if err := process.Pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// quiet: all leads are through the plan, and nothing is under way.
func (l *load) quiet(ctx context.Context) (bool, error) {
	list, err := l.fleet.client.Plans(ctx, client.PlanFilter{}, client.PageOptions{})
	if err != nil || len(list.Items) != 1 || list.Items[0].Counts != (client.Counts{Completed: l.count()}) {
		return false, err
	}
	ops, err := l.fleet.client.Operations(ctx, "", true, client.PageOptions{Limit: 1})
	if err != nil || len(ops.Items) > 0 {
		return false, err
	}
	under, err := l.fleet.client.Messages(ctx, client.MessageFilter{Status: []string{"ready", "handing", "waiting"}}, client.PageOptions{Limit: 1})
	return len(under.Items) == 0, err
}

// restless says what keeps it from its rest.
func (l *load) restless(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := l.fleet.client
	var out strings.Builder
	ops, _ := c.Operations(ctx, "", true, client.PageOptions{Limit: 3})
	list, _ := c.Plans(ctx, client.PlanFilter{}, client.PageOptions{})
	fmt.Fprintf(&out, "%d leads; operations: %+v\n", l.count(), ops.Items)
	for _, p := range list.Items {
		live, _ := c.Enrollments(ctx, p.ID, client.PageOptions{Limit: 3}, "active", "paused")
		fmt.Fprintf(&out, "%s %+v: %+v\n", p.Name, p.Counts, live.Items)
	}
	under, _ := c.Messages(ctx, client.MessageFilter{Status: []string{"ready", "handing", "waiting"}}, client.PageOptions{Limit: 5})
	for _, m := range under.Items {
		fmt.Fprintf(&out, "%+v\n", m)
	}
	return out.String()
}
