//go:build !linux && !darwin

package store

// freeSpace is how many bytes are free for us where a file lies; -1 = not known.
func freeSpace(string) int64 { return -1 }
