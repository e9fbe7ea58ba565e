package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"tactus/internal/backup"
	"tactus/internal/fault"
)

// Dump writes every row of one snapshot. Nobody waits for it: it reads, on SQLite beside the writer, on PostgreSQL in a snapshot of its own.
// taken is a moment before the call: what commits later may be missing (DEC-18).
func (db *DB) Dump(ctx context.Context, program string, taken time.Time, to func(backup.Header) (*backup.Writer, error)) error {
	all, err := ours()
	if err != nil {
		return err
	}
	return db.ReadTx(ctx, func(ctx context.Context) error {
		if err := db.standStill(ctx); err != nil {
			return err
		}
		state, err := db.schemaState(ctx, all)
		if err != nil {
			return err
		}
		if state.Version == 0 || state.Version > len(all) {
			return fault.New(fault.Conflict, "the database has schema %d, this program knows %d: migrate it, or back it up with the program that serves it", state.Version, len(all))
		}
		h := backup.Header{Schema: state.Version, Taken: milli(taken), Program: program, Database: db.Dialect()}
		if err := db.each(ctx, `SELECT value FROM mark WHERE name = 'secret'`, nil, func(scan scanFunc) error { return scan(&h.Secret) }); err != nil {
			return err
		}
		for _, m := range all[:state.Version] {
			h.Migrations = append(h.Migrations, m.checksum)
		}
		tables, err := db.tables(ctx, all)
		if err != nil {
			return err
		}
		w, err := to(h)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := db.dumpTable(ctx, w, t); err != nil {
				return err
			}
		}
		return w.Close()
	})
}

// standStill lets the transaction of ctx wait as long as who takes what it reads: it holds no rows that anybody else may want.
func (db *DB) standStill(ctx context.Context) error {
	if !db.Nodes() {
		return nil
	}
	_, err := db.exec(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`)
	return err
}

func (db *DB) dumpTable(ctx context.Context, w *backup.Writer, t table) error {
	b := backup.Table{Name: t.name, Last: t.last}
	values := make([]string, len(t.columns))
	for i, c := range t.columns {
		b.Columns = append(b.Columns, c.name)
		if values[i] = c.name; c.kind == bytesColumn {
			values[i] = "{hex " + c.name + "}"
		}
	}
	if err := w.Table(b); err != nil {
		return err
	}
	var line sql.RawBytes
	query := fmt.Sprintf(`SELECT CAST({row}(%s) AS TEXT) FROM %s`, strings.Join(values, ", "), t.name)
	return db.each(ctx, query, nil, func(scan scanFunc) error {
		if err := scan(&line); err != nil {
			return err
		}
		if bytes.IndexByte(line, '\n') >= 0 {
			return fault.New(fault.Internal, "a row of %s was written in several lines", t.name)
		}
		if !utf8.Valid(line) { // SQLite keeps what it was given
			return w.Row(bytes.ToValidUTF8(line, []byte("\uFFFD")))
		}
		return w.Row(line)
	})
}

// The kinds of column, as a row's JSON has them.
type columnKind int

const (
	textColumn columnKind = iota
	numberColumn
	flagColumn
	bytesColumn
)

type column struct {
	name string
	kind columnKind
}

// table is one of ours with its columns in order, and the last id given.
type table struct {
	name    string
	columns []column
	last    int64
}

var createTable = regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`)

// ours reads this program's migrations.
func ours() ([]migration, error) {
	dir, err := Migrations()
	if err != nil {
		return nil, err
	}
	return migrations(dir)
}

// tables are those that the migrations make, by name: others in the same PostgreSQL schema are none of our business.
func (db *DB) tables(ctx context.Context, all []migration) ([]table, error) {
	known := map[string]bool{}
	for _, m := range all {
		for _, found := range createTable.FindAllStringSubmatch(m.text, -1) {
			known[found[1]] = true
		}
	}
	var out []table
	at := map[string]int{}
	err := db.each(ctx, `SELECT tab, col, type FROM {columns} ORDER BY tab, pos`, nil, func(scan scanFunc) error {
		var name, kind string
		var c column
		if err := scan(&name, &c.name, &kind); err != nil || !known[name] {
			return err
		}
		c.kind = kindOf(kind)
		if len(out) == 0 || out[len(out)-1].name != name {
			at[name] = len(out)
			out = append(out, table{name: name})
		}
		t := &out[len(out)-1]
		t.columns = append(t.columns, c)
		return nil
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return out, db.each(ctx, `SELECT tab, COALESCE(last, 0) FROM {lastids}`, nil, func(scan scanFunc) error {
		var name string
		var last int64
		if err := scan(&name, &last); err != nil {
			return err
		}
		if i, ok := at[name]; ok {
			out[i].last = last
		}
		return nil
	})
}

func kindOf(declared string) columnKind {
	switch strings.ToUpper(declared) {
	case "BIGINT", "INTEGER":
		return numberColumn
	case "BOOLEAN":
		return flagColumn
	case "BLOB", "BYTEA":
		return bytesColumn
	}
	return textColumn
}
