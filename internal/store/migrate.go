package store

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"tactus/internal/fault"
)

// patience is how long a migration asks for its locks before it gives up; the next start asks again.
const patience = 10 * time.Minute

// Migrate brings the schema up to this program's, each migration in a transaction of its own under a lock, so that
// nodes that start together run each once. A schema that is too new is refused (fault.Conflict).
//
// Nodes of the version before go on meanwhile (ENG-15): a migration waits for other transactions only briefly at a time, so
// that those behind it in the queue for a table get their turns, and asks again.
func (db *DB) Migrate(ctx context.Context) error { return db.migrateTo(ctx, db.migrations) }

// migrateTo brings the schema up to the last of these migrations.
func (db *DB) migrateTo(ctx context.Context, all []migration) (err error) {
	if db.tx(ctx) != nil {
		return db.migrateWithin(ctx, all)
	}
	defer db.asking.suspend()()
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return db.fault(err)
	}
	defer func() { err = errors.Join(err, db.releaseMigrations(ctx, conn)) }()
	if err := db.lockMigrations(ctx, conn); err != nil {
		return err
	}
	for {
		var state SchemaState
		if err := db.onConn(ctx, conn, func(ctx context.Context) (err error) {
			state, err = db.schemaState(ctx, all)
			return err
		}); err != nil {
			return err
		}
		if len(state.Pending) == 0 {
			return nil
		}
		m := all[state.Version]
		db.log.Info("migrating the database", "migration", m.name)
		if err := db.oust(ctx, conn, m, state); err != nil {
			return err
		}
		if err := db.step(ctx, conn, m, state); err != nil {
			return errors.Join(fault.Wrap(fault.CodeOf(err), err, "migration %s failed and was undone", m.name), db.admit(ctx, conn, m))
		}
		db.publish(TopicSchema)
	}
}

// migrateWithin is for a restore, which has the database to itself: all in its transaction.
func (db *DB) migrateWithin(ctx context.Context, all []migration) error {
	for {
		state, err := db.schemaState(ctx, all)
		if err != nil || len(state.Pending) == 0 {
			return err
		}
		m := all[state.Version]
		if m.concurrent != nil {
			m.text = strings.ReplaceAll(m.text, "{concurrently}", "")
		}
		if err := db.apply(ctx, m, state); err != nil {
			return fault.Wrap(fault.CodeOf(err), err, "migration %s failed and was undone", m.name)
		}
	}
}

// onConn runs fn in a transaction on one connection.
func (db *DB) onConn(ctx context.Context, conn *sql.Conn, fn func(context.Context) error) error {
	return db.run(ctx, conn, &txState{}, nil, fn)
}

// step runs a migration and records it.
func (db *DB) step(ctx context.Context, conn *sql.Conn, m migration, state SchemaState) error {
	if m.concurrent != nil && db.Nodes() {
		if err := db.indexes(ctx, conn, m); err != nil {
			return err
		}
		return db.onConn(ctx, conn, func(ctx context.Context) error { return db.record(ctx, m, state) })
	}
	var limit time.Duration
	for {
		err := db.onConn(ctx, conn, func(ctx context.Context) error {
			if err := db.boundLocks(ctx); err != nil {
				return err
			}
			return db.apply(ctx, m, state)
		})
		k, ok := db.dialect.classify(err)
		if !ok || !k.retry && !k.locked {
			return err
		}
		if limit += lockWait; limit > patience {
			return fault.Wrap(fault.Unavailable, err, "a lock was not to be had within %s; end the transaction that holds it, or start again when there is less to do", patience)
		}
		db.log.Warn("a migration waits for other transactions", "migration", m.name, "holders", db.holders(ctx, conn))
		pause(ctx, time.Duration(rand.Int64N(int64(lockWait))))
	}
}

// apply runs a migration in the transaction of ctx.
func (db *DB) apply(ctx context.Context, m migration, state SchemaState) error {
	if state.Version == 0 {
		if _, err := db.exec(ctx, schemaTables); err != nil {
			return err
		}
	}
	if _, err := db.exec(ctx, m.text); err != nil {
		return err
	}
	return db.record(ctx, m, state)
}

// record writes down that a migration has run, in its transaction.
func (db *DB) record(ctx context.Context, m migration, state SchemaState) error {
	oldest := max(state.Oldest, m.oldest, 1)
	if _, err := db.exec(ctx, `UPDATE schema_info SET version = $1, oldest_program = $2`, m.number, oldest); err != nil {
		return err
	}
	_, err := db.exec(ctx, `INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, {now})`, m.number, m.name, m.checksum)
	return err
}
