package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"tactus/internal/fault"
)

// WriteWhole writes a file for its owner alone under another name in the same folder, and lets name give it its own when its bytes are on the disk: GiveName,
// or os.Rename to replace what is there. Who reads it meanwhile, or after a crash or on a full disk, finds all of it or what was there before.
func WriteWhole(path string, data []byte, name func(made, path string) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // nobody wants it; it may have its name already
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return name(f.Name(), path)
}

// GiveName gives a whole file, whose bytes are on the disk, its name in the same folder, and takes its first one away. It never takes the place
// of what is there: fs.ErrExist then, and the first name stays. The name lasts when it returns.
func GiveName(made, path string) error { return giveName(os.Link, made, path) }

func giveName(link func(made, path string) error, made, path string) error {
	err := link(made, path) // unlike a rename it never takes the place of another file
	switch {
	case err == nil:
		err = os.Remove(made)
	case !errors.Is(err, fs.ErrExist): // a file system without hard links (exFAT, some network drives) says so in many ways
		err = renameNew(made, path)
	}
	if err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// renameNew renames unless something is there. Between looking and renaming somebody else may take the name: it is for where links cannot be had.
func renameNew(made, path string) error {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return &fs.PathError{Op: "rename", Path: path, Err: fs.ErrExist}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return os.Rename(made, path)
}

// SyncDir makes the names in a folder last. Where a folder cannot be written to the disk by itself, its names last as the system sees to it.
func SyncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the folder cannot be opened")
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the folder cannot be written to the disk")
	}
	return nil
}
