//go:build unix

package pgserver

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"tactus/internal/fault"
)

// stopWithin is how long a server may take to write its checkpoint and end.
const stopWithin = 30 * time.Second

// Start runs a server in dir, which it makes when it is missing and takes up again when it
// holds a cluster from an earlier Start; so a test restarts a database by stop and Start,
// and the URL stays the same. Extra settings ("fsync=off") come after the package's own.
//
// The URL names the database "postgres" and its superuser. stop disconnects everybody,
// waits until the server has ended and leaves dir to the caller; calling it again does
// nothing. When the calling process dies without stop, the server stops by itself.
func Start(ctx context.Context, dir string, extra ...string) (url string, stop func() error, err error) {
	c, err := newCluster(dir, "")
	if err != nil {
		return "", nil, err
	}
	if err := c.init(ctx); err != nil {
		return "", nil, err
	}
	server, err := c.run(extra)
	if err != nil {
		return "", nil, err
	}
	guard, err := c.guard(server.Process.Pid)
	if err != nil {
		return "", nil, kill(server, err)
	}
	if err := c.ready(ctx, server.Process.Pid); err != nil {
		return "", nil, kill(server, kill(guard, err))
	}
	stopped := false
	return c.url(), func() error {
		if stopped {
			return nil
		}
		stopped = true
		// The guard goes first: it must not signal a number that another process has by then.
		if err := kill(guard, nil); err != nil {
			return err
		}
		return halt(server)
	}, nil
}

// run starts the server with its log in dir.
func (c *cluster) run(extra []string) (*exec.Cmd, error) {
	log, err := os.OpenFile(c.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "open the server's log")
	}
	defer log.Close()
	// Not CommandContext: a cancelled context must not kill a database without a checkpoint.
	cmd := exec.Command(filepath.Join(c.bin, "postgres"), c.args(extra)...) //nolint:noctx // stopped by stop
	cmd.Dir, cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = c.dir, c.sys, log, log
	if err := cmd.Start(); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "start PostgreSQL")
	}
	return cmd, nil
}

// guard starts a shell that stops the server when this process ends: its standard input
// is a pipe that nobody else holds, which the kernel closes then.
func (c *cluster) guard(pid int) (*exec.Cmd, error) {
	cmd := exec.Command("/bin/sh", "-c", `read -r _; kill -INT "$0"`, strconv.Itoa(pid)) //nolint:noctx // stopped by stop
	cmd.Dir, cmd.SysProcAttr = c.dir, c.sys
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "make the guard's pipe")
	}
	if err := cmd.Start(); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "start the server's guard")
	}
	return cmd, nil
}

// halt asks for a fast shutdown (SIGINT: clients are disconnected, a checkpoint is written)
// and kills a server that does not end in time.
func halt(cmd *exec.Cmd) error {
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		return kill(cmd, nil) // it has ended already
	}
	late := time.AfterFunc(stopWithin, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) })
	defer late.Stop()
	if err := cmd.Wait(); err != nil {
		return fault.Wrap(fault.Internal, err, "stop PostgreSQL")
	}
	return nil
}

// kill ends a helper process, reaps it and returns cause.
func kill(cmd *exec.Cmd, cause error) error {
	_ = cmd.Process.Kill() // fails only when it has ended
	_ = cmd.Wait()         // reports the kill
	return cause
}
