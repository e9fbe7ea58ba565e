package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"time"

	"tactus/client"
	"tactus/internal/app/serve"
	"tactus/internal/fault"
)

// child is a real server in a process of its own.
type child struct {
	cmd    *exec.Cmd
	url    string
	client *client.Client
	log    *bytes.Buffer
	ended  chan struct{}
	took   time.Duration // from its start to its first answer
}

// child starts `tactus serve` on a database and waits for its first 200.
func (s *session) child(ctx context.Context, address string, args ...string) (*child, error) {
	if s.Command == nil {
		return nil, fault.New(fault.Internal, "this bench needs the program itself to start")
	}
	listen, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	args = append([]string{
		"serve", "--db", address, "--listen", listen, "--state-dir", s.temp, "--secret", "of the bench", "--log-level", "warn",
		"--workers", strconv.Itoa(s.Workers),
	}, args...)
	cmd, err := s.Command(args...)
	if err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, url: "http://" + listen, log: &bytes.Buffer{}, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = c.log, c.log
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "start the server")
	}
	go func() { _ = cmd.Wait(); close(c.ended) }() // how it ended is in its log
	if err := c.ready(ctx); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	c.took = time.Since(start)
	local, err := serve.ReadLocal(beside(s.temp))
	if err == nil {
		c.client, err = c.connect(local.Key)
	}
	if err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return c, nil
}

// connect makes a client that keeps its connections.
func (c *child) connect(key string) (*client.Client, error) {
	return client.New(c.url, key, client.Options{HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}})
}

// keys makes so many, of a scope.
func (c *child) keys(ctx context.Context, count int, scope string) ([]string, error) {
	out := make([]string, count)
	for i := range out {
		key, err := c.client.CreateKey(ctx, client.NewKey{Name: fmt.Sprintf("bench %d", i), Scopes: []string{scope}})
		if err != nil {
			return nil, err
		}
		out[i] = key.Secret
	}
	return out, nil
}

// startWithin bounds the wait for a server.
const startWithin = 2 * time.Minute

// probe asks whether the server is there.
var probe = &http.Client{Timeout: 10 * time.Second}

func (c *child) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/healthz", http.NoBody)
		if err != nil {
			return err
		}
		if answer, err := probe.Do(req); err == nil {
			_ = answer.Body.Close() // nothing of it is read
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fault.Wrap(fault.Unavailable, ctx.Err(), "the server does not answer")
		case <-c.ended:
			return fault.New(fault.Internal, "the server did not start: %s", c.log)
		case <-tick.C:
		}
	}
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// stop ends the server as a person would, or by force where that is not possible.
func (c *child) stop() error {
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		_ = c.cmd.Process.Kill() // it has ended
	}
	select {
	case <-c.ended:
	case <-time.After(30 * time.Second):
		_ = c.cmd.Process.Kill() // it is told no more
		<-c.ended
		return fault.New(fault.Internal, "the server did not end by itself: %s", c.log)
	}
	return nil
}

// freePort is an address that nobody listens on.
func freePort(ctx context.Context) (string, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}
