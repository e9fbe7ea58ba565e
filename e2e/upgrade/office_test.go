package upgrade_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tactus/client"
	"tactus/e2e/process"
	"tactus/internal/channel/smtptest"
)

// office is an installation of two nodes under load, with a mail server that counts.
type office struct {
	*testing.T
	mail   *smtptest.Server
	nodes  []*node
	front  *balancer
	client *client.Client
	leads  atomic.Int64
	halt   chan struct{}
	load   sync.WaitGroup
}

// connections is how many messages one node hands over at once.
const connections = 4

// texts is how many emails every lead gets, in this order.
const texts = 2

const lead = `tactus: 1
plan: Lead
source: Zillow
steps:
  - {name: One, action: send_email, when: immediately, subject: "1 {{ contact.id }}", body: One.}
  - {name: Tag, action: add_tags, when: immediately, tags: [Seen]}
  - {name: Two, action: send_email, when: immediately, subject: "2 {{ contact.id }}", body: Two.}
`

// newOffice starts n nodes of this program as it is.
func newOffice(t *testing.T, url string, n int) *office {
	t.Helper()
	o := &office{T: t, mail: smtptest.Start(t, smtptest.Options{Keep: smtptest.All}), halt: make(chan struct{})}
	for range n {
		o.nodes = append(o.nodes, newNode(t, url, fmt.Sprintf("smtp+plain://%s?connections=%d", o.mail.Addr, connections)))
	}
	o.front = &balancer{nodes: o.nodes}
	for _, n := range o.nodes {
		n.start("")
	}
	local, err := process.Local(o.nodes[0].dir)
	if err != nil {
		t.Fatal(err)
	}
	if o.client, err = client.New("http://office", local.Key, client.Options{HTTP: &http.Client{Transport: o.front}}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.client.ApplyPlans(t.Context(), client.ApplyPlans{Files: []client.PlanFile{{Name: "lead.yaml", Content: lead}}}); err != nil {
		t.Fatal(err)
	}
	return o
}

// begin posts leads and reads lists until finish.
func (o *office) begin() {
	for range 2 {
		o.load.Go(func() {
			for {
				select {
				case <-o.halt:
					return
				default:
				}
				i := o.leads.Add(1) - 1
				if _, err := o.client.CreateContact(o.Context(), client.NewContact{
					FirstName: "Lead", Emails: []client.Email{{Address: address(i)}}, Source: "Zillow",
					Consents: []client.NewConsent{{Channel: "email", Basis: "express", Method: "form"}},
				}); err != nil {
					o.Errorf("lead %d: %v", i, err)
				}
				if _, err := o.client.Messages(o.Context(), client.MessageFilter{}, client.PageOptions{Limit: 5}); err != nil {
					o.Errorf("reading: %v", err)
				}
			}
		})
	}
}

// more waits until so many leads more have come.
func (o *office) more(n int64) {
	o.Helper()
	for until := o.leads.Load() + n; o.leads.Load() < until; {
		o.pause()
	}
}

func (o *office) pause() {
	o.Helper()
	tick := time.NewTimer(20 * time.Millisecond)
	select {
	case <-tick.C:
	case <-o.Context().Done():
		o.Fatal("the test ended")
	}
}

// finish ends the load, waits until all runs have ended, and holds what the mail server took against it: every text once, in order, but
// for what was in flight when nodes were killed.
func (o *office) finish(kills int) {
	o.Helper()
	close(o.halt)
	o.load.Wait()
	leads := int(o.leads.Load())
	o.settled(leads)
	for _, b := range o.front.bad {
		o.Errorf("a client would have seen: %s", b)
	}
	doubt := o.doubt()
	if len(doubt) > kills*connections {
		o.Errorf("%d in doubt after %d kills", len(doubt), kills)
	}
	taken, last := map[string]int{}, map[string]string{}
	for _, m := range o.mail.Messages() {
		_, rest, _ := strings.Cut(string(m.Raw), "\nSubject: ")
		to, which := m.To[0], rest[:1]
		if taken[to+which]++; taken[to+which] > 1 {
			o.Errorf("%s got %s twice", to, which)
		}
		if which < last[to] {
			o.Errorf("%s got %s after %s", to, which, last[to])
		}
		last[to] = which
	}
	for i := range int64(leads) {
		for n := 1; n <= texts; n++ {
			if key := fmt.Sprintf("%s%d", address(i), n); taken[key] == 0 && !doubt[key] {
				o.Errorf("lost: %s", key)
			}
		}
	}
	o.Logf("%d leads, %d in doubt", leads, len(doubt))
}

func (o *office) settled(leads int) {
	o.Helper()
	ctx, cancel := context.WithTimeout(o.Context(), 2*time.Minute)
	defer cancel()
	for {
		plans, err := o.client.Plans(ctx, client.PlanFilter{}, client.PageOptions{})
		if err != nil {
			o.Fatal(err)
		}
		if plans.Items[0].Counts.Completed == leads {
			return
		}
		o.pause()
	}
}

func (o *office) doubt() map[string]bool {
	o.Helper()
	out := map[string]bool{}
	got, err := o.client.Messages(o.Context(), client.MessageFilter{Status: []string{"uncertain"}}, client.PageOptions{Limit: 100})
	if err != nil {
		o.Fatal(err)
	}
	for _, m := range got.Items {
		out[m.Address+m.Subject[:1]] = true
		o.Logf("in doubt: message %s to %s: %s", m.ID, m.Address, m.Answer)
	}
	return out
}

func address(i int64) string { return fmt.Sprintf("lead%d@example.com", i) }
