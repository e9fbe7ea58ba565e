package fault_test

import (
	"context"
	"net/http"
	"syscall"
	"testing"
	"time"

	"tactus/client"
	started "tactus/e2e/process"
	"tactus/internal/app/serve"
)

// process is a server in a process of its own.
type process struct {
	testing.TB
	*client.Client
	proc *started.Process
	url  string
	dir  string
}

// launch starts a server and ends it with the test.
func launch(t testing.TB, db, smtp string, more ...string) *process {
	t.Helper()
	p := &process{TB: t, dir: t.TempDir()}
	args := append([]string{
		"serve", "--db", db, "--listen", "127.0.0.1:0", "--smtp", smtp, "--state-dir", p.dir, "--secret", "the test's",
	}, more...)
	var err error
	if p.proc, err = started.Start(p.dir, false, []string{asServer + "=1"}, args...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.proc.Kill() // it may have ended
		<-p.proc.Ended
		if t.Failed() {
			text := started.Log(p.dir)
			t.Logf("the log:\n%s", text[max(0, len(text)-4000):])
		}
	})
	until(t, func() string { return "the server answers" }, func() bool {
		local, err := started.Local(p.dir)
		if err != nil {
			return false
		}
		p.url = local.URL
		if p.Client, err = client.New(local.URL, local.Key, client.Options{Tries: 1}); err != nil {
			return false
		}
		return p.healthy() == http.StatusOK
	})
	return p
}

func (p *process) signal(s syscall.Signal) {
	p.Helper()
	if err := p.proc.Signal(s); err != nil {
		p.Error(err)
	}
}

// healthy is the status of /health; 0 without an answer.
func (p *process) healthy() int {
	ctx, cancel := context.WithTimeout(p.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/health", nil)
	if err != nil {
		return 0
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close() // only the status counts
	return resp.StatusCode
}

// completed is how many have come to the end of the one plan.
func completed(t testing.TB, c *client.Client) int {
	t.Helper()
	page := ok[client.Page[client.PlanLine]](t)(c.Plans(t.Context(), client.PlanFilter{}, client.PageOptions{}))
	return page.Items[0].Counts.Completed
}

// count is how many messages have a status.
func count(t testing.TB, c *client.Client, status string) int {
	t.Helper()
	n := 0
	for page := (client.PageOptions{Limit: 100}); ; {
		got := ok[client.Page[client.Message]](t)(c.Messages(t.Context(), client.MessageFilter{Status: []string{status}}, page))
		n += len(got.Items)
		if page.Cursor = got.Next; page.Cursor == "" {
			return n
		}
	}
}

// key is the server's own key.
func (p *process) key() string {
	p.Helper()
	return ok[serve.Local](p)(started.Local(p.dir)).Key
}
