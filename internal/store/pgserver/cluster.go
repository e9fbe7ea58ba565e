//go:build unix

package pgserver

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"tactus/internal/fault"
)

// socketName is what PostgreSQL calls its socket; the number is a name here, not a port in use.
const socketName = ".s.PGSQL.5432"

// maxSocket is the longest path of a socket that every Unix takes.
const maxSocket = 103

// readyWithin bounds the wait for a started server; recovery after a kill takes part of it.
const readyWithin = 60 * time.Second

// settings are given to every server. Durability stays as in production: what benchmarks and
// fault tests see, which Start their own, is what users get.
var settings = []string{
	"listen_addresses=", // the socket alone
	"unix_socket_permissions=0700",
	"max_connections=300",
	"shared_buffers=128MB",
	"max_wal_size=2GB",
	"jit=off",
	"log_timezone=UTC",
	"timezone=UTC",
}

// quick are what the shared server is given besides: it makes a database for every test, and a
// crash of the machine ends the tests anyway. The tests kill processes of ours, not this server
// (ADR 8); what is committed is visible to the next process as ever.
var quick = []string{"fsync=off", "synchronous_commit=off", "full_page_writes=off"}

// cluster is a data directory with the programs and the user that run it.
type cluster struct {
	bin string // folder of initdb and postgres
	dir string // holds the socket, "data" and "log"
	sys *syscall.SysProcAttr
}

// newCluster finds the programs and the user for a cluster in dir, and makes dir: owned by
// that user and closed to others. The socket is to lie in dir or in a folder of it, whose
// name has at most the length of below.
func newCluster(dir, below string) (*cluster, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "find the directory %s", dir)
	}
	if path := filepath.Join(dir, below, socketName); len(path) > maxSocket {
		return nil, fault.New(fault.Invalid, "the path %s is too long for a socket (%d characters, at most %d): choose a shorter directory",
			path, len(path), maxSocket)
	}
	c := &cluster{bin: bin, dir: dir, sys: &syscall.SysProcAttr{Setsid: true}}
	c.sys.Credential, err = credential()
	if err != nil {
		return nil, err
	}
	if err := c.own(dir); err != nil {
		return nil, err
	}
	return c, nil
}

// own makes a directory that belongs to the server's user alone.
func (c *cluster) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.Wrap(fault.Internal, err, "make the server's directory")
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fault.Wrap(fault.Internal, err, "close the server's directory to others")
	}
	if c.sys.Credential == nil {
		return nil
	}
	if err := os.Chown(dir, int(c.sys.Credential.Uid), int(c.sys.Credential.Gid)); err != nil {
		return fault.Wrap(fault.Internal, err, "give the server's directory to its user")
	}
	return open(filepath.Dir(dir))
}

// open lets other users pass through, not list, the temporary directories above a server
// (t.TempDir closes its own): root's server is not run by root.
func open(dir string) error {
	temp := filepath.Clean(os.TempDir())
	for ; strings.HasPrefix(dir, temp+string(filepath.Separator)); dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return fault.Wrap(fault.Internal, err, "look at the directory above the server's")
		}
		if err := os.Chmod(dir, info.Mode().Perm()|0o011); err != nil {
			return fault.Wrap(fault.Internal, err, "let the server's user pass through %s", dir)
		}
	}
	return nil
}

// credential is nil for everyone but root, who becomes postgres, else nobody.
func credential() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fault.New(fault.Unavailable, "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as; "+
		"run as another user, or name a running server in TACTUS_POSTGRES_URL")
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }
func (c *cluster) log() string  { return filepath.Join(c.dir, "log") }

// init makes the data directory unless it is there already.
func (c *cluster) init(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(c.data(), "PG_VERSION")); err == nil {
		return nil
	}
	locale := "C.UTF-8" // folds the case of all letters, sorts by code point
	if runtime.GOOS == "darwin" {
		locale = "C"
	}
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, "initdb"), "-D", c.data(), "-U", "postgres",
		"--auth=trust", "--encoding=UTF8", "--locale="+locale, "--no-sync", "--no-instructions")
	cmd.Dir, cmd.SysProcAttr = c.dir, c.sys
	if out, err := cmd.CombinedOutput(); err != nil {
		return fault.Wrap(fault.Unavailable, err, "initdb in %s: %s", c.dir, strings.TrimSpace(string(out)))
	}
	return nil
}

// args are the server's arguments.
func (c *cluster) args(extra []string) []string {
	args := []string{"-D", c.data(), "-c", "unix_socket_directories=" + c.dir}
	for _, s := range append(append([]string(nil), settings...), extra...) {
		args = append(args, "-c", s)
	}
	return args
}

// url names the database postgres of the server.
func (c *cluster) url() string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres"}
	u.RawQuery = url.Values{"host": {c.dir}, "port": {"5432"}}.Encode()
	return u.String()
}

// ready waits until the server answers, or until its process pid has ended.
func (c *cluster) ready(ctx context.Context, pid int) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := answers(ctx, c.url())
		if err == nil {
			return nil
		}
		// No goroutine waits for the process: a test's leak detector would find it.
		if done, waitErr := syscall.Wait4(pid, nil, syscall.WNOHANG, nil); waitErr == nil && done == pid {
			return fault.New(fault.Unavailable, "PostgreSQL ended while starting: %s", c.lastLog())
		}
		select {
		case <-ctx.Done():
			return fault.Wrap(fault.Unavailable, err, "PostgreSQL did not answer within %s: %s", readyWithin, c.lastLog())
		case <-tick.C:
		}
	}
}

func (c *cluster) lastLog() string {
	text, err := os.ReadFile(c.log())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}

// answers tells whether a server takes connections at url.
func answers(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}
