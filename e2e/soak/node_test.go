package soak_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"tactus/internal/app/serve"
	"tactus/internal/clock"
)

// node is one server's place: its state folder and the process that runs there now.
type node struct {
	fleet *fleet
	dir   string

	mu      sync.Mutex
	cmd     *exec.Cmd
	ended   chan struct{}
	base    string // where it serves; "" = it is not up
	figures string // where its figures are
}

// start runs a server and waits until it serves.
func (n *node) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "serve", "--db", n.fleet.url, "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--smtp", n.fleet.smtp,
		"--state-dir", n.dir, "--send-timeout", n.fleet.timeout.String(), "--secret", "the fleet's", "--log-level", "warn")
	cmd.Env = append(os.Environ(), n.fleet.warp.env(n.dir)...)
	log, err := os.OpenFile(n.file("log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := os.Remove(n.file("tactus.server")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the state says it
		_ = log.Close()
		close(ended)
	}()
	n.mu.Lock()
	n.cmd, n.ended = cmd, ended
	n.mu.Unlock()
	return n.up(ctx)
}

// up waits until the process serves.
func (n *node) up(ctx context.Context) error {
	for {
		local, err := serve.ReadLocal(n.file("tactus.server"))
		_, after, told := strings.Cut(n.log(), "Figures for Prometheus: ")
		if err == nil && told && healthy(local.URL) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.base = local.URL
			n.figures, _, _ = strings.Cut(after, " ")
			return nil
		}
		select {
		case <-n.ended:
			return fmt.Errorf("the server ended by itself: %s", n.log())
		default:
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return fmt.Errorf("the server in %s does not come up: %w", n.dir, err)
		}
	}
}

func (n *node) file(name string) string { return filepath.Join(n.dir, name) }

func (n *node) log() string {
	text, err := os.ReadFile(n.file("log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func healthy(url string) bool {
	resp, err := (&http.Client{Timeout: time.Second}).Get(url + "/healthz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // only the status counts
	return resp.StatusCode == http.StatusOK
}

// end ends the process: at once as a power cut would, or in good order.
func (n *node) end(ctx context.Context, kill bool) error {
	n.mu.Lock()
	cmd, ended := n.cmd, n.ended
	n.base, n.cmd = "", nil
	n.mu.Unlock()
	if cmd == nil {
		return nil
	}
	how := syscall.SIGTERM
	if kill {
		how = syscall.SIGKILL
	}
	if err := cmd.Process.Signal(how); err != nil {
		return fmt.Errorf("it had ended before: %w: %s", err, n.log())
	}
	select {
	case <-ended:
	case <-ctx.Done():
		return fmt.Errorf("it does not end: %w", ctx.Err())
	}
	if code := cmd.ProcessState.ExitCode(); !kill && code != 0 {
		return fmt.Errorf("exit code %d: %s", code, n.log())
	}
	return nil
}

func now() time.Time { return clock.Real{}.Now() }

// pause waits in real time; it ends early with ctx.
func pause(ctx context.Context, d time.Duration) error {
	return clock.Real{}.Wait(ctx, now().Add(d), nil)
}
