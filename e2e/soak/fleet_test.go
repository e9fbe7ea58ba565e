package soak_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"tactus/client"
	"tactus/e2e/process"
	"tactus/internal/clock"
)

// What a server process is told through its environment: to be the tactus command, with its folder, and which clock to run on.
const (
	asServer = "TACTUS_SOAK_AS_SERVER"
	atBegin  = "TACTUS_SOAK_BEGUN" // milliseconds since 1970
	atAhead  = "TACTUS_SOAK_AHEAD"
)

// speed is how many times as fast as real time the servers' clock runs: a minute is a quarter of a second.
const speed = 240

// warp is a clock that all processes share: it runs faster from its beginning on, and is some time ahead.
type warp struct {
	begun time.Time
	ahead time.Duration
}

func (w warp) now() time.Time {
	t := process.Now()
	return w.begun.Add(speed * t.Sub(w.begun)).Add(w.ahead)
}

func (w warp) clock() clock.Clock { return clock.NewFast(w.now(), speed) }

func (w warp) env(dir string) []string {
	return []string{asServer + "=" + dir, fmt.Sprintf("%s=%d", atBegin, w.begun.UnixMilli()), atAhead + "=" + w.ahead.String()}
}

func warpOf(env func(string) string) (warp, error) {
	begun, err := strconv.ParseInt(env(atBegin), 10, 64)
	if err != nil {
		return warp{}, err
	}
	ahead, err := time.ParseDuration(env(atAhead))
	return warp{time.UnixMilli(begun).UTC(), ahead}, err
}

// fleet is one or more server processes on one database.
type fleet struct {
	url, smtp string
	timeout   time.Duration // the servers' --send-timeout
	warp      warp
	nodes     []*node
	pipe      *http.Transport
	client    *client.Client // to whichever node is up, with a key that all know
}

func newFleet(t *testing.T, url, smtp string, timeout time.Duration, nodes int) *fleet {
	f := &fleet{url: url, smtp: smtp, timeout: timeout, warp: warp{begun: process.Now()}, pipe: &http.Transport{MaxIdleConnsPerHost: hands}}
	for range nodes {
		f.nodes = append(f.nodes, &node{fleet: f, dir: t.TempDir()})
	}
	t.Cleanup(func() {
		for _, n := range f.nodes {
			_ = n.end(context.Background(), true) // the test has ended
		}
	})
	return f
}

// begin starts all nodes and makes the client. What a node does not answer is sent again, with the same Idempotency-Key, to whichever is up.
func (f *fleet) begin(ctx context.Context) error {
	for _, n := range f.nodes {
		if err := n.start(ctx); err != nil {
			return err
		}
	}
	local, err := process.Local(f.nodes[0].dir)
	if err != nil {
		return err
	}
	// The first node's own key: the others have theirs.
	first, err := client.New(local.URL, local.Key, client.Options{})
	if err != nil {
		return err
	}
	key, err := first.CreateKey(ctx, client.NewKey{Name: "soak", Scopes: []string{"admin"}})
	if err != nil {
		return err
	}
	f.client, err = client.New("http://fleet", key.Secret, process.Patient(f))
	return err
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
	return process.Balance(f.pipe, bases, r)
}

// roll ends one node after the other, each some time after the one before, and starts it again.
func (f *fleet) roll(ctx context.Context, gap time.Duration, kill bool) error {
	for _, n := range f.nodes {
		if err := process.Pause(ctx, gap); err != nil {
			return err
		}
		if err := n.end(ctx, kill); err != nil {
			return err
		}
		if err := n.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sleep stops all nodes and starts them again much later.
func (f *fleet) sleep(ctx context.Context, d time.Duration) error {
	for _, n := range f.nodes {
		if err := n.end(ctx, false); err != nil {
			return err
		}
	}
	f.warp.ahead += d
	for _, n := range f.nodes {
		if err := n.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// told is the end of what the nodes' processes have logged.
func (f *fleet) told() string {
	var out strings.Builder
	for i, n := range f.nodes {
		text := n.log()
		fmt.Fprintf(&out, "node %d said:\n%s\n", i, text[max(0, len(text)-4000):])
	}
	return out.String()
}
