package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tactus/internal/fault"
)

// What migrating takes where several nodes work on one database (PostgreSQL). SQLite has one process, which migrates before it serves.

const (
	migrationLock = 7310582249 // held by the connection that migrates
	setupLock     = 7310582251
	programLock   = 73105822 // first half of the lock that every connection shares with those of its program's number

	// lockWait is how long DDL stands in the queue of a table: meanwhile everybody else queues up behind it.
	lockWait = time.Second
	// look is how often what cannot be waited for is looked at.
	look = 100 * time.Millisecond
)

// register makes a new connection known by its program's number, so that a migration sees who still works with which
// version, and refuses it when the schema has gone past the program. Locks are given back by the server, whatever becomes of the client.
func register(program int) func(context.Context, *pgx.Conn) error {
	return func(ctx context.Context, conn *pgx.Conn) error {
		err := func() error {
			var there bool
			if err := conn.QueryRow(ctx, `SELECT to_regclass('schema_info') IS NOT NULL FROM (SELECT pg_advisory_lock_shared($1, $2)) l`, programLock, program).Scan(&there); err != nil || !there {
				return err
			}
			var oldest int
			if err := conn.QueryRow(ctx, `SELECT oldest_program FROM schema_info`).Scan(&oldest); err != nil {
				return err
			}
			if oldest > program {
				return tooNew(oldest, program)
			}
			return nil
		}()
		if err != nil {
			return errors.Join(err, conn.Close(ctx))
		}
		return nil
	}
}

// lockMigrations keeps other nodes from migrating until releaseMigrations. It asks instead of waiting: a statement that waits holds a
// snapshot, and building an index concurrently waits for all snapshots.
func (db *DB) lockMigrations(ctx context.Context, conn *sql.Conn) error {
	if !db.Nodes() {
		return nil
	}
	for waited := time.Duration(0); ; waited += look {
		mine := false
		if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, migrationLock).Scan(&mine); err != nil {
			return db.fault(err)
		}
		if mine {
			// If this process dies, the server shall not work on for it. Not every system that PostgreSQL runs on can tell.
			_, _ = conn.ExecContext(ctx, `SET client_connection_check_interval = 1000`)
			return nil
		}
		if waited%(10*time.Second) == 0 {
			db.log.Info("another node migrates the database; waiting for it")
		}
		if pause(ctx, look); ctx.Err() != nil {
			return db.fault(ctx.Err())
		}
	}
}

// releaseMigrations gives lock and connection back.
func (db *DB) releaseMigrations(ctx context.Context, conn *sql.Conn) error {
	if !db.Nodes() {
		return conn.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, migrationLock); err != nil {
		// Unusable, so the server has given the lock back or will: nothing else may use the connection.
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	_ = conn.Close() // back into the pool, or gone already
	return nil
}

// boundLocks keeps the transaction from making others queue up behind it for long.
func (db *DB) boundLocks(ctx context.Context) error {
	if !db.Nodes() {
		return nil
	}
	_, err := db.exec(ctx, fmt.Sprintf(`SET LOCAL lock_timeout = %d; SET LOCAL statement_timeout = 0`, lockWait.Milliseconds()))
	return err
}

// oust lets a migration run that older programs cannot live with: they are told and refused from now on, and it waits until
// none is connected any more, so that none writes with wrong assumptions.
func (db *DB) oust(ctx context.Context, conn *sql.Conn, m migration, state SchemaState) error {
	if !db.excludes(m) {
		return nil
	}
	if err := db.serveFrom(ctx, conn, max(m.oldest, state.Oldest)); err != nil {
		return err
	}
	for waited := time.Duration(0); ; waited += look {
		old, err := db.older(ctx, conn, m.oldest)
		if err != nil || len(old) == 0 {
			return err
		}
		if waited > patience {
			return errors.Join(fault.New(fault.Unavailable, "migration %s cannot run beside older programs, and some have not left: %s. Stop them, then start again",
				m.name, strings.Join(old, ", ")), db.admit(ctx, conn, m))
		}
		if waited%(10*time.Second) == 0 {
			db.publish(TopicSchema)
			db.log.Warn("older programs are asked to stop; the migration waits for them", "migration", m.name, "connections", old)
		}
		if pause(ctx, look); ctx.Err() != nil {
			return db.fault(ctx.Err())
		}
	}
}

// admit takes back what oust announced: the migration did not happen.
func (db *DB) admit(ctx context.Context, conn *sql.Conn, m migration) error {
	if !db.excludes(m) {
		return nil
	}
	oldest := 1
	for _, done := range db.migrations[:m.number-1] {
		oldest = max(oldest, done.oldest)
	}
	return db.serveFrom(context.WithoutCancel(ctx), conn, oldest)
}

// excludes says that a migration ends the service to programs that may be running.
func (db *DB) excludes(m migration) bool { return db.Nodes() && m.oldest > 1 && m.number > 1 }

func (db *DB) serveFrom(ctx context.Context, conn *sql.Conn, oldest int) error {
	return db.onConn(ctx, conn, func(ctx context.Context) error {
		_, err := db.exec(ctx, `UPDATE schema_info SET oldest_program = $1`, oldest)
		return err
	})
}

// older are the connections of programs below a number.
func (db *DB) older(ctx context.Context, conn *sql.Conn, number int) (out []string, err error) {
	err = db.onConn(ctx, conn, func(ctx context.Context) error {
		out, err = list(ctx, db, `
SELECT 'process ' || l.pid || COALESCE(' at ' || host(a.client_addr), '') || ' (schema ' || l.objid || ')'
FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND CAST(l.classid AS BIGINT) = $1 AND l.objsubid = 2 AND CAST(l.objid AS BIGINT) < $2
ORDER BY l.pid`, []any{programLock, number}, func(scan scanFunc) (s string, err error) { return s, scan(&s) })
		return err
	})
	return out, err
}

// holders names the oldest transactions, which a migration that waits most likely waits for. It is for people: what cannot be read is left out.
func (db *DB) holders(ctx context.Context, conn *sql.Conn) (out []string) {
	_ = db.onConn(ctx, conn, func(ctx context.Context) (err error) { // the migration goes on without it
		out, err = list(ctx, db, `
SELECT 'process ' || pid || ' ' || COALESCE(application_name, '') || ' since ' || to_char(xact_start, 'HH24:MI:SS') || ': ' || LEFT(COALESCE(query, ''), 60)
FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
ORDER BY xact_start LIMIT 3`, nil, func(scan scanFunc) (s string, err error) { return s, scan(&s) })
		return err
	})
	return out
}

// indexes makes or drops indexes while others write. What a crash left half is dropped and made again.
func (db *DB) indexes(ctx context.Context, conn *sql.Conn, m migration) error {
	run := func(ctx context.Context, text string) error {
		_, err := conn.ExecContext(ctx, db.texts.get(db.dialect, text).text)
		return db.fault(err)
	}
	// It locks nobody out while it waits, so it may wait for long transactions.
	if err := run(ctx, `SET lock_timeout = 0; SET statement_timeout = 0`); err != nil {
		return err
	}
	for _, text := range m.concurrent {
		name := indexStatement.FindStringSubmatch(text)[1]
		if err := db.dropHalf(ctx, conn, name); err != nil {
			return err
		}
		if err := run(ctx, text); err != nil {
			return errors.Join(err, db.dropHalf(context.WithoutCancel(ctx), conn, name))
		}
	}
	return run(ctx, `RESET lock_timeout; RESET statement_timeout`)
}

// dropHalf drops an index whose making was broken off: it serves no query, costs every write, and if it is unique it refuses rows.
func (db *DB) dropHalf(ctx context.Context, conn *sql.Conn, name string) error {
	half := 0
	err := conn.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relname = $1 AND c.relnamespace = to_regnamespace(current_schema()) AND NOT i.indisvalid`, name).Scan(&half)
	if err == nil && half > 0 {
		_, err = conn.ExecContext(ctx, `DROP INDEX CONCURRENTLY IF EXISTS `+name)
	}
	return db.fault(err)
}
