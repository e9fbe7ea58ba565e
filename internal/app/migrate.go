package app

import (
	"context"
	"errors"

	"tactus/internal/store"
)

// Migration says what migrating did, or would do.
type Migration struct {
	Before, Version int
	Pending         int
}

// Migrate brings a database to this program's schema; with check it only says what there is to do.
func Migrate(ctx context.Context, cfg Config, check bool) (m Migration, err error) {
	db, err := store.Open(ctx, cfg.DB, store.Options{})
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	state, err := db.SchemaState(ctx)
	if err != nil {
		return m, err
	}
	m = Migration{Before: state.Version, Version: state.Program, Pending: len(state.Pending)}
	if check || m.Pending == 0 {
		return m, nil
	}
	return m, db.Migrate(ctx)
}
