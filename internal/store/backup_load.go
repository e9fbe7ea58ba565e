package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"tactus/internal/backup"
	"tactus/internal/fault"
)

// loadBatch is about how many bytes of rows one statement inserts.
const loadBatch = 1 << 20

// Load makes an empty database what a backup says, brought up to this program's schema. On PostgreSQL it is one transaction, so that a crash
// leaves nothing; on SQLite the file that it fills must be nobody's database before it is complete. progress may be nil.
func (db *DB) Load(ctx context.Context, r *backup.Reader, progress func(rows int64)) error {
	all, err := ours()
	if err != nil {
		return err
	}
	h := r.Header
	if h.Schema < 1 || h.Schema > len(all) {
		return fault.New(fault.Conflict, "this backup was made by a newer Tactus (schema %d; this program knows %d): restore it with version %s or a newer one",
			h.Schema, len(all), h.Program)
	}
	for i, sum := range h.Migrations {
		if i >= len(all) || all[i].checksum != sum {
			return fault.New(fault.Conflict, "this backup was made by another build of Tactus, whose migration %d differs: restore it with that build (%s)", i+1, h.Program)
		}
	}
	fill := func(ctx context.Context) error {
		if err := db.migrateTo(ctx, all[:h.Schema]); err != nil {
			return err
		}
		if err := db.loadTables(ctx, r, all[:h.Schema], progress); err != nil {
			return err
		}
		return db.migrateTo(ctx, all)
	}
	if db.Nodes() {
		return db.InTx(ctx, fill)
	}
	return fill(ctx)
}

func (db *DB) loadTables(ctx context.Context, r *backup.Reader, known []migration, progress func(rows int64)) error {
	tables, err := db.tables(ctx, known)
	if err != nil {
		return err
	}
	total := int64(0)
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		i := slices.IndexFunc(tables, func(t table) bool { return t.name == b.Name })
		if i < 0 {
			return fault.New(fault.Invalid, "the backup has a table %q that its schema does not have", b.Name)
		}
		insert, err := insertRows(tables[i], b.Columns)
		if err != nil {
			return err
		}
		var batch []byte
		for {
			var n int
			if batch, n, err = r.Rows(batch[:0], loadBatch); err != nil {
				return err
			}
			if n == 0 {
				break
			}
			if err := db.loadRows(ctx, insert, batch, n); err != nil {
				return fault.Wrap(fault.CodeOf(err), err, "rows of %s", b.Name)
			}
			if total += int64(n); progress != nil {
				progress(total)
			}
		}
		if b.Last > 0 {
			if _, err := db.exec(ctx, db.dialect.restartIDs(b.Name, b.Last)); err != nil {
				return err
			}
		}
	}
}

func (db *DB) loadRows(ctx context.Context, insert string, batch []byte, n int) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		got, err := db.exec(ctx, insert, string(batch))
		if err == nil && int(got) != n {
			err = fault.New(fault.Internal, "%d of %d rows were inserted", got, n)
		}
		return err
	})
}

// insertRows is the statement that inserts a JSON array of rows.
func insertRows(t table, columns []string) (string, error) {
	values := make([]string, len(columns))
	for i, name := range columns {
		at := slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
		if at < 0 {
			return "", fault.New(fault.Invalid, "the backup has a column %q of %s that its schema does not have", name, t.name)
		}
		v := "j.value->>" + strconv.Itoa(i)
		switch t.columns[at].kind {
		case numberColumn:
			v = "CAST(" + v + " AS BIGINT)"
		case flagColumn:
			v = "CAST(" + v + " AS BOOLEAN)"
		case bytesColumn:
			v = "{unhex " + v + "}"
		case textColumn:
		}
		values[i] = v
	}
	return fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s FROM {each $1}`, t.name, strings.Join(columns, ", "), strings.Join(values, ", ")), nil
}

// Ahead lets every table's ids go on where nobody has been: ids that were given between the backup and the restore are in links and headers
// outside, and must never name something else. Ten thousand a second is more than is ever given for long.
func (db *DB) Ahead(ctx context.Context, lost time.Duration) error {
	all, err := ours()
	if err != nil {
		return err
	}
	tables, err := db.tables(ctx, all)
	if err != nil {
		return err
	}
	leap := max(1_000_000, int64(lost/time.Second)*10_000)
	for _, t := range tables {
		if t.last == 0 && !slices.ContainsFunc(t.columns, func(c column) bool { return c.name == "id" }) {
			continue
		}
		if _, err := db.exec(ctx, db.dialect.restartIDs(t.name, t.last+leap)); err != nil {
			return err
		}
	}
	return nil
}
