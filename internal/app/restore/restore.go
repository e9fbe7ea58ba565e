package restore

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"tactus/internal/app"
	"tactus/internal/backup"
	"tactus/internal/fault"
	"tactus/internal/store"
)

// Options of a restore.
type Options struct {
	Replace   bool // what is there is set aside; else there must be nothing
	NewSecret bool // the installation's secret is lost
	Log       *slog.Logger
	// Progress is told what is done and how far it is; nil = nobody is.
	Progress func(phase string, done int64)
}

// Report says what a restore did.
type Report struct {
	backup.Summary
	Until     time.Time // what may have left before is uncertain
	Uncertain int       // messages that are
	Aside     string    // where that is which was there before; "" = nothing was
	Left      int       // turns of senders that failed: their messages stay, and become uncertain when sending is released
}

// Restore makes cfg's database what the backup in path says, marks what may have left since, and leaves it with sending held (DEC-18).
// Nothing may serve the database. A crash at any moment leaves the old database, or one that nothing serves, never a half one.
func Restore(ctx context.Context, cfg app.Config, path string, opt Options) (Report, error) {
	if opt.Progress == nil {
		opt.Progress = func(string, int64) {}
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	s, err := Check(path, func(rows int64) { opt.Progress("checking", rows) })
	if err != nil {
		return Report{}, err
	}
	if !opt.NewSecret {
		if err := cfg.CheckSecret(s.Secret); err != nil {
			return Report{}, err
		}
	}
	j := &job{cfg: cfg, path: path, opt: opt, report: Report{Summary: s}}
	file, err := store.File(cfg.DB)
	switch {
	case err != nil:
		return Report{}, err
	case file != "":
		err = j.file(ctx, file)
	case cfg.DB == ":memory:" || cfg.DB == "file::memory:":
		err = fault.New(fault.Invalid, "a database in memory does not outlive the restore: name a file, or a postgres:// URL")
	default:
		err = j.postgres(ctx)
	}
	return j.report, err
}

type job struct {
	cfg    app.Config
	path   string
	opt    Options
	report Report
}

// file restores into a new file and gives it the database's name when it is complete.
func (j *job) file(ctx context.Context, path string) (err error) {
	unlock, err := store.LockFile(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if info, err := os.Stat(path); err == nil && info.Size() > 0 && !j.opt.Replace {
		return fault.New(fault.Conflict, "%s is a database already: restore to another file, or with --replace, which keeps the old one under another name", path)
	}
	making := path + store.Unfinished
	if err := removeUnfinished(making); err != nil { // of a restore that was killed
		return err
	}
	if err := j.build(ctx, making); err != nil {
		return errors.Join(err, removeUnfinished(making)) // a full disk has its room back; what was there before is there still
	}
	if err := j.setAside(ctx, path); err != nil {
		return err
	}
	if err := os.Rename(making, path); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the restored database cannot be given its name")
	}
	if err := os.Remove(making + ".lock"); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the lock of the restore cannot be removed; the database is complete")
	}
	return app.SyncDir(filepath.Dir(path))
}

// removeUnfinished removes the file that a restore was filling, with all that lies beside it.
func removeUnfinished(making string) error {
	for _, ending := range []string{"-wal", "-shm", ".lock", ""} { // the file itself keeps servers off: it goes last
		if err := os.Remove(making + ending); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fault.Wrap(fault.Unavailable, err, "what a restore left behind cannot be removed")
		}
	}
	return nil
}

func (j *job) build(ctx context.Context, making string) (err error) {
	db, err := store.Open(ctx, making, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }() // the last connection moves the journal into the file
	if err := j.load(ctx, db, db.Load); err != nil {
		return err
	}
	return j.finish(ctx, db)
}

// setAside gives the old database another name: one file and one moment, for its journal is moved into it first. Of a database that is too
// damaged for that the journal comes along.
func (j *job) setAside(ctx context.Context, path string) error {
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		return nil //nolint:nilerr // nothing is there
	}
	if err := store.FoldJournal(ctx, path); err != nil {
		j.opt.Log.Warn("the old database's journal cannot be moved into it: it is set aside beside it", "error", err)
	}
	j.report.Aside = path + ".before-restore-" + j.report.Until.Format("20060102-150405")
	for _, ending := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+ending, j.report.Aside+ending); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fault.Wrap(fault.Unavailable, err, "the old database cannot be set aside")
		}
	}
	return nil
}

// postgres restores in one transaction, and lives the lost time through behind a mark that keeps every server off.
func (j *job) postgres(ctx context.Context) (err error) {
	db, err := store.Open(ctx, j.cfg.DB, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	alone, err := db.Alone(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, alone.Close(context.WithoutCancel(ctx))) }()
	there, err := found(ctx, db)
	if err != nil {
		return err
	}
	if there == tables && !j.opt.Replace {
		return fault.New(fault.Conflict, "this database has the tables of Tactus already: restore to an empty one, or with --replace, which keeps the old ones in a schema of their own")
	}
	err = j.load(ctx, db, func(ctx context.Context, r *backup.Reader, progress func(int64)) error {
		if err := j.makeRoom(ctx, db, there); err != nil {
			return err
		}
		return db.Load(ctx, r, progress)
	})
	if err != nil {
		j.report.Aside = ""
		return err
	}
	err = j.finish(ctx, db)
	if err != nil && j.report.Aside != "" {
		err = fault.Wrap(fault.CodeOf(err), err, "the restore did not come to its end; what was there before is in the schema %s", j.report.Aside)
	}
	return err
}

// content is what a restore finds in a PostgreSQL database.
type content int

const (
	nothing content = iota
	tables          // somebody's
	half            // of a restore that did not come to its end
)

func found(ctx context.Context, db *store.DB) (content, error) {
	empty, err := db.Empty(ctx)
	if err != nil || empty {
		return nothing, err
	}
	if r, err := db.Restored(ctx); err != nil || r.Unfinished {
		return half, err
	}
	return tables, nil
}

// makeRoom takes away what an unfinished restore has made, which is of no use, and sets aside what is somebody's.
func (j *job) makeRoom(ctx context.Context, db *store.DB, there content) (err error) {
	switch there {
	case half:
		err = db.DropUnfinished(ctx)
	case tables:
		j.report.Aside, err = db.SetAside(ctx, j.report.Until)
	case nothing:
	}
	return err
}

// load fills the database and marks it as one that nothing may serve yet: on PostgreSQL in one transaction, which begins anew with the backup's
// first row when it has lost against another.
func (j *job) load(ctx context.Context, db *store.DB, fill func(context.Context, *backup.Reader, func(int64)) error) error {
	now, err := db.Now(ctx)
	if err != nil {
		return err
	}
	from := j.report.Moment()
	if j.report.Until = now; now.Before(from) { // clocks that disagree
		j.report.Until = from
	}
	all := func(ctx context.Context) (err error) {
		f, err := os.Open(j.path)
		if err != nil {
			return fault.Wrap(fault.NotFound, err, "the backup cannot be read")
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		r, err := backup.NewReader(f)
		if err != nil {
			return err
		}
		if err := fill(ctx, r, func(rows int64) { j.opt.Progress("restoring", rows) }); err != nil {
			return err
		}
		return db.BeginRestore(ctx, from, j.report.Until)
	}
	if db.Nodes() {
		return db.InTx(ctx, all)
	}
	return all(ctx)
}

// finish lives the lost time through and lets the database be served.
func (j *job) finish(ctx context.Context, db *store.DB) error {
	if j.opt.NewSecret {
		if err := db.Unmark(ctx, app.SecretMark); err != nil {
			return err
		}
	}
	key, err := j.cfg.OpenSecret(ctx, db)
	if err != nil {
		return err
	}
	if err := db.Ahead(ctx, j.report.Until.Sub(j.report.Moment())); err != nil {
		return err
	}
	if err := j.relive(ctx, db, key); err != nil {
		return err
	}
	if j.report.Uncertain, err = db.CountUncertain(ctx); err != nil {
		return err
	}
	return db.EndRestore(ctx)
}
