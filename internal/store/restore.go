package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tactus/internal/delivery"
	"tactus/internal/doctor"
	"tactus/internal/fault"
)

// The marks of a restore.
const (
	restoreMark    = "restore"            // the lost time; it stays
	holdMark       = "sending"            // "held" until a person releases it
	unfinishedMark = "restore_unfinished" // nothing may serve the database
)

type lostTime struct {
	From  int64 `json:"from"`
	Until int64 `json:"until"`
}

// Lost implements delivery.Store.
func (db *DB) Lost(ctx context.Context) (l delivery.Lost, err error) {
	err = db.each(ctx, `SELECT name, value FROM mark WHERE name IN ('restore', 'sending')`, nil, func(scan scanFunc) error {
		var name, value string
		if err := scan(&name, &value); err != nil {
			return err
		}
		if name == holdMark {
			l.Held = value == "held"
			return nil
		}
		var t lostTime
		if err := json.Unmarshal([]byte(value), &t); err != nil {
			return fault.Wrap(fault.Internal, err, "the mark of the restore cannot be read")
		}
		l.From, l.Until = fromMilli(t.From), fromMilli(t.Until)
		return nil
	})
	return l, err
}

// BeginRestore marks a database that was just loaded: what was lost, and that nothing may serve it yet. What was going on with carriers at the
// moment of the backup is long over.
func (db *DB) BeginRestore(ctx context.Context, from, until time.Time) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.exec(ctx, `DELETE FROM mark WHERE name IN ('restore', 'sending', 'restore_unfinished')`); err != nil {
			return err
		}
		value := toJSON(lostTime{milli(from), milli(until)})
		for name, v := range map[string]string{restoreMark: value, unfinishedMark: "yes"} {
			if _, err := db.exec(ctx, `INSERT INTO mark (name, value) VALUES ($1, $2)`, name, v); err != nil {
				return err
			}
		}
		if _, err := db.exec(ctx, `UPDATE circuit SET failures = 0, opened_at = NULL, probe_at = NULL,
			spent = spent + CASE WHEN opened_at < $1 THEN $1 - opened_at ELSE 0 END`, milli(until)); err != nil {
			return err
		}
		_, err := db.exec(ctx, `UPDATE operation SET lease_until = 0 WHERE lease_until > 0`)
		return err
	})
}

// EndRestore lets the database be served, with sending held (DEC-18).
func (db *DB) EndRestore(ctx context.Context) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.exec(ctx, `INSERT INTO mark (name, value) VALUES ('sending', 'held')`); err != nil {
			return err
		}
		_, err := db.exec(ctx, `DELETE FROM mark WHERE name = 'restore_unfinished'`)
		return err
	})
}

// Restored implements doctor.Store.
func (db *DB) Restored(ctx context.Context) (doctor.Restore, error) {
	l, err := db.Lost(ctx)
	if err != nil {
		return doctor.Restore{}, err
	}
	value, err := db.Marked(ctx, unfinishedMark)
	return doctor.Restore{Unfinished: value != "", Held: l.Held, From: l.From, Until: l.Until}, err
}

// CheckRestored refuses a database whose restore has not come to its end.
func (db *DB) CheckRestored(ctx context.Context) error {
	n := 0
	if err := db.get(ctx, `SELECT COUNT(*) FROM mark WHERE name = 'restore_unfinished'`, nil, &n); err != nil || n == 0 {
		return err
	}
	return fault.New(fault.Conflict, "a restore of this database has not come to its end: run `tactus restore FILE` again")
}

// ReleaseSending lets messages leave again; false when they were not held.
func (db *DB) ReleaseSending(ctx context.Context) (bool, error) {
	n, err := db.exec(ctx, `DELETE FROM mark WHERE name = 'sending'`)
	return n > 0, err
}

// Empty reports whether nothing of ours is in the database.
func (db *DB) Empty(ctx context.Context) (bool, error) {
	there := 0
	err := db.each(ctx, db.dialect.hasTable(), []any{"schema_info"}, func(scan scanFunc) error { return scan(&there) })
	return there == 0, err
}

// SetAside moves all our tables of a PostgreSQL database into a schema of their own, in the transaction of ctx, and returns its name.
func (db *DB) SetAside(ctx context.Context, now time.Time) (schema string, err error) {
	names, err := db.ourTables(ctx)
	if err != nil {
		return "", err
	}
	schema = "tactus_before_restore_" + now.UTC().Format("20060102_150405")
	move := []string{"CREATE SCHEMA " + schema}
	for _, name := range names {
		move = append(move, fmt.Sprintf("ALTER TABLE %s SET SCHEMA %s", name, schema))
	}
	_, err = db.exec(ctx, strings.Join(move, "; "))
	return schema, err
}

// DropUnfinished drops all our tables of a PostgreSQL database, in the transaction of ctx: those of a restore that has not come to its end.
func (db *DB) DropUnfinished(ctx context.Context) error {
	r, err := db.Restored(ctx)
	if err != nil {
		return err
	}
	if !r.Unfinished {
		return fault.New(fault.Conflict, "the database is not one of an unfinished restore any more; nothing was changed")
	}
	names, err := db.ourTables(ctx)
	if err != nil {
		return err
	}
	_, err = db.exec(ctx, "DROP TABLE "+strings.Join(names, ", "))
	return err
}

// ourTables are the names of all our tables that there are.
func (db *DB) ourTables(ctx context.Context) ([]string, error) {
	all, err := ours()
	if err != nil {
		return nil, err
	}
	tables, err := db.tables(ctx, all)
	if err != nil {
		return nil, err
	}
	names := []string{"schema_info", "schema_migration"}
	for _, t := range tables {
		names = append(names, t.name)
	}
	return names, nil
}

// CountUncertain is how many messages of all accounts are in doubt.
func (db *DB) CountUncertain(ctx context.Context) (n int, err error) {
	err = db.get(ctx, `SELECT COUNT(*) FROM message WHERE status = 'uncertain'`, nil, &n)
	return n, err
}

// NextOperation is the earliest moment after now at which an operation goes on; zero: none.
func (db *DB) NextOperation(ctx context.Context, now time.Time) (time.Time, error) {
	var at sql.NullInt64
	err := db.get(ctx, `SELECT MIN(due_at) FROM operation WHERE due_at > $1`, []any{milli(now)}, &at)
	return fromNull(at), err
}
