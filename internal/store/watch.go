package store

import (
	"context"
	"database/sql"
	"time"
)

// Overdue returns how many enrollments were due before a moment, and the oldest of their due moments (ENG-1's watchdog). It looks at
// what is due of each account, not at all that wait.
func (db *DB) Overdue(ctx context.Context, before time.Time) (n int, oldest time.Time, err error) {
	var due sql.NullInt64
	err = db.get(ctx, `SELECT COUNT(e.id), MIN(e.due_at) FROM account a CROSS JOIN (SELECT 0 AS lane UNION ALL SELECT 1) l CROSS JOIN enrollment e
		WHERE e.account_id = a.id AND e.lane = l.lane AND e.due_at IS NOT NULL AND e.due_at < $1`, []any{milli(before)}, &n, &due)
	return n, fromNull(due), err
}

// MessageAddress returns where a message went.
func (db *DB) MessageAddress(ctx context.Context, acct, id int64) (address string, err error) {
	err = db.get(ctx, `SELECT address FROM message WHERE account_id = $1 AND id = $2`, []any{acct, id}, &address)
	return address, err
}
