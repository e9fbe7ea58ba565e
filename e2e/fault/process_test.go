package fault_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/app/serve"
)

// process is a server in a process of its own.
type process struct {
	testing.TB
	*client.Client
	cmd *exec.Cmd
	url string
	dir string
}

// launch starts a server and ends it with the test.
func launch(t testing.TB, db, smtp string, more ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{TB: t, dir: t.TempDir()}
	args := append([]string{
		"serve", "--db", db, "--listen", "127.0.0.1:0", "--smtp", smtp, "--state-dir", p.dir, "--secret", "the test's",
	}, more...)
	p.cmd = exec.Command(self, args...)
	p.cmd.Env = append(os.Environ(), asServer+"=1")
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.signal(syscall.SIGKILL)
		_ = p.cmd.Wait() // it was killed
		_ = log.Close()  // nobody writes there any more
		if t.Failed() {
			text, _ := os.ReadFile(log.Name()) // for people
			t.Logf("the log:\n%s", text[max(0, len(text)-4000):])
		}
	})
	until(t, func() string { return "the server answers" }, func() bool {
		local, err := serve.ReadLocal(filepath.Join(p.dir, "tactus.server"))
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
	if err := p.cmd.Process.Signal(s); err != nil {
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
	return ok[serve.Local](p)(serve.ReadLocal(filepath.Join(p.dir, "tactus.server"))).Key
}
