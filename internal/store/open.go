package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5"

	"tactus/internal/clock"
	"tactus/internal/fault"
)

// Options are what Open may be told.
type Options struct {
	Connections int          // PostgreSQL: the most at once for faces and delivery; 0 = by the number of cores
	Log         *slog.Logger // of migrations; nil = none
	// Migrations are this program's in place of those it is made with, for tests of what a later version does; nil = its own.
	Migrations fs.FS
}

// DB is an open database. Safe for concurrent use.
type DB struct {
	*core
	pool *sql.DB // where transactions begin
}

// core is what all views of one database share.
type core struct {
	dialect             dialect
	write, read, engine *sql.DB
	texts               texts
	signals             signals
	tallies             tallies
	growth              growth
	errands             errands
	listen              *pgx.ConnConfig // nil on SQLite: one process, no nodes
	asking              asking
	unlock              func() error
	migrations          []migration // this program's
	log                 *slog.Logger
}

// Open opens a SQLite file ("tactus.db", "file:…"), a private database in memory (":memory:") or a
// PostgreSQL database ("postgres://…"). It makes no tables (Migrate does). A SQLite file that
// another process has open is refused with fault.Conflict.
func Open(ctx context.Context, address string, opt Options) (*DB, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	var err error
	if opt.Migrations == nil {
		if opt.Migrations, err = Migrations(); err != nil {
			return nil, err
		}
	}
	all, err := migrations(opt.Migrations)
	if err != nil {
		return nil, err
	}
	var c *core
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		c, err = openPostgres(ctx, address, opt, len(all))
	} else {
		c, err = openSQLite(ctx, address)
	}
	if err != nil {
		return nil, err
	}
	c.migrations, c.log = all, opt.Log
	if err := c.write.PingContext(ctx); err != nil {
		return nil, errors.Join(c.fault(err), c.close())
	}
	return &DB{core: c, pool: c.write}, nil
}

// Engine returns a view whose transactions run on connections tuned for large claims.
func (db *DB) Engine() *DB { return &DB{core: db.core, pool: db.engine} }

// Dialect names the database for people: "SQLite" or "PostgreSQL".
func (db *DB) Dialect() string { return db.dialect.name() }

// Nodes reports whether several processes may serve this database.
func (db *DB) Nodes() bool { return db.listen != nil }

// Close ends listeners and connections and releases the file's lock.
func (db *DB) Close() error { return db.close() }

func (c *core) close() error {
	c.signals.close()
	c.errands.close()
	var errs []error
	closed := map[*sql.DB]bool{nil: true}
	for _, pool := range []*sql.DB{c.engine, c.read, c.write} {
		if !closed[pool] {
			errs = append(errs, pool.Close())
			closed[pool] = true
		}
	}
	if c.unlock != nil {
		errs = append(errs, c.unlock())
	}
	return errors.Join(errs...)
}

// Clock returns the clock of what is due: on PostgreSQL the database's own time, so that nodes whose clocks differ agree (ENG-3); it is a
// clock.Synced, which somebody has to Run. On SQLite the machine's, which is the database's, too.
func (db *DB) Clock(ctx context.Context) (clock.Clock, error) {
	if !db.Nodes() {
		return clock.Real{}, nil
	}
	return clock.NewSynced(ctx, db.Now)
}

// fault gives an error of the database its code. Faults and the context's errors keep theirs.
func (c *core) fault(err error) error {
	var known *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(fault.Unavailable, err, "the request ended before the database answered")
	case errors.Is(err, sql.ErrNoRows):
		return fault.Wrap(fault.NotFound, err, "there is no such object")
	case errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone):
		return fault.Wrap(fault.Unavailable, err, "the connection to the database was lost; try again")
	}
	if k, ok := c.dialect.classify(err); ok {
		return fault.Wrap(k.code, err, "%s", k.message)
	}
	return fault.Wrap(fault.Internal, err, "the database failed")
}
