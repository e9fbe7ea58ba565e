// Package process runs the tests' own binary as a real tactus server and ends it as people, machines and power cuts do: what the suites that
// kill, stop, restore and upgrade servers share. Only tests use it.
package process

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"tactus/internal/app/serve"
	"tactus/internal/cli"
	"tactus/internal/clock"
)

// Main is the tactus command in place of the tests, on a clock (nil = the machine's); it does not return. A suite's TestMain calls it in the
// processes that it has started.
func Main(c clock.Clock) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, Clock: c})
	stop()
	os.Exit(code)
}

// Process is one that was started; Ended is closed when it is over.
type Process struct {
	*os.Process
	Ended <-chan struct{}

	cmd *exec.Cmd
	err error
}

// Start starts this binary with arguments and further environment. What it says goes to the file "log" of its folder, which it finds empty unless
// keepLog is set; where an earlier process in the folder served is forgotten.
func Start(dir string, keepLog bool, env []string, args ...string) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	how := os.O_TRUNC
	if keepLog {
		how = os.O_APPEND
	}
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_WRONLY|how, 0o600)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), self, args...) // it lives until it is ended
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := os.Remove(server(dir)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errors.Join(err, log.Close())
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	ended := make(chan struct{})
	p := &Process{Process: cmd.Process, Ended: ended, cmd: cmd}
	go func() {
		p.err = cmd.Wait()
		_ = log.Close() // the process wrote there, not this one
		close(ended)
	}()
	return p, nil
}

// Err is how the process ended, as exec.Cmd.Wait tells it; for after its end.
func (p *Process) Err() error { return p.err }

// Code is its exit code, -1 after a signal; for after its end.
func (p *Process) Code() int { return p.cmd.ProcessState.ExitCode() }

// Log is what the processes of a folder have said; why it cannot be read stands in for it.
func Log(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// server is the file in which a process says where it serves.
func server(dir string) string { return filepath.Join(dir, "tactus.server") }

// Said tells whether a process of the folder came as far as saying where it serves: that is before it begins to work.
func Said(dir string) bool {
	_, err := os.Stat(server(dir))
	return err == nil
}

// Local is where the folder's process serves, and its key.
func Local(dir string) (serve.Local, error) { return serve.ReadLocal(server(dir)) }

// Serves returns the same once the process answers.
func Serves(dir string) (serve.Local, bool) {
	local, err := Local(dir)
	return local, err == nil && healthy(local.URL)
}

func healthy(url string) bool {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url+"/healthz", http.NoBody)
	if err != nil {
		return false
	}
	resp, err := (&http.Client{Timeout: time.Second}).Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // only the status counts
	return resp.StatusCode == http.StatusOK
}
