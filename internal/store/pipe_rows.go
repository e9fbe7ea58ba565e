package store

import (
	"database/sql/driver"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// pipedRows are the rows of a pipeline's queries.
type pipedRows struct {
	conn    *pipedConn
	answers pgx.BatchResults
	rows    pgx.Rows
	left    int // result sets that follow
	columns []string
	first   bool // a row has been read that was not handed out yet
	more    bool
}

// next goes to the rows of the next query. The first row is read with it, so that an error of the statement is the query's.
func (r *pipedRows) next() error {
	rows, err := r.answers.Query()
	if err != nil {
		return err
	}
	r.rows, r.first, r.more = rows, true, rows.Next()
	if err := rows.Err(); err != nil {
		return err
	}
	r.columns = r.columns[:0]
	for _, f := range rows.FieldDescriptions() {
		r.columns = append(r.columns, f.Name)
	}
	return nil
}

// Columns implements driver.Rows.
func (r *pipedRows) Columns() []string { return r.columns }

// HasNextResultSet implements driver.RowsNextResultSet.
func (r *pipedRows) HasNextResultSet() bool { return r.left > 0 }

// NextResultSet implements driver.RowsNextResultSet.
func (r *pipedRows) NextResultSet() error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	r.rows.Close()
	if err := r.rows.Err(); err != nil {
		return err
	}
	return r.next()
}

// Close implements driver.Rows.
func (r *pipedRows) Close() error {
	r.rows.Close()
	return r.answers.Close()
}

// Next implements driver.Rows.
func (r *pipedRows) Next(dest []driver.Value) error {
	more := r.more
	if r.first {
		r.first = false
	} else {
		more = r.rows.Next()
	}
	if !more {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	types := r.conn.Conn.Conn().TypeMap()
	for i, raw := range r.rows.RawValues() {
		v, err := value(types, r.rows.FieldDescriptions()[i], raw)
		if err != nil {
			return err
		}
		dest[i] = v
	}
	return nil
}

// value is a column as database/sql has it.
func value(types *pgtype.Map, f pgconn.FieldDescription, raw []byte) (driver.Value, error) {
	if raw == nil {
		return nil, nil
	}
	switch f.DataTypeOID {
	case pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID:
		return scanTo[int64](types, f, raw)
	case pgtype.BoolOID:
		return scanTo[bool](types, f, raw)
	case pgtype.ByteaOID, pgtype.JSONOID, pgtype.JSONBOID:
		return scanTo[[]byte](types, f, raw)
	case pgtype.Float8OID, pgtype.Float4OID:
		return scanTo[float64](types, f, raw)
	}
	return scanTo[string](types, f, raw)
}

func scanTo[T any](types *pgtype.Map, f pgconn.FieldDescription, raw []byte) (driver.Value, error) {
	var v T
	err := types.Scan(f.DataTypeOID, f.Format, raw, &v)
	return v, err
}
