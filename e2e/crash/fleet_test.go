package crash_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/app/serve"
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

func (w warp) clock() clock.Clock { return clock.NewFast(w.to(now()), w.speed) }

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

func now() time.Time { return clock.Real{}.Now() }

// pause waits in real time; it ends early with ctx.
func pause(ctx context.Context, d time.Duration) error {
	return clock.Real{}.Wait(ctx, now().Add(d), nil)
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
	cmd    *exec.Cmd
	ended  chan struct{}
	base   string // where it serves; "" = it is not up
	doomed bool   // it is to die: its end is no fault
	err    error  // it ended by itself
}

// lease is how long a server keeps a message that it hands over.
func (f *fleet) lease() time.Duration { return f.timeout + f.timeout/5 }

func newFleet(t *testing.T, url, smtp string, timeout time.Duration, nodes int) *fleet {
	f := &fleet{url: url, smtp: smtp, timeout: timeout, warp: warp{now(), speed}}
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
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "serve", "--db", n.fleet.url, "--listen", "127.0.0.1:0", "--smtp", n.fleet.smtp, "--state-dir", n.dir,
		"--send-timeout", n.fleet.timeout.String(), "--secret", "the fleet's", "--log-level", "warn")
	cmd.Env = append(os.Environ(), n.fleet.warp.env()...)
	log, err := os.OpenFile(filepath.Join(n.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := os.Remove(n.local()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	n.cmd, n.ended, n.doomed = cmd, ended, false
	go func() {
		err := cmd.Wait()
		_ = log.Close()
		n.mu.Lock()
		defer n.mu.Unlock()
		if !n.doomed {
			text, _ := os.ReadFile(filepath.Join(n.dir, "log")) // for the message only
			n.err = fmt.Errorf("the server ended by itself: %w\n%s", err, text)
		}
		n.base = ""
		close(ended)
	}()
	go n.watch(ended)
	return nil
}

func (n *node) local() string { return filepath.Join(n.dir, "tactus.server") }

// watch notices that the process serves.
func (n *node) watch(ended <-chan struct{}) {
	for {
		if local, err := serve.ReadLocal(n.local()); err == nil && healthy(local.URL) {
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

// kill ends the process at once, as a power cut would, and reports whether it had come as far as sending mail: it says where it serves
// before it begins to work.
func (n *node) kill() (served bool) {
	n.mu.Lock()
	if n.cmd == nil {
		n.mu.Unlock()
		return false
	}
	n.doomed = true
	_ = n.cmd.Process.Kill() // it may have ended
	ended := n.ended
	n.mu.Unlock()
	<-ended
	_, err := os.Stat(n.local())
	return err == nil
}

// logged are the lines that the node's processes have logged.
func (n *node) logged() []string {
	text, err := os.ReadFile(filepath.Join(n.dir, "log"))
	if err != nil {
		return []string{err.Error()}
	}
	return slices.DeleteFunc(strings.Split(string(text), "\n"), func(l string) bool { return !strings.Contains(l, "level=") })
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
		if err := pause(ctx, 10*time.Millisecond); err != nil {
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
	if len(bases) == 0 {
		return nil, errors.New("no server is up")
	}
	base := bases[rand.IntN(len(bases))] // which one answers is no decision of the campaign
	r = r.Clone(r.Context())
	r.URL.Host = base[len("http://"):]
	return http.DefaultTransport.RoundTrip(r)
}

// connect makes the client. What a node does not answer is sent again, with the same Idempotency-Key, to whichever is up.
func (f *fleet) connect(ctx context.Context) error {
	local, err := serve.ReadLocal(f.nodes[0].local())
	if err != nil {
		return err
	}
	opt := client.Options{HTTP: &http.Client{Transport: f}, Tries: 1000, Wait: func(ctx context.Context, d time.Duration) error {
		return pause(ctx, min(d, 100*time.Millisecond))
	}}
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
