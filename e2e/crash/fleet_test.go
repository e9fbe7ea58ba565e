package crash_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/client"
	"tactus/e2e/process"
	"tactus/internal/clock"
)

// What a server process is told through its environment: to be the tactus command, and which clock to run on.
const (
	asServer = "TACTUS_CRASH_AS_SERVER"
	atEpoch  = "TACTUS_CRASH_EPOCH" // milliseconds since 1970
	atSpeed  = "TACTUS_CRASH_RUNS_AT"
)

// warp is a clock that all processes of a campaign share: from an epoch on, time runs so many times as fast, so that retries of minutes
// and waits of an hour take seconds. Leases, sockets and kills live in real time (DEC-13).
type warp struct {
	epoch time.Time
	speed float64
}

func (w warp) to(t time.Time) time.Time {
	return w.epoch.Add(time.Duration(float64(t.Sub(w.epoch)) * w.speed))
}

func (w warp) from(t time.Time) time.Time {
	return w.epoch.Add(time.Duration(float64(t.Sub(w.epoch)) / w.speed))
}

func (w warp) clock() clock.Clock { return clock.NewFast(w.to(process.Now()), w.speed) }

func (w warp) env() []string {
	return []string{asServer + "=1", fmt.Sprintf("%s=%d", atEpoch, w.epoch.UnixMilli()), fmt.Sprintf("%s=%g", atSpeed, w.speed)}
}

func warpOf(env func(string) string) (warp, error) {
	epoch, err := strconv.ParseInt(env(atEpoch), 10, 64)
	if err != nil {
		return warp{}, err
	}
	speed, err := strconv.ParseFloat(env(atSpeed), 64)
	return warp{time.UnixMilli(epoch).UTC(), speed}, err
}

// fleet is one or more server processes on one database.
type fleet struct {
	url, smtp string
	timeout   time.Duration // the servers' --send-timeout
	warp      warp
	nodes     []*node
	client    *client.Client // to whichever node is up, with a key that all know
}

// node is one server's place: its state folder and the process that runs there now.
type node struct {
	fleet *fleet
	dir   string

	back chan struct{} // closed when it is started again after a kill; nil before the first

	mu     sync.Mutex
	proc   *process.Process
	ended  chan struct{}
	base   string // where it serves; "" = it is not up
	doomed bool   // it is to die: its end is no fault
	err    error  // it ended by itself
}

// lease is how long a server keeps a message that it hands over.
func (f *fleet) lease() time.Duration { return f.timeout + f.timeout/5 }

func newFleet(t *testing.T, url, smtp string, timeout time.Duration, nodes int) *fleet {
	f := &fleet{url: url, smtp: smtp, timeout: timeout, warp: warp{process.Now(), speed}}
	for range nodes {
		f.nodes = append(f.nodes, &node{fleet: f, dir: t.TempDir()})
	}
	t.Cleanup(func() {
		for _, n := range f.nodes {
			n.kill()
		}
	})
	return f
}

// start runs a server; up tells when it serves.
func (n *node) start() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	p, err := process.Start(n.dir, true, n.fleet.warp.env(), "serve", "--db", n.fleet.url, "--listen", "127.0.0.1:0", "--smtp", n.fleet.smtp, "--state-dir", n.dir,
		"--send-timeout", n.fleet.timeout.String(), "--secret", "the fleet's", "--log-level", "warn")
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	n.proc, n.ended, n.doomed = p, ended, false
	go func() {
		<-p.Ended
		n.mu.Lock()
		defer n.mu.Unlock()
		if !n.doomed {
			n.err = fmt.Errorf("the server ended by itself: %w\n%s", p.Err(), process.Log(n.dir))
		}
		n.base = ""
		close(ended)
	}()
	go n.watch(ended)
	return nil
}

// watch notices that the process serves.
func (n *node) watch(ended <-chan struct{}) {
	for {
		if local, ok := process.Serves(n.dir); ok {
			n.mu.Lock()
			defer n.mu.Unlock()
			select {
			case <-ended: // that was its last word
			default:
				n.base = local.URL
			}
			return
		}
		if clk := (clock.Real{}); clk.Wait(context.Background(), clk.Now().Add(10*time.Millisecond), ended) == nil {
			select {
			case <-ended:
				return
			default:
			}
		}
	}
}

// kill ends the process at once, as a power cut would, and reports whether it had come as far as sending mail: it says where it serves
// before it begins to work.
func (n *node) kill() (served bool) {
	n.mu.Lock()
	if n.proc == nil {
		n.mu.Unlock()
		return false
	}
	n.doomed = true
	_ = n.proc.Kill() // it may have ended
	ended := n.ended
	n.mu.Unlock()
	<-ended
	return process.Said(n.dir)
}

// logged are the lines that the node's processes have logged.
func (n *node) logged() []string {
	return slices.DeleteFunc(strings.Split(process.Log(n.dir), "\n"), func(l string) bool { return !strings.Contains(l, "level=") })
}

// failed is why the process ended by itself, or nil.
func (n *node) failed() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.err
}

// up waits until the node serves.
func (n *node) up(ctx context.Context) error {
	for {
		n.mu.Lock()
		base, err := n.base, n.err
		n.mu.Unlock()
		if base != "" || err != nil {
			return err
		}
		if err := process.Pause(ctx, 10*time.Millisecond); err != nil {
			return fmt.Errorf("the server in %s does not come up: %w", n.dir, err)
		}
	}
}

// RoundTrip implements http.RoundTripper: it sends a request to a node that is up, as a load balancer would.
func (f *fleet) RoundTrip(r *http.Request) (*http.Response, error) {
	var bases []string
	for _, n := range f.nodes {
		n.mu.Lock()
		if n.base != "" {
			bases = append(bases, n.base)
		}
		n.mu.Unlock()
	}
	return process.Balance(http.DefaultTransport, bases, r)
}

// connect makes the client. What a node does not answer is sent again, with the same Idempotency-Key, to whichever is up.
func (f *fleet) connect(ctx context.Context) error {
	local, err := process.Local(f.nodes[0].dir)
	if err != nil {
		return err
	}
	opt := process.Patient(f)
	first, err := client.New("http://fleet", local.Key, opt)
	if err != nil {
		return err
	}
	key, err := first.CreateKey(ctx, client.NewKey{Name: "campaign", Scopes: []string{"admin"}})
	if err != nil {
		return err
	}
	f.client, err = client.New("http://fleet", key.Secret, opt)
	return err
}
