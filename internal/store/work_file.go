package store

import (
	"context"

	"tactus/internal/fault"
)

// AppendFile implements work.Store. Parts of one file are added one after another: within the operation's chunks, or by its upload.
func (db *DB) AppendFile(ctx context.Context, acct, op int64, name string, part []byte) error {
	if len(part) == 0 {
		return nil
	}
	n, err := db.exec(ctx, `INSERT INTO operation_file (operation_id, account_id, name, at, body)
		SELECT o.id, o.account_id, CAST($1 AS TEXT), COALESCE((SELECT f.at + LENGTH(f.body) FROM operation_file f
			WHERE f.operation_id = o.id AND f.name = $1 ORDER BY f.at DESC LIMIT 1), 0), $2
		FROM operation o WHERE o.account_id = $3 AND o.id = $4`, name, part, acct, op)
	return one(n, err, "operation")
}

// FilePart implements work.Store.
func (db *DB) FilePart(ctx context.Context, acct, op int64, name string, offset int64) ([]byte, error) {
	var part []byte
	var at int64
	err := db.get(ctx, `SELECT at, body FROM operation_file WHERE operation_id = $1 AND account_id = $2 AND name = $3 AND at <= $4 ORDER BY at DESC LIMIT 1`,
		[]any{op, acct, name, offset}, &at, &part)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return part[min(offset-at, int64(len(part))):], nil
}

// FileSize implements work.Store.
func (db *DB) FileSize(ctx context.Context, acct, op int64, name string) (size int64, err error) {
	err = db.get(ctx, `SELECT COALESCE((SELECT at + LENGTH(body) FROM operation_file
		WHERE operation_id = $1 AND account_id = $2 AND name = $3 ORDER BY at DESC LIMIT 1), 0)`, []any{op, acct, name}, &size)
	return size, err
}
