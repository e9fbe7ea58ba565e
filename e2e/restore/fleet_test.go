package restore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"tactus/client"
	"tactus/e2e/process"
)

// fleet is one or more server processes on one database; one that is killed starts again.
type fleet struct {
	url, smtp string
	nodes     []*node
}

type node struct {
	mu   sync.Mutex
	dir  string
	proc *process.Process
}

func newFleet(t *testing.T, url, smtp string, nodes int) *fleet {
	f := &fleet{url: url, smtp: smtp}
	for range nodes {
		n := &node{dir: t.TempDir()}
		f.nodes = append(f.nodes, n)
		if err := f.start(n); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, n := range f.nodes {
			n.end()
		}
	})
	return f
}

// start runs a server and waits until it answers.
func (f *fleet) start(n *node) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	p, err := process.Start(n.dir, true, []string{asServer + "=1"},
		"serve", "--db", f.url, "--listen", "127.0.0.1:0", "--smtp", f.smtp, "--state-dir", n.dir, "--send-timeout", "5s", "--secret", "the fleet's", "--log-level", "warn")
	if err != nil {
		return err
	}
	n.proc = p
	for range 3000 {
		if _, ok := process.Serves(n.dir); ok {
			return nil
		}
		tick := time.NewTimer(20 * time.Millisecond)
		select {
		case <-tick.C:
		case <-p.Ended:
			return fmt.Errorf("the server did not start: %s", process.Log(n.dir))
		}
	}
	return errors.New("the server does not answer")
}

// end kills a server for good.
func (n *node) end() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.proc != nil {
		_ = n.proc.Kill() // it may have ended
		<-n.proc.Ended
	}
}

// client talks to one of the servers.
func (f *fleet) client(i int) (*client.Client, error) {
	local, err := process.Local(f.nodes[i%len(f.nodes)].dir)
	if err != nil {
		return nil, err
	}
	return client.New(local.URL, local.Key, client.Options{Tries: 3})
}

func (f *fleet) apply(t *testing.T, file string) {
	t.Helper()
	c, err := f.client(0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ApplyPlans(t.Context(), client.ApplyPlans{Files: []client.PlanFile{{Name: "lead.yaml", Content: file}}}); err != nil {
		t.Fatal(err)
	}
}

// load posts leads from the first number on, over all servers, and returns how many were taken.
func (f *fleet) load(ctx context.Context, t *testing.T, first, n int) int {
	t.Helper()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := first + w; i < first+n; i += 4 {
				if err := f.post(ctx, i); err != nil {
					t.Errorf("lead %d: %v", i, err)
				}
			}
		}()
	}
	wg.Wait()
	return n
}

func (f *fleet) post(ctx context.Context, i int) error {
	c, err := f.client(i)
	if err != nil {
		return err
	}
	_, err = c.CreateContact(ctx, client.NewContact{
		FirstName: fmt.Sprintf("Lead %d", i), Emails: []client.Email{{Address: address(i)}}, Source: "Zillow",
		Consents: []client.NewConsent{{Channel: "email", Basis: "express", Method: "form"}},
	})
	return err
}

// settled waits until every run has ended: nothing is ready, being handed over or waiting any more.
func (f *fleet) settled(ctx context.Context, t *testing.T, leads int) {
	t.Helper()
	for {
		c, err := f.client(0)
		if err != nil {
			t.Fatal(err)
		}
		plans, err := c.Plans(ctx, client.PlanFilter{}, client.PageOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if plans.Items[0].Counts.Completed == leads {
			return
		}
		tick := time.NewTimer(100 * time.Millisecond)
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not settled: %+v of %d leads", plans.Items[0].Counts, leads)
		}
	}
}

func (f *fleet) messages(ctx context.Context, t *testing.T, status string) []client.Message {
	t.Helper()
	c, err := f.client(0)
	if err != nil {
		t.Fatal(err)
	}
	var out []client.Message
	for page := (client.PageOptions{Limit: 100}); ; {
		got, err := c.Messages(ctx, client.MessageFilter{Status: []string{status}}, page)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, got.Items...)
		if page.Cursor = got.Next; page.Cursor == "" {
			return out
		}
	}
}
