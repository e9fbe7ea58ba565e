package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"tactus/internal/fault"
)

// querier is a transaction or a pool.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// q picks who runs a statement: the transaction of ctx, else the writer for writes, else the readers.
func (db *DB) q(ctx context.Context, write bool) querier {
	switch s := db.tx(ctx); {
	case s != nil:
		return s.tx
	case write:
		return db.pool
	case db.Nodes():
		return db.pool
	}
	return db.read
}

// exec runs a statement and returns how many rows it changed.
func (db *DB) exec(ctx context.Context, query string, args ...any) (int64, error) {
	st := db.texts.get(db.dialect, query)
	res, err := db.q(ctx, st.write).ExecContext(ctx, st.text, clean(args)...)
	if err != nil {
		return 0, db.fault(err)
	}
	n, err := res.RowsAffected()
	return n, db.fault(err)
}

// later runs a statement whose answer the transaction needs at its end only: on PostgreSQL it travels with the next one that is asked for
// something, or with the commit, and fails there.
func (db *DB) later(ctx context.Context, query string, args ...any) error {
	return db.laterThen(ctx, nil, query, args...)
}

// laterThen is later with somebody who is told how many rows were changed, or why none, and says how that is to be taken. Nothing is committed
// before they were asked.
func (db *DB) laterThen(ctx context.Context, then checkFunc, query string, args ...any) error {
	if s := db.tx(ctx); s != nil && s.savepoint == 0 && db.Nodes() { // what fails within a savepoint must be undone with it
		var check checkFunc
		if then != nil {
			check = func(n int64, err error) error { return then(n, db.fault(err)) }
		}
		_, err := db.exec(later(ctx, check), query, args...)
		return err
	}
	n, err := db.exec(ctx, query, args...)
	if then != nil {
		err = then(n, err)
	}
	return err
}

// allOf is for laterThen: the statement must change so many rows. format says how many of how many it did not.
func allOf(count int, code fault.Code, format string) checkFunc {
	return func(n int64, err error) error {
		if err == nil && int(n) != count {
			err = fault.New(code, format, count-int(n), count)
		}
		return err
	}
}

// read is a query and what takes its rows.
type read struct {
	query string
	args  []any
	row   func(scan scanFunc) error
}

// eachOf is each for several queries, which do not need each other's answers. On PostgreSQL they travel together.
func (db *DB) eachOf(ctx context.Context, reads ...read) error {
	if db.Nodes() {
		return db.ask(ctx, reads)
	}
	for i := range reads {
		if err := db.ask(ctx, reads[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// ask runs queries as one; SQLite's driver takes one only.
func (db *DB) ask(ctx context.Context, reads []read) (err error) {
	st := db.texts.get(db.dialect, reads[0].query)
	if len(reads) > 1 {
		more := make([]heldText, len(reads)-1)
		for i, r := range reads[1:] {
			more[i] = heldText{text: db.texts.get(db.dialect, r.query).text, args: clean(r.args)}
		}
		ctx = also(ctx, more)
	}
	rows, err := db.q(ctx, st.write).QueryContext(ctx, st.text, clean(reads[0].args)...)
	if err != nil {
		return db.fault(err)
	}
	defer func() {
		if closing := rows.Close(); err == nil {
			err = db.fault(closing)
		}
	}()
	for i, r := range reads {
		if i > 0 && !rows.NextResultSet() {
			return db.fault(cmp.Or(rows.Err(), io.ErrUnexpectedEOF))
		}
		for rows.Next() {
			if err := r.row(rows.Scan); err != nil {
				return db.fault(err)
			}
		}
		if err := rows.Err(); err != nil {
			return db.fault(err)
		}
	}
	return nil
}

// scanFunc reads the columns of one row.
type scanFunc func(dest ...any) error

// each calls row for every row. row must not use the database: the connection is still reading.
func (db *DB) each(ctx context.Context, query string, args []any, row func(scan scanFunc) error) error {
	return db.ask(ctx, []read{{query, args, row}})
}

// list returns what row makes of every row.
func list[T any](ctx context.Context, db *DB, query string, args []any, row func(scan scanFunc) (T, error)) ([]T, error) {
	var out []T
	if err := db.each(ctx, query, args, collect(&out, row)); err != nil {
		return nil, err
	}
	return out, nil
}

// collect appends what row makes of every row.
func collect[T any](to *[]T, row func(scan scanFunc) (T, error)) func(scan scanFunc) error {
	return func(scan scanFunc) error {
		v, err := row(scan)
		*to = append(*to, v)
		return err
	}
}

// get scans the first row into dest; without one it is fault.NotFound.
func (db *DB) get(ctx context.Context, query string, args []any, dest ...any) error {
	found := false
	err := db.each(ctx, query, args, func(scan scanFunc) error {
		if found {
			return nil
		}
		found = true
		return scan(dest...)
	})
	if err == nil && !found {
		err = db.fault(sql.ErrNoRows)
	}
	return err
}

// insert runs an INSERT … RETURNING id.
func (db *DB) insert(ctx context.Context, query string, args ...any) (id int64, err error) {
	err = db.get(ctx, query, args, &id)
	return id, err
}

// Now returns the database's own time, which leases use (DEC-13).
func (db *DB) Now(ctx context.Context) (time.Time, error) {
	var ms int64
	if err := db.get(ctx, `SELECT {now}`, nil, &ms); err != nil {
		return time.Time{}, err
	}
	return fromMilli(ms), nil
}

// orNotFound names what was not found.
func orNotFound(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.Wrap(fault.NotFound, err, "there is no such %s", what)
	}
	return err
}

// orTaken says whose name is taken.
func orTaken(err error, format string, args ...any) error {
	if fault.Is(err, fault.Conflict) {
		return fault.New(fault.Conflict, format, args...)
	}
	return err
}

// milli is an instant as the database keeps it; the zero time is 0.
func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMilli is the instant of a column; 0 is the zero time.
func fromMilli(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// instant is the instant of a column that always has one, 1970 included.
func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// nullMilli is an instant for a nullable column; the zero time is NULL.
func nullMilli(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// fromNull is the instant of a nullable column; NULL is the zero time.
func fromNull(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

// toJSON is a value as a JSON parameter or document. Only values that always marshal are given to it.
func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("store: " + err.Error()) // a type of ours that JSON does not know
	}
	return dropNUL(string(b))
}

// fromJSON reads a document column.
func fromJSON(text string, v any) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fault.Wrap(fault.Internal, err, "a stored document cannot be read")
	}
	return nil
}

// ids is a set of ids as a JSON parameter for {each $n} and CAST(j.value AS BIGINT).
func ids(set []int64) string {
	if len(set) == 0 {
		return "[]"
	}
	return toJSON(set)
}

// single returns what row makes of the first row; without one it is fault.NotFound, which names what.
func single[T any](ctx context.Context, db *DB, what, query string, args []any, row func(scan scanFunc) (T, error)) (T, error) {
	all, err := list(ctx, db, query, args, row)
	if err == nil && len(all) == 0 {
		err = fault.New(fault.NotFound, "there is no such %s", what)
	}
	if err != nil {
		var none T
		return none, err
	}
	return all[0], nil
}

// squeeze makes single spaces of white space.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
