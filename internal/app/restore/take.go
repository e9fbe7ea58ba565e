// Package restore takes backups and makes databases of them (DEC-18). It is the composition for commands that no server runs for.
package restore

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"tactus/internal/app"
	"tactus/internal/backup"
	"tactus/internal/fault"
	"tactus/internal/store"
)

// Take writes a backup of a database that this process opens itself: a SQLite file that nobody serves, or a PostgreSQL database.
func Take(ctx context.Context, cfg app.Config, w io.Writer, program string, progress func(rows int64)) (err error) {
	if err := exists(cfg.DB); err != nil {
		return err
	}
	db, err := store.Open(ctx, cfg.DB, store.Options{Connections: 2})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	now, err := db.Now(ctx)
	if err != nil {
		return err
	}
	return Dump(ctx, db, w, program, now, progress)
}

// exists refuses a SQLite file that is not there, which opening would make.
func exists(address string) error {
	path, err := store.File(address)
	if err != nil || path == "" {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return fault.Wrap(fault.NotFound, err, "there is no database to back up; name it with --db")
	}
	return nil
}

// Dump writes a backup of an open database; now is the time before it is called, by the clock of what is due.
func Dump(ctx context.Context, db *store.DB, w io.Writer, program string, now time.Time, progress func(rows int64)) error {
	return db.Dump(ctx, program, now, func(h backup.Header) (*backup.Writer, error) {
		b, err := backup.NewWriter(w, h)
		if err == nil {
			b.Progress = progress
		}
		return b, err
	})
}

// ToFile gives path, which must not exist, what write writes, when that was checked to be whole and sound and is on the disk: never a part.
// Only its owner may read it.
func ToFile(path string, write func(io.Writer) error, check func(rows int64)) (s backup.Summary, err error) {
	if _, err := os.Lstat(path); err == nil {
		return s, fault.New(fault.Conflict, "%s is there already: name a new file", path)
	}
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return s, fault.Wrap(fault.Unavailable, err, "the backup cannot be written there")
	}
	defer func() {
		if err == nil {
			return
		}
		if gone := os.Remove(f.Name()); !errors.Is(gone, os.ErrNotExist) { // it has its name already when only the folder could not be written
			err = errors.Join(err, gone)
		}
	}()
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil {
		s, err = backup.Verify(f, check)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return s, err
	}
	if err := app.GiveName(f.Name(), path); err != nil {
		return s, fault.Wrap(fault.Unavailable, err, "the backup cannot be given its name")
	}
	return s, nil
}

// Check reads a backup to its end and says what it holds.
func Check(path string, progress func(rows int64)) (s backup.Summary, err error) {
	f, err := os.Open(path)
	if err != nil {
		return s, fault.Wrap(fault.NotFound, err, "the backup cannot be read")
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return backup.Verify(f, progress)
}
