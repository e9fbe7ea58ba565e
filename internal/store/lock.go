package store

import (
	"io"
	"os"
	"strconv"
	"strings"

	"tactus/internal/fault"
)

// LockFile keeps every process off a SQLite file, as one that serves it does; a restore holds it while it makes the file anew.
func LockFile(path string) (unlock func() error, err error) { return lockFile(path + ".lock") }

// lockFile keeps a second process off a SQLite file for as long as this one lives (ENG-15). The file stays
// behind: removing it would let two processes hold two locks of one name.
func lockFile(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the database's lock file cannot be opened")
	}
	taken, err := flock(f)
	if err == nil && !taken {
		err = fault.New(fault.Conflict, "another process (%s) has this database open: %s. SQLite serves one process; stop that one, "+
			"talk to it with --server, or use PostgreSQL for several", holder(f), strings.TrimSuffix(path, ".lock"))
	} else if err != nil {
		err = fault.Wrap(fault.Unavailable, err, "the database's file system does not lock files; put it on a local disk")
	} else {
		err = sign(f)
	}
	if err != nil {
		_ = f.Close() // the fault at hand says more
		return nil, err
	}
	return f.Close, nil
}

// holder reads who has the lock.
func holder(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, 32))
	pid, parseErr := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || parseErr != nil {
		return "process id unknown"
	}
	return "process id " + strconv.Itoa(pid)
}

// sign leaves this process's id for holder.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the database's lock file cannot be written")
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the database's lock file cannot be written")
	}
	return nil
}
