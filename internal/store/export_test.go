package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tactus/internal/contact"
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

// Ran are the statements that have been run and contain all of these texts.
func (db *DB) Ran(texts ...string) (found []string) {
	db.texts.known.Range(func(query, _ any) bool {
		text, ok := query.(string)
		for _, part := range texts {
			ok = ok && strings.Contains(text, part)
		}
		if ok && !strings.HasPrefix(text, aside) {
			found = append(found, text)
		}
		return true
	})
	return found
}

// StepsOf are the steps of the database's plans for them.
func (db *DB) StepsOf(ctx context.Context, texts ...string) (steps []string, err error) {
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	for _, query := range db.Ran(texts...) {
		more, err := db.planOf(ctx, conn, db.texts.get(db.dialect, query).text)
		if err != nil {
			return nil, err
		}
		steps = append(steps, more...)
	}
	return steps, nil
}

// Suppose makes an account's contacts so many, for who asks in the next minute.
func (db *DB) Suppose(account, contacts int64) {
	key := tallyKey(account, "contacts", contact.Filter{})
	_, c, _ := db.tallies.of(&db.errands, key, nil)
	c.value = contacts
	db.tallies.over(key, c, time.Minute)
}

// Later is later, or laterThen when somebody wants to be told.
func (db *DB) Later(ctx context.Context, then func(int64, error) error, query string, args ...any) error {
	if then == nil {
		return db.later(ctx, aside+query, args...)
	}
	return db.laterThen(ctx, then, aside+query, args...)
}

// Both appends the first column of two queries' rows.
func (db *DB) Both(ctx context.Context, first, second string, to *[]string) error {
	one := func(scan scanFunc) (s string, err error) { return s, scan(&s) }
	return db.eachOf(ctx, read{query: aside + first, row: collect(to, one)}, read{query: aside + second, row: collect(to, one)})
}

// Row shows a row's columns, of which there are eight.
func (db *DB) Row(ctx context.Context, query string) (text string, err error) {
	var c [8]any
	err = db.get(ctx, aside+query, nil, &c[0], &c[1], &c[2], &c[3], &c[4], &c[5], &c[6], &c[7])
	return fmt.Sprintf("%v", c), err
}
