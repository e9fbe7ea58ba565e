package bench

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"tactus/internal/fault"
)

// dump is the rows that our side has added, table by table, to be written again by the fastest way that the database has.
type dump struct {
	tables []dumped
	census map[string]int64
}

type dumped struct {
	name    string
	columns []string
	rows    [][]any
}

// dump reads the tables that have grown. Rows that were there before are not told from new ones: the fixture of this bench has none in them.
func (r *raw) dump(ctx context.Context, before map[string]int64) (d dump, err error) {
	if d.census, err = r.census(ctx); err != nil {
		return d, err
	}
	for _, name := range tables {
		if d.census[name] == before[name] {
			continue
		}
		if before[name] != 0 {
			return d, fault.New(fault.Internal, "the fixture has rows in %s", name)
		}
		t := dumped{name: name}
		if t.columns, err = r.columns(ctx, name); err != nil {
			return d, err
		}
		if t.rows, err = r.rows(ctx, "SELECT * FROM "+name); err != nil {
			return d, err
		}
		d.tables = append(d.tables, t)
	}
	return d, nil
}

func (r *raw) columns(ctx context.Context, table string) ([]string, error) {
	rows, err := r.QueryContext(ctx, "SELECT * FROM "+table+" WHERE account_id < 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	return columns, rows.Err()
}

func (d *dump) rows() int64 {
	var n int64
	for _, t := range d.tables {
		n += int64(len(t.rows))
	}
	return n
}

// write is a bulk insert: COPY on PostgreSQL, prepared statements of many rows in one transaction on SQLite.
func (d *dump) write(ctx context.Context, r *raw) error {
	for _, t := range d.tables {
		write := t.copyIn
		if r.file {
			write = t.insert
		}
		if err := write(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

func (t *dumped) copyIn(ctx context.Context, r *raw) error {
	conn, err := r.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fault.New(fault.Internal, "the driver is not pgx")
		}
		_, err := c.Conn().CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(t.rows))
		return err
	})
}

// insertRows is how many rows one statement has: more parameters gain nothing.
const insertRows = 50

func (t *dumped) insert(ctx context.Context, r *raw) error {
	tx, err := r.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := t.insertIn(ctx, tx); err != nil {
		_ = tx.Rollback() // the error that counts is the insert's
		return err
	}
	return tx.Commit()
}

func (t *dumped) insertIn(ctx context.Context, tx *sql.Tx) error {
	full, err := t.prepare(ctx, tx, insertRows)
	if err != nil {
		return err
	}
	defer func() { _ = full.Close() }() // it ends with the transaction anyway
	var args []any
	for part := range slices.Chunk(t.rows, insertRows) {
		st := full
		if len(part) < insertRows {
			if st, err = t.prepare(ctx, tx, len(part)); err != nil {
				return err
			}
			last := st
			defer func() { _ = last.Close() }() // once: it is the last part
		}
		args = args[:0]
		for _, row := range part {
			args = append(args, row...)
		}
		if _, err := st.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

func (t *dumped) prepare(ctx context.Context, tx *sql.Tx, rows int) (*sql.Stmt, error) {
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ") + ")"
	return tx.PrepareContext(ctx, "INSERT INTO "+t.name+" ("+strings.Join(t.columns, ", ")+") VALUES "+
		strings.TrimSuffix(strings.Repeat(one+", ", rows), ", "))
}

func (d *dump) same(ctx context.Context, r *raw) error {
	s := sample{census: d.census}
	return s.same(ctx, r)
}
