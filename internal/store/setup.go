package store

import "context"

// LockSetup implements account.Store: nodes that start together set an empty database up once.
func (db *DB) LockSetup(ctx context.Context) error {
	lock := db.dialect.lockSchema()
	if lock == "" {
		return nil
	}
	_, err := db.exec(ctx, lock)
	return err
}

// Secret returns the installation's secret of that name, which all of its nodes share: the one kept, else fresh, which is kept from now on.
func (db *DB) Secret(ctx context.Context, name string, fresh []byte) ([]byte, error) {
	var kept []byte
	err := db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.exec(ctx, `INSERT INTO secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, fresh); err != nil {
			return err
		}
		return db.get(ctx, `SELECT value FROM secret WHERE name = $1`, []any{name}, &kept)
	})
	return kept, err
}
