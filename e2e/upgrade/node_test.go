package upgrade_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tactus/e2e/process"
)

// node is one server's place: its process, of one version or another.
type node struct {
	t    *testing.T
	url  string // of the database
	smtp string
	dir  string
	proc *process.Process
	base atomic.Pointer[string] // where it answers; nil = not at all
}

func newNode(t *testing.T, url, smtp string) *node {
	t.Helper()
	n := &node{t: t, url: url, smtp: smtp, dir: t.TempDir()}
	t.Cleanup(func() {
		if n.proc != nil {
			n.kill()
		}
	})
	return n
}

// begin starts a process of the version whose migrations lie in a folder; "" = this program as it is.
func (n *node) begin(version string) {
	n.t.Helper()
	var err error
	n.proc, err = process.Start(n.dir, false, []string{
		asServer + "=1", later + "=" + version, "TACTUS_DB=" + n.url, "TACTUS_LISTEN=127.0.0.1:0",
		"TACTUS_STATE_DIR=" + n.dir, "TACTUS_SMTP=" + n.smtp, "TACTUS_SECRET=of all nodes", "TACTUS_SEND_TIMEOUT=5s",
	})
	if err != nil {
		n.t.Fatal(err)
	}
}

// start starts a process and waits until it serves.
func (n *node) start(version string) {
	n.t.Helper()
	n.begin(version)
	n.wait("it serves", func() bool {
		local, ok := process.Serves(n.dir)
		if ok {
			n.base.Store(&local.URL)
		}
		return ok
	})
}

// said says whether a text is in the log of the process.
func (n *node) said(text string) bool {
	return strings.Contains(process.Log(n.dir), text)
}

// wait waits for what a living process comes to.
func (n *node) wait(what string, ok func() bool) {
	n.t.Helper()
	for range 3000 {
		if ok() {
			return
		}
		tick := time.NewTimer(20 * time.Millisecond)
		select {
		case <-tick.C:
		case <-n.proc.Ended:
			n.t.Fatalf("waiting until %s; it ended: %s", what, process.Log(n.dir))
		}
	}
	n.t.Fatalf("it did not come to this: %s: %s", what, process.Log(n.dir))
}

// exit waits for the end of the process and returns its code.
func (n *node) exit() int {
	n.t.Helper()
	select {
	case <-n.proc.Ended:
	case <-n.t.Context().Done():
		n.t.Fatal("it does not end")
	}
	n.base.Store(nil)
	code := n.proc.Code()
	n.proc = nil
	return code
}

// stop ends it in good order.
func (n *node) stop() {
	n.t.Helper()
	if err := n.proc.Signal(syscall.SIGTERM); err != nil {
		n.t.Error(err)
	}
	if code := n.exit(); code != 0 {
		n.t.Errorf("exit code %d", code)
	}
}

// kill ends it as a power cut would.
func (n *node) kill() {
	_ = n.proc.Kill() // it may have ended
	<-n.proc.Ended
	n.base.Store(nil)
	n.proc = nil
}

// balancer is what stands in front of the nodes: it hands a request to one after the other, as long as they do not answer.
type balancer struct {
	nodes []*node
	turn  atomic.Int64
	mu    sync.Mutex
	bad   []string // answers that no client should see
}

// RoundTrip implements http.RoundTripper.
func (b *balancer) RoundTrip(req *http.Request) (*http.Response, error) {
	var last error
	for range 600 {
		n := b.nodes[int(b.turn.Add(1))%len(b.nodes)]
		base := n.base.Load()
		if base != nil {
			resp, err := b.try(req, *base)
			if err == nil {
				return resp, nil
			}
			last = err
		}
		tick := time.NewTimer(20 * time.Millisecond)
		select {
		case <-tick.C:
		case <-req.Context().Done():
			tick.Stop()
			return nil, errors.Join(last, req.Context().Err())
		}
	}
	return nil, fmt.Errorf("no node answers: %w", last)
}

func (b *balancer) try(req *http.Request, base string) (*http.Response, error) {
	r := req.Clone(req.Context())
	r.URL.Host = strings.TrimPrefix(base, "http://")
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		r.Body = body
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && resp.StatusCode >= 500 {
		_ = resp.Body.Close() // it is tried elsewhere
		if resp.StatusCode != http.StatusServiceUnavailable {
			b.mu.Lock()
			b.bad = append(b.bad, req.Method+" "+req.URL.Path+": "+resp.Status)
			b.mu.Unlock()
		}
		err = errors.New(resp.Status)
	}
	return resp, err
}
