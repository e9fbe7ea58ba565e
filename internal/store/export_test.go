package store

import (
	"context"
)

// aside marks a test's own statement: its plan is nobody's business.
const aside = "/* test */ "

// Exec runs a statement.
func (db *DB) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	return db.exec(ctx, aside+query, args...)
}

// Get scans the first row.
func (db *DB) Get(ctx context.Context, query string, args []any, dest ...any) error {
	return db.get(ctx, aside+query, args, dest...)
}

// Strings returns the first column of all rows.
func (db *DB) Strings(ctx context.Context, query string, args ...any) ([]string, error) {
	return list(ctx, db, aside+query, args, func(scan scanFunc) (s string, err error) { return s, scan(&s) })
}

// UpdateContacts is the statement of SaveContacts.
func UpdateContacts() string { return updateContacts() }

// Steps are the steps of SQLite's plan for a statement.
func (db *DB) Steps(ctx context.Context, query string, args ...any) ([]string, error) {
	st := db.texts.get(db.dialect, query)
	return list(ctx, db, "EXPLAIN QUERY PLAN "+st.text, args, func(scan scanFunc) (s string, err error) {
		var id, parent, unused int
		return s, scan(&id, &parent, &unused, &s)
	})
}
