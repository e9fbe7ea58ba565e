package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tactus/internal/fault"
)

// ground is the database system that a bench stands on. Its databases are known by names.
type ground struct {
	temp string // ours alone, gone at the end
	keep string // for fixtures that outlive the run; "" = none does
	sys  system
}

// system is what differs between files and a server.
type system interface {
	address(name string) string
	exists(ctx context.Context, name string) (bool, error)
	create(ctx context.Context, name string) error
	copy(ctx context.Context, from, to string) error
	drop(ctx context.Context, name string) error
	open(address string) (*sql.DB, error)
	// settle lets the system do now what it would do in the middle of a measurement.
	settle(ctx context.Context, db *sql.DB) error
	// notes are what makes its figures differ from those of a system with default settings.
	notes(ctx context.Context) ([]string, error)
	// cpu is the processor time of the system's own processes so far; 0 = there are none, or they are not ours to look at.
	cpu() time.Duration
	stop() error
}

func newGround(ctx context.Context, opt Options) (_ *ground, err error) {
	g := &ground{keep: opt.Keep}
	if g.temp, err = os.MkdirTemp(opt.Dir, "tactus-bench-"); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "make a folder for the bench's databases; name another one with --dir")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(g.temp))
		}
	}()
	if g.keep != "" {
		if g.keep, err = filepath.Abs(g.keep); err == nil {
			err = os.MkdirAll(g.keep, 0o700)
		}
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "make the folder %s", opt.Keep)
		}
	}
	switch opt.DB {
	case SQLite:
		g.sys = files{temp: g.temp, keep: g.keep}
	case Postgres:
		if g.sys, err = newServer(ctx, g, opt.Postgres); err != nil {
			return nil, err
		}
	default:
		return nil, fault.New(fault.Invalid, "--db is %s or %s, not %q", SQLite, Postgres, opt.DB)
	}
	return g, nil
}

func (g *ground) close() error {
	return errors.Join(g.sys.stop(), os.RemoveAll(g.temp))
}

// fixture makes the database of a name once: a kept one from an earlier run is taken as it is. What fill has not
// finished is not kept.
func (g *ground) fixture(ctx context.Context, name string, fill func(name string) error) error {
	if g.keep != "" {
		if there, err := g.sys.exists(ctx, name); err != nil || there {
			return err
		}
	}
	half := name + "_making"
	if err := g.sys.drop(ctx, half); err != nil {
		return err
	}
	if err := g.sys.create(ctx, half); err != nil {
		return err
	}
	if err := fill(half); err != nil {
		return err
	}
	if err := g.settle(ctx, half); err != nil {
		return err
	}
	if err := g.sys.copy(ctx, half, name); err != nil {
		return err
	}
	return g.sys.drop(ctx, half)
}

// settle brings a fixture to rest, so that its copies have little left to settle.
func (g *ground) settle(ctx context.Context, name string) error {
	r, err := g.raw(g.sys.address(name))
	if err != nil {
		return err
	}
	return errors.Join(g.sys.settle(ctx, r.DB), r.Close())
}

// on lets f work on a copy of a fixture, which has come to rest.
func (g *ground) on(ctx context.Context, fixture string, f func(r *raw) error) (err error) {
	const name = "bench_copy"
	if err := g.sys.drop(ctx, name); err != nil {
		return err
	}
	if err := g.sys.copy(ctx, fixture, name); err != nil {
		return err
	}
	r, err := g.raw(g.sys.address(name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close(), g.sys.drop(context.WithoutCancel(ctx), name)) }()
	if err := g.sys.settle(ctx, r.DB); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	return f(r)
}

// raw opens plain SQL on a database, on one connection.
func (g *ground) raw(address string) (*raw, error) {
	db, err := g.sys.open(address)
	if err != nil {
		return nil, err
	}
	_, file := g.sys.(files)
	return &raw{DB: db, file: file, address: address}, nil
}
