package restore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/app/serve"
)

// fleet is one or more server processes on one database; one that is killed starts again.
type fleet struct {
	url, smtp string
	nodes     []*node
}

type node struct {
	mu    sync.Mutex
	dir   string
	cmd   *exec.Cmd
	ended chan struct{}
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
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "serve", "--db", f.url, "--listen", "127.0.0.1:0", "--smtp", f.smtp, "--state-dir", n.dir, "--send-timeout", "5s", "--secret", "the fleet's", "--log-level", "warn")
	cmd.Env = append(os.Environ(), asServer+"=1")
	log, err := os.OpenFile(filepath.Join(n.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	_ = os.Remove(filepath.Join(n.dir, "tactus.server")) // there is none at first
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); _ = log.Close(); close(ended) }() // it is killed
	n.cmd, n.ended = cmd, ended
	for range 3000 {
		if local, err := serve.ReadLocal(filepath.Join(n.dir, "tactus.server")); err == nil && healthy(local.URL) {
			return nil
		}
		tick := time.NewTimer(20 * time.Millisecond)
		select {
		case <-tick.C:
		case <-ended:
			text, _ := os.ReadFile(filepath.Join(n.dir, "log")) // for the message only
			return fmt.Errorf("the server did not start: %s", text)
		}
	}
	return errors.New("the server does not answer")
}

func healthy(url string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // only the status counts
	return resp.StatusCode == http.StatusOK
}

// end kills a server for good.
func (n *node) end() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd != nil {
		_ = n.cmd.Process.Kill() // it may have ended
		<-n.ended
	}
}

// client talks to one of the servers.
func (f *fleet) client(i int) (*client.Client, error) {
	local, err := serve.ReadLocal(filepath.Join(f.nodes[i%len(f.nodes)].dir, "tactus.server"))
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
