package store

import (
	"context"
	"database/sql"
	"time"
)

// Overdue returns how many enrollments were due before a moment, and the oldest of their due moments (ENG-1's watchdog).
func (db *DB) Overdue(ctx context.Context, before time.Time) (n int, oldest time.Time, err error) {
	var due sql.NullInt64
	err = db.get(ctx, `SELECT COUNT(*), MIN(due_at) FROM enrollment WHERE due_at IS NOT NULL AND due_at < $1`, []any{milli(before)}, &n, &due)
	return n, fromNull(due), err
}

// MessageAddress returns where a message went.
func (db *DB) MessageAddress(ctx context.Context, acct, id int64) (address string, err error) {
	err = db.get(ctx, `SELECT address FROM message WHERE account_id = $1 AND id = $2`, []any{acct, id}, &address)
	return address, err
}
