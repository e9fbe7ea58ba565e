package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"tactus/internal/fault"
	"tactus/internal/work"
)

var _ work.Store = (*DB)(nil)

const operationColumns = `id, account_id, kind, status, params, place, total, done, counts, message, author, due_at, token, tries, created_at, ended_at`

func scanOperation(scan scanFunc) (op work.Operation, err error) {
	var status, params, counts string
	var due, ended sql.NullInt64
	var created int64
	if err := scan(&op.ID, &op.Account, &op.Kind, &status, &params, &op.Place, &op.Total, &op.Done, &counts, &op.Message, &op.Author,
		&due, &op.Token, &op.Tries, &created, &ended); err != nil {
		return op, err
	}
	op.Status, op.Params = work.Status(status), json.RawMessage(params)
	op.DueAt, op.CreatedAt, op.EndedAt = fromNull(due), fromMilli(created), fromNull(ended)
	return op, fromJSON(counts, &op.Counts)
}

// countsOf is the document of an operation's counts.
func countsOf(op work.Operation) string {
	if len(op.Counts) == 0 {
		return "{}"
	}
	return toJSON(op.Counts)
}

// CreateOperation implements work.Store.
func (db *DB) CreateOperation(ctx context.Context, op work.Operation) (int64, error) {
	return db.insert(ctx, `INSERT INTO operation (account_id, kind, status, params, place, total, counts, author, due_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		op.Account, op.Kind, string(op.Status), dropNUL(string(op.Params)), op.Place, op.Total, countsOf(op), op.Author, nullMilli(op.DueAt), milli(op.CreatedAt))
}

// Operation implements work.Store.
func (db *DB) Operation(ctx context.Context, acct, id int64) (work.Operation, error) {
	return single(ctx, db, "operation", `SELECT `+operationColumns+` FROM operation WHERE account_id = $1 AND id = $2`, []any{acct, id}, scanOperation)
}

// Operations implements work.Store.
func (db *DB) Operations(ctx context.Context, acct int64, q work.Query) ([]work.Operation, error) {
	where := newWhere(`account_id = ?`, acct)
	where.addIf(q.Kind != "", `kind = ?`, q.Kind)
	where.addIf(q.Live, `due_at IS NOT NULL`)
	where.addIf(q.Before != 0, `id < ?`, q.Before)
	return list(ctx, db, `SELECT `+operationColumns+` FROM operation WHERE `+where.text()+` ORDER BY id DESC LIMIT `+where.arg(q.Limit), where.args, scanOperation)
}

// StartOperation implements work.Store.
func (db *DB) StartOperation(ctx context.Context, op work.Operation) error {
	n, err := db.exec(ctx, `UPDATE operation SET status = $1, params = $2, total = $3, due_at = $4 WHERE account_id = $5 AND id = $6 AND status = 'draft'`,
		string(op.Status), dropNUL(string(op.Params)), op.Total, milli(op.DueAt), op.Account, op.ID)
	if err != nil || n > 0 {
		return err
	}
	found, err := db.Operation(ctx, op.Account, op.ID)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "the operation is %s: it was started before", found.Status)
}

// CancelOperation implements work.Store. A chunk holds the row's lock, so this waits for its end.
func (db *DB) CancelOperation(ctx context.Context, acct, id int64, author string, now time.Time) (bool, error) {
	n, err := db.exec(ctx, `UPDATE operation SET status = 'cancelled', message = $1, due_at = NULL, lease_until = 0, ended_at = $2
		WHERE account_id = $3 AND id = $4 AND status IN ('draft', 'waiting', 'running')`, "cancelled by "+author, milli(now), acct, id)
	return n > 0, err
}

// DeleteOperations implements work.Store.
func (db *DB) DeleteOperations(ctx context.Context, before time.Time) (n int64, err error) {
	err = db.InTx(ctx, func(ctx context.Context) error {
		gone, err := list(ctx, db, `SELECT id FROM operation WHERE ended_at < $1 OR (status = 'draft' AND created_at < $1) ORDER BY id LIMIT 1000 {skip}`,
			[]any{milli(before)}, scanID)
		if err != nil || len(gone) == 0 {
			return err
		}
		if _, err := db.exec(ctx, `DELETE FROM operation_file WHERE operation_id IN (SELECT CAST(j.value AS BIGINT) FROM {each $1})`, ids(gone)); err != nil {
			return err
		}
		n, err = db.exec(ctx, `DELETE FROM operation WHERE id IN (SELECT CAST(j.value AS BIGINT) FROM {each $1})`, ids(gone))
		return err
	})
	return n, err
}
