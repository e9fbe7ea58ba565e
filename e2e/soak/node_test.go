package soak_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"tactus/e2e/process"
)

// node is one server's place: its state folder and the process that runs there now.
type node struct {
	fleet *fleet
	dir   string

	mu      sync.Mutex
	proc    *process.Process
	base    string // where it serves; "" = it is not up
	figures string // where its figures are
}

// start runs a server and waits until it serves.
func (n *node) start(ctx context.Context) error {
	p, err := process.Start(n.dir, false, n.fleet.warp.env(n.dir), "serve", "--db", n.fleet.url, "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0",
		"--smtp", n.fleet.smtp, "--state-dir", n.dir, "--send-timeout", n.fleet.timeout.String(), "--secret", "the fleet's", "--log-level", "warn")
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.proc = p
	n.mu.Unlock()
	return n.up(ctx)
}

// up waits until the process serves.
func (n *node) up(ctx context.Context) error {
	for {
		local, ok := process.Serves(n.dir)
		_, after, told := strings.Cut(n.log(), "Figures for Prometheus: ")
		if ok && told {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.base = local.URL
			n.figures, _, _ = strings.Cut(after, " ")
			return nil
		}
		select {
		case <-n.proc.Ended:
			return fmt.Errorf("the server ended by itself: %s", n.log())
		default:
		}
		if err := process.Pause(ctx, 10*time.Millisecond); err != nil {
			return fmt.Errorf("the server in %s does not come up: %w", n.dir, err)
		}
	}
}

func (n *node) file(name string) string { return filepath.Join(n.dir, name) }

func (n *node) log() string { return process.Log(n.dir) }

// end ends the process: at once as a power cut would, or in good order.
func (n *node) end(ctx context.Context, kill bool) error {
	n.mu.Lock()
	p := n.proc
	n.base, n.proc = "", nil
	n.mu.Unlock()
	if p == nil {
		return nil
	}
	how := syscall.SIGTERM
	if kill {
		how = syscall.SIGKILL
	}
	if err := p.Signal(how); err != nil {
		return fmt.Errorf("it had ended before: %w: %s", err, n.log())
	}
	select {
	case <-p.Ended:
	case <-ctx.Done():
		return fmt.Errorf("it does not end: %w", ctx.Err())
	}
	if code := p.Code(); !kill && code != 0 {
		return fmt.Errorf("exit code %d: %s", code, n.log())
	}
	return nil
}
