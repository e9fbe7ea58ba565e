//go:build linux || darwin

package store

import "syscall"

// freeSpace is how many bytes are free for us where a file lies; -1 = not known.
func freeSpace(path string) int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return -1
	}
	return int64(s.Bavail) * int64(s.Bsize) //nolint:gosec,unconvert // no disk is that large; the types differ between systems
}
