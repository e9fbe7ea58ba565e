package bench

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver that the product uses

	"tactus/internal/fault"
)

// files are SQLite databases: real files, as durable as the product's.
type files struct{ temp, keep string }

func (f files) address(name string) string {
	if f.keep != "" && kept(name) {
		return filepath.Join(f.keep, name+".db")
	}
	return filepath.Join(f.temp, name+".db")
}

func (f files) exists(_ context.Context, name string) (bool, error) {
	_, err := os.Stat(f.address(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (files) create(context.Context, string) error { return nil }

func (f files) copy(_ context.Context, from, to string) (err error) {
	in, err := os.Open(f.address(from))
	if err != nil {
		return fault.Wrap(fault.Internal, err, "open the fixture")
	}
	defer in.Close()
	out, err := os.OpenFile(f.address(to), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "copy the fixture")
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return fault.Wrap(fault.Unavailable, err, "copy the fixture")
	}
	return out.Sync() // its bytes must not reach the disk in the middle of a measurement
}

func (f files) drop(_ context.Context, name string) error {
	var errs []error
	for _, end := range []string{"", "-wal", "-shm", ".lock", ".server", ".secret"} {
		if err := os.Remove(f.address(name) + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// open uses the settings of the product's writer.
func (files) open(address string) (*sql.DB, error) {
	uri := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(address)}
	db, err := sql.Open("sqlite", uri.String()+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"+
		"&_pragma=cache_size(-65536)&_pragma=temp_store(MEMORY)&_pragma=mmap_size(268435456)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func (files) settle(context.Context, *sql.DB) error { return nil }

func (files) notes(context.Context) ([]string, error) { return nil, nil }

func (files) cpu() time.Duration { return 0 }

func (files) stop() error { return nil }
