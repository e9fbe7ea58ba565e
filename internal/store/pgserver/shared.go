//go:build unix

package pgserver

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"tactus/internal/fault"
)

//go:embed keeper.sh
var keeper string

// idleSeconds is how long a shared server outlives its last user: longer than the gap
// between two packages of one `go test ./...`, short enough to be no burden.
const idleSeconds = 60

// Shared returns the URL (database "postgres", superuser) of this user's throw-away server
// on this machine, starting it when there is none; that takes one to two seconds, once. The
// server stays at least as long as the calling process lives. It does not wait for the disk:
// whoever measures, or tests what outlives a crash of the server, starts one of its own.
func Shared(ctx context.Context) (string, error) {
	home, err := sharedHome()
	if err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(home.dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if c, err := home.current(); err != nil || c != nil && answers(ctx, c.url()) == nil {
		if err != nil {
			return "", err
		}
		return c.url(), nil
	}
	return home.launch(ctx)
}

// sharedHome is the directory of all shared servers of this user with these settings.
func sharedHome() (*cluster, error) {
	key := sha256.Sum256([]byte(strings.Join(append(slices.Clone(settings), quick...), "\n") + keeper))
	name := fmt.Sprintf("tactus-pg-%d-%s", os.Geteuid(), hex.EncodeToString(key[:3]))
	return newCluster(filepath.Join(os.TempDir(), name), "0123456789") // os.MkdirTemp's names
}

// current returns the server that "current" names and enters this process among its users,
// nil when there is none or when it is about to go (see the package comment).
func (c *cluster) current() (*cluster, error) {
	path := filepath.Join(c.dir, "current")
	name, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "find the shared PostgreSQL server")
	}
	server := *c
	server.dir = filepath.Join(c.dir, string(name))
	if err := server.enter(); err != nil {
		return nil, nil //nolint:nilerr // its directory is gone: it has ended
	}
	again, err := os.ReadFile(path)
	if err != nil || string(again) != string(name) {
		return nil, nil //nolint:nilerr // it is about to go
	}
	return &server, nil
}

// enter names this process as a user of the server.
func (c *cluster) enter() error {
	return os.WriteFile(filepath.Join(c.dir, "users", strconv.Itoa(os.Getpid())), nil, 0o600)
}

// launch starts a new shared server under its keeper and makes it the current one.
func (c *cluster) launch(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp(c.dir, "")
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "make the shared server's directory")
	}
	server := *c
	server.dir = dir
	for _, d := range []string{dir, filepath.Join(dir, "users")} {
		if err := c.own(d); err != nil {
			return "", err
		}
	}
	if err := server.enter(); err != nil {
		return "", fault.Wrap(fault.Internal, err, "enter the users of the shared server")
	}
	if err := server.init(ctx); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	script := []string{"-c", keeper, "keeper", dir, strconv.Itoa(idleSeconds), filepath.Join(c.bin, "postgres")}
	// The keeper outlives this process by design; its output goes to the server's log.
	cmd := exec.Command("/bin/sh", append(script, server.args(quick)...)...) //nolint:noctx // ends by itself
	cmd.Dir, cmd.SysProcAttr = dir, c.sys
	if err := cmd.Start(); err != nil {
		return "", fault.Wrap(fault.Internal, err, "start the keeper of the shared server")
	}
	if err := server.ready(ctx, cmd.Process.Pid); err != nil {
		return "", kill(cmd, err)
	}
	// Written aside and renamed: the keeper reads it without the lock.
	path := filepath.Join(c.dir, "current")
	if err := os.WriteFile(path+".new", []byte(filepath.Base(dir)), 0o600); err != nil {
		return "", fault.Wrap(fault.Internal, err, "name the shared server")
	}
	if err := c.give(path + ".new"); err != nil {
		return "", err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return "", fault.Wrap(fault.Internal, err, "name the shared server")
	}
	return server.url(), nil
}

// give hands a file to the server's user, whose keeper must be able to read it.
func (c *cluster) give(path string) error {
	if c.sys.Credential == nil {
		return nil
	}
	if err := os.Chown(path, int(c.sys.Credential.Uid), int(c.sys.Credential.Gid)); err != nil {
		return fault.Wrap(fault.Internal, err, "give %s to the server's user", path)
	}
	return nil
}

// lock holds path until unlock; the kernel releases it when the process dies.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "open the lock of the shared PostgreSQL server")
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fault.Wrap(fault.Internal, err, "lock the shared PostgreSQL server"), f.Close())
	}
	return func() { _ = f.Close() }, nil
}
