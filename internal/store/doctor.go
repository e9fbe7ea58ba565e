package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strconv"
	"time"

	"tactus/internal/clock"
	"tactus/internal/doctor"
	"tactus/internal/fault"
)

// Examine implements doctor.Store.
func (db *DB) Examine(ctx context.Context) (doctor.Database, error) {
	d := doctor.Database{Kind: db.Dialect(), Settings: map[string]string{}, Free: -1}
	machine := clock.Real{}
	before := machine.Now()
	now, err := db.Now(ctx)
	if err != nil {
		return d, err
	}
	after := machine.Now()
	d.Ahead = now.Sub(before.Add(after.Sub(before) / 2))
	state, err := db.SchemaState(ctx)
	d.Schema = doctor.Schema{Version: state.Version, Program: state.Program, Oldest: state.Oldest, Pending: state.Pending}
	if fault.Is(err, fault.Conflict) {
		d.Schema.Refused, err = err.Error(), nil
	}
	if err != nil {
		return d, err
	}
	if db.Nodes() {
		return d, db.examinePostgres(ctx, &d)
	}
	return d, db.examineSQLite(ctx, &d)
}

// syncLevels are the values of SQLite's synchronous by their number (sqlite.org/pragma.html#pragma_synchronous).
var syncLevels = [...]string{"off", "normal", "full", "extra"}

func (db *DB) examineSQLite(ctx context.Context, d *doctor.Database) error {
	if err := db.get(ctx, `SELECT sqlite_version()`, nil, &d.Version); err != nil {
		return err
	}
	for _, name := range []string{"journal_mode", "synchronous"} {
		var value string
		if err := db.get(ctx, `PRAGMA `+name, nil, &value); err != nil {
			return err
		}
		d.Settings[name] = value
	}
	if level, err := strconv.Atoi(d.Settings["synchronous"]); err == nil && level < len(syncLevels) { // told as a number, set and documented as a word
		d.Settings["synchronous"] = syncLevels[level]
	}
	damage, err := db.quickCheck(ctx)
	if err != nil {
		return err
	}
	d.Damage = damage
	var file string
	if err := db.get(ctx, `SELECT file FROM pragma_database_list WHERE name = 'main'`, nil, &file); err != nil || file == "" {
		return err
	}
	d.Free = freeSpace(file)
	info, err := os.Stat(file)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the database file cannot be looked at")
	}
	d.Public = info.Mode().Perm()&0o077 != 0
	return nil
}

// quickCheck walks the file beside the writer, whom it does not hold up.
func (db *DB) quickCheck(ctx context.Context) (damage []string, err error) {
	rows, err := db.read.QueryContext(ctx, `PRAGMA quick_check(10)`)
	if err != nil {
		return nil, db.fault(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, db.fault(err)
		}
		if line != "ok" {
			damage = append(damage, line)
		}
	}
	return damage, db.fault(rows.Err())
}

func (db *DB) examinePostgres(ctx context.Context, d *doctor.Database) error {
	const settings = `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'autovacuum',
		'idle_in_transaction_session_timeout')`
	if err := db.each(ctx, settings, nil, func(scan scanFunc) error {
		var name, value string
		err := scan(&name, &value)
		d.Settings[name] = value
		return err
	}); err != nil {
		return err
	}
	for _, pool := range []*sql.DB{db.write, db.engine} {
		d.Ours += pool.Stats().MaxOpenConnections
	}
	d.Ours += 2 // that listen, and that tell of our presence
	var age int64
	if err := db.get(ctx, `SELECT current_setting('server_version'), CAST(current_setting('server_version_num') AS BIGINT),
			CAST(current_setting('max_connections') AS BIGINT) - CAST(current_setting('superuser_reserved_connections') AS BIGINT),
			(SELECT COUNT(*) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
				AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND (CAST(l.classid AS BIGINT) << 32) + CAST(l.objid AS BIGINT) = $1),
			COALESCE((SELECT CAST(MAX(EXTRACT(EPOCH FROM clock_timestamp() - a.xact_start)) * 1000 AS BIGINT) FROM pg_stat_activity a
				WHERE a.backend_type = 'client backend' AND a.xact_start IS NOT NULL), 0)`,
		[]any{presenceLock}, &d.Version, &d.Number, &d.Most, &d.Nodes, &age); err != nil {
		return err
	}
	d.Oldest = time.Duration(age) * time.Millisecond
	half, err := list(ctx, db, `SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE c.relnamespace = to_regnamespace(current_schema()) AND NOT i.indisvalid ORDER BY 1`, nil, func(scan scanFunc) (s string, err error) { return s, scan(&s) })
	if err != nil {
		return err
	}
	d.Half = half
	d.Tables, err = list(ctx, db, `SELECT s.relname, s.n_dead_tup, s.n_live_tup, COALESCE('autovacuum_enabled=false' = ANY (c.reloptions), FALSE),
			CAST(EXTRACT(EPOCH FROM clock_timestamp() - COALESCE(GREATEST(s.last_autovacuum, s.last_vacuum), pg_postmaster_start_time())) * 1000 AS BIGINT)
		FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid WHERE s.schemaname = current_schema() ORDER BY 1`, nil,
		func(scan scanFunc) (t doctor.Table, err error) {
			cleaned := int64(0)
			err = scan(&t.Name, &t.Dead, &t.Live, &t.NoCleaning, &cleaned)
			t.Cleaned = time.Duration(cleaned) * time.Millisecond
			return t, err
		})
	return err
}
