package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"tactus/internal/fault"
)

// txKey finds the transaction of one database in a context.
type txKey struct{ c *core }

// txState is a transaction under way. It serves one goroutine.
type txState struct {
	tx        *sql.Tx
	reading   bool
	savepoint int
	hooks     []func()
	topics    map[string]struct{}
	known     known
}

// maxAttempts is how often a transaction that lost against another is run.
const maxAttempts = 6

// InTx runs fn in a transaction, which travels in fn's context; inside one it joins it, and then an
// error must be handed on to the outer one. fn may run several times (deadlocks), so it must change
// nothing but the database; what must follow the commit goes through AfterCommit.
func (db *DB) InTx(ctx context.Context, fn func(context.Context) error) error {
	if s := db.tx(ctx); s != nil {
		if s.reading {
			return fault.New(fault.Internal, "a write inside a read transaction")
		}
		return fn(ctx)
	}
	for attempt := 1; ; attempt++ {
		err := db.run(ctx, db.pool, &txState{}, nil, fn)
		if err == nil {
			return nil
		}
		k, ok := db.dialect.classify(err)
		if !ok || !k.retry || attempt == maxAttempts {
			return err
		}
		pause := time.NewTimer(time.Duration(rand.Int64N(int64(5*time.Millisecond) << attempt)))
		select {
		case <-ctx.Done():
			pause.Stop()
			return db.fault(ctx.Err())
		case <-pause.C:
		}
	}
}

// ReadTx runs fn on one snapshot of the database; inside a transaction it joins it.
func (db *DB) ReadTx(ctx context.Context, fn func(context.Context) error) error {
	if db.tx(ctx) != nil {
		return fn(ctx)
	}
	opt := &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	if !db.Nodes() {
		opt = nil // a deferred transaction is a snapshot; the driver knows no levels
	}
	return db.run(ctx, db.read, &txState{reading: true}, opt, fn)
}

// beginner is a pool, or one connection of it.
type beginner interface {
	BeginTx(ctx context.Context, opt *sql.TxOptions) (*sql.Tx, error)
}

// run is one attempt. The error of fn comes back as it is.
func (db *DB) run(ctx context.Context, pool beginner, s *txState, opt *sql.TxOptions, fn func(context.Context) error) (err error) {
	if s.tx, err = pool.BeginTx(ctx, opt); err != nil {
		return db.fault(err)
	}
	done := false
	defer func() {
		if !done { // an error, a panic or Goexit
			if undo := s.tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) && err != nil {
				err = fmt.Errorf("%w (rolling back: %w)", err, undo)
			}
		}
	}()
	if err := fn(context.WithValue(ctx, txKey{db.core}, s)); err != nil {
		return err
	}
	done = true
	if err := s.tx.Commit(); err != nil {
		return db.fault(err)
	}
	if !s.reading {
		db.wrote()
	}
	for _, hook := range s.hooks {
		hook()
	}
	for topic := range s.topics {
		db.publish(topic)
	}
	return nil
}

// Savepoint runs fn inside the transaction of ctx (InTx's, or a new one) so that fn's error undoes fn's work alone.
func (db *DB) Savepoint(ctx context.Context, fn func(context.Context) error) error {
	s := db.tx(ctx)
	if s == nil {
		return db.InTx(ctx, fn)
	}
	s.savepoint++
	name := fmt.Sprintf("sp%d", s.savepoint)
	hooks := len(s.hooks)
	if _, err := s.tx.ExecContext(ctx, "SAVEPOINT "+name); err != nil {
		s.savepoint--
		return db.fault(err)
	}
	err := fn(ctx)
	s.savepoint--
	if err != nil {
		s.hooks = s.hooks[:hooks]
		s.known.forget()
		_, undo := s.tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT "+name)
		if undo != nil {
			return errors.Join(err, db.fault(undo))
		}
	}
	if _, free := s.tx.ExecContext(ctx, "RELEASE SAVEPOINT "+name); free != nil {
		return errors.Join(err, db.fault(free))
	}
	return err
}

// AfterCommit runs hook when the transaction of ctx has committed, at once outside of one. Hooks must be quick.
func (db *DB) AfterCommit(ctx context.Context, hook func()) {
	if s := db.tx(ctx); s != nil {
		s.hooks = append(s.hooks, hook)
		return
	}
	hook()
}

// tx returns the transaction of ctx, nil outside of one.
func (c *core) tx(ctx context.Context) *txState {
	s, _ := ctx.Value(txKey{c}).(*txState)
	return s
}
