//go:build unix && !solaris && !illumos

package store

import (
	"errors"
	"os"
	"syscall"
)

// flock takes an exclusive lock that the kernel releases when the process ends, however it ends.
func flock(f *os.File) (taken bool, err error) {
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
