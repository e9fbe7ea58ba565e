package store

import (
	"context"
	"database/sql"
	"time"

	"tactus/internal/fault"
	"tactus/internal/work"
)

// DueOperations implements work.Store. Operations under way are few, so all are looked at.
func (db *DB) DueOperations(ctx context.Context, kinds []string, now time.Time) (accounts []int64, next time.Time, err error) {
	err = db.each(ctx, `SELECT account_id, MIN(due_at) FROM operation
		WHERE due_at IS NOT NULL AND lease_until < {now} AND kind IN (SELECT j.value->>0 FROM {each $1})
		GROUP BY account_id ORDER BY account_id`, []any{names(kinds)}, func(scan scanFunc) error {
		var acct int64
		var due sql.NullInt64
		if err := scan(&acct, &due); err != nil {
			return err
		}
		switch at := fromNull(due); {
		case !at.After(now):
			accounts = append(accounts, acct)
		case next.IsZero() || at.Before(next):
			next = at
		}
		return nil
	})
	return accounts, next, err
}

// ClaimOperation implements work.Store.
func (db *DB) ClaimOperation(ctx context.Context, acct int64, kinds []string, now time.Time, lease time.Duration) (work.Operation, bool, error) {
	op, err := single(ctx, db, "operation", `WITH due AS MATERIALIZED (
			SELECT id FROM operation
			WHERE account_id = $1 AND due_at IS NOT NULL AND due_at <= $2 AND lease_until < {now} AND kind IN (SELECT j.value->>0 FROM {each $3})
			ORDER BY due_at, id LIMIT 1 {skip}
		)
		UPDATE operation SET status = 'running', lease_until = {now} + $4, token = token + 1
		WHERE id IN (SELECT id FROM due)
		RETURNING `+operationColumns, []any{acct, milli(now), names(kinds), lease.Milliseconds()}, scanOperation)
	if fault.Is(err, fault.NotFound) {
		return op, false, nil
	}
	return op, err == nil, err
}

// LockOperation implements work.Store.
func (db *DB) LockOperation(ctx context.Context, acct, id, token int64) (work.Operation, bool, error) {
	op, err := single(ctx, db, "operation", `SELECT `+operationColumns+` FROM operation
		WHERE account_id = $1 AND id = $2 AND token = $3 AND status = 'running' {lock}`, []any{acct, id, token}, scanOperation)
	if fault.Is(err, fault.NotFound) {
		return op, false, nil
	}
	return op, err == nil, err
}

// SaveOperation implements work.Store.
func (db *DB) SaveOperation(ctx context.Context, op work.Operation) error {
	n, err := db.exec(ctx, `UPDATE operation SET status = $1, place = $2, total = $3, done = $4, counts = $5, message = $6, due_at = $7,
			tries = $8, ended_at = $9, lease_until = 0
		WHERE account_id = $10 AND id = $11 AND token = $12`,
		string(op.Status), op.Place, op.Total, op.Done, countsOf(op), op.Message, nullMilli(op.DueAt), op.Tries, nullMilli(op.EndedAt),
		op.Account, op.ID, op.Token)
	return one(n, err, "operation")
}

// RenewOperation implements work.Store. A lease that was given back stays so.
func (db *DB) RenewOperation(ctx context.Context, id, token int64, lease time.Duration) error {
	_, err := db.exec(ctx, `UPDATE operation SET lease_until = {now} + $3 WHERE id = $1 AND token = $2 AND lease_until > 0`, id, token, lease.Milliseconds())
	return err
}

// ReleaseOperations implements work.Store.
func (db *DB) ReleaseOperations(ctx context.Context, id, token int64) error {
	if id == 0 {
		_, err := db.exec(ctx, `UPDATE operation SET lease_until = 0 WHERE due_at IS NOT NULL AND lease_until > 0`)
		return err
	}
	_, err := db.exec(ctx, `UPDATE operation SET lease_until = 0 WHERE id = $1 AND token = $2`, id, token)
	return err
}
