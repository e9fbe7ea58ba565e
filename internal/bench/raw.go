package bench

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// raw is plain SQL on one database, past the product: fixtures and yardsticks.
type raw struct {
	*sql.DB
	file    bool // SQLite
	address string
}

var parameter = regexp.MustCompile(`\$(\d+)`)

// text is a statement in the database's own words.
func (r *raw) text(text string) string {
	if r.file {
		return parameter.ReplaceAllString(text, "?$1")
	}
	return text
}

// execer runs statements: a database, a connection or a transaction.
type execer interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
}

func (r *raw) exec(ctx context.Context, on execer, text string, args ...any) error {
	if _, err := on.ExecContext(ctx, r.text(text), args...); err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
}

// number reads one number.
func (r *raw) number(ctx context.Context, text string, args ...any) (int64, error) {
	var n sql.NullInt64
	if err := r.QueryRowContext(ctx, r.text(text), args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, text)
	}
	return n.Int64, nil
}

// tables are those that the benches' rows lie in.
var tables = []string{
	"contact", "contact_address", "contact_label", "permission", "consent", "enrollment", "guard", "history", "message", "message_body", "plan_count", "task",
}

// census counts the rows of every table, so that both sides of a bench are known to have written as many.
func (r *raw) census(ctx context.Context) (map[string]int64, error) {
	out := make(map[string]int64, len(tables))
	for _, t := range tables {
		n, err := r.number(ctx, "SELECT COUNT(*) FROM "+t)
		if err != nil {
			return nil, err
		}
		out[t] = n
	}
	return out, nil
}

// chunks calls f for ranges of ids, each in a transaction of its own on one connection.
func (r *raw) chunks(ctx context.Context, first, last, size int64, f func(tx *sql.Tx, from, to int64) error) error {
	for from := first; from <= last; from += size {
		tx, err := r.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := f(tx, from, min(from+size-1, last)); err != nil {
			_ = tx.Rollback() // the error that counts is f's
			return err
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// rows reads all rows of a query as they are.
func (r *raw) rows(ctx context.Context, text string, args ...any) ([][]any, error) {
	found, err := r.QueryContext(ctx, r.text(text), args...)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, text)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		return nil, err
	}
	var out [][]any
	for found.Next() {
		row := make([]any, len(columns))
		to := make([]any, len(columns))
		for i := range row {
			to[i] = &row[i]
		}
		if err := found.Scan(to...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, found.Err()
}

func place(n int) string { return "$" + strconv.Itoa(n) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// assignments are "a = $n, b = $n+1 …".
func assignments(columns string, first int) string {
	var b strings.Builder
	for i, c := range strings.Split(columns, ", ") {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c + " = " + place(first+i))
	}
	return b.String()
}

// casts are parameters of the columns' types: instants and numbers, or texts.
func casts(columns string, first int) string {
	var b strings.Builder
	for i, c := range strings.Split(columns, ", ") {
		if i > 0 {
			b.WriteString(", ")
		}
		kind := "BIGINT"
		switch c {
		case "status", "holders", "wait", "state":
			kind = "TEXT"
		}
		b.WriteString("CAST(" + place(first+i) + " AS " + kind + ")")
	}
	return b.String()
}

func anys(set []int64) []any {
	out := make([]any, len(set))
	for i, v := range set {
		out[i] = v
	}
	return out
}
