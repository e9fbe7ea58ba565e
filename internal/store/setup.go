package store

import "context"

// LockSetup implements account.Store: nodes that start together set an empty database up once.
func (db *DB) LockSetup(ctx context.Context) error {
	lock := db.dialect.lockSetup()
	if lock == "" {
		return nil
	}
	_, err := db.exec(ctx, lock)
	return err
}

// Mark returns what the database remembers under a name: what it had, else value, which it remembers from now on.
func (db *DB) Mark(ctx context.Context, name, value string) (kept string, err error) {
	err = db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.exec(ctx, `INSERT INTO mark (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, value); err != nil {
			return err
		}
		return db.get(ctx, `SELECT value FROM mark WHERE name = $1`, []any{name}, &kept)
	})
	return kept, err
}

// Unmark forgets what Mark remembers.
func (db *DB) Unmark(ctx context.Context, name string) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		_, err := db.exec(ctx, `DELETE FROM mark WHERE name = $1`, name)
		return err
	})
}

// Marked returns what the database remembers under a name; "" = nothing.
func (db *DB) Marked(ctx context.Context, name string) (value string, err error) {
	err = db.each(ctx, `SELECT value FROM mark WHERE name = $1`, []any{name}, func(scan scanFunc) error { return scan(&value) })
	return value, err
}
