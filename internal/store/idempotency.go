package store

import (
	"context"
	"time"
)

// ReserveKey takes an Idempotency-Key for a request, in the transaction of ctx. When it is taken already, mine is false and the
// request that took it and its answer are returned; another transaction that holds the same key is waited for. Entries from
// before expired do not count.
func (db *DB) ReserveKey(ctx context.Context, account int64, key, request string, now, expired time.Time) (mine bool, kept struct {
	Request string
	Status  int
	Answer  []byte
}, err error,
) {
	if err := db.later(ctx, `DELETE FROM idempotency WHERE account_id = $1 AND idem_key = $2 AND at < $3`, account, key, milli(expired)); err != nil {
		return false, kept, err
	}
	n, err := db.exec(ctx, `INSERT INTO idempotency (account_id, idem_key, request, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id, idem_key) DO NOTHING`, account, key, request, milli(now))
	if err != nil || n > 0 {
		return err == nil, kept, err
	}
	err = db.get(ctx, `SELECT request, status, body FROM idempotency WHERE account_id = $1 AND idem_key = $2`,
		[]any{account, key}, &kept.Request, &kept.Status, &kept.Answer)
	return false, kept, err
}

// KeepAnswer keeps the answer of a key that this transaction has reserved.
func (db *DB) KeepAnswer(ctx context.Context, account int64, key string, status int, answer []byte) error {
	return db.later(ctx, `UPDATE idempotency SET status = $1, body = $2 WHERE account_id = $3 AND idem_key = $4`, status, answer, account, key)
}

// ForgetKeys deletes the entries of all accounts from before a moment and returns how many there were.
func (db *DB) ForgetKeys(ctx context.Context, before time.Time) (int64, error) {
	return db.inParts(ctx, `DELETE FROM idempotency WHERE (account_id, idem_key) IN (
		SELECT account_id, idem_key FROM idempotency WHERE at < $1 ORDER BY at LIMIT $2)`, milli(before))
}
