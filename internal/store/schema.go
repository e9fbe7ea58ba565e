package store

import (
	"context"

	"tactus/internal/fault"
)

// TopicSchema is signalled when a migration has run, or is about to be run that running programs cannot live with.
const TopicSchema = "schema"

// SchemaState says how the database's schema and this program fit.
type SchemaState struct {
	Version int      // the newest migration in the database; 0 = empty
	Program int      // the newest migration that this program knows
	Oldest  int      // the oldest program, by its newest migration, that the schema serves
	Pending []string // names of migrations that this program would run
}

const schemaTables = `
CREATE TABLE schema_info (version BIGINT NOT NULL, oldest_program BIGINT NOT NULL);
INSERT INTO schema_info (version, oldest_program) VALUES (0, 0);
CREATE TABLE schema_migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL);`

// SchemaState compares the schema with this program. A schema that this program cannot work on is fault.Conflict.
func (db *DB) SchemaState(ctx context.Context) (state SchemaState, err error) {
	err = db.ReadTx(ctx, func(ctx context.Context) error {
		state, err = db.schemaState(ctx, db.migrations)
		return err
	})
	return state, err
}

// schemaState reads what is there and refuses what this program cannot work on.
func (db *DB) schemaState(ctx context.Context, all []migration) (SchemaState, error) {
	state := SchemaState{Program: len(all)}
	there := 0
	err := db.each(ctx, db.dialect.hasTable(), []any{"schema_info"}, func(scan scanFunc) error { return scan(&there) })
	if err != nil {
		return state, err
	}
	if there > 0 {
		if err := db.get(ctx, `SELECT version, oldest_program FROM schema_info`, nil, &state.Version, &state.Oldest); err != nil {
			return state, err
		}
	}
	if state.Oldest > state.Program {
		return state, tooNew(state.Oldest, state.Program)
	}
	for i := state.Version; i < len(all); i++ {
		state.Pending = append(state.Pending, all[i].name)
	}
	if there == 0 {
		return state, nil
	}
	return state, db.each(ctx, `SELECT number, name, checksum FROM schema_migration`, nil, func(scan scanFunc) error {
		var n int
		var name, sum string
		if err := scan(&n, &name, &sum); err != nil {
			return err
		}
		if n <= len(all) && all[n-1].checksum != sum {
			return fault.New(fault.Conflict, "migration %s differs from the one that made this database: it was made by another build; use that build or a new database", name)
		}
		return nil
	})
}

// tooNew refuses a schema that has gone past a program.
func tooNew(oldest, program int) error {
	return fault.New(fault.Conflict, "this database was changed by a newer Tactus: it needs a program that knows schema %d, this one knows %d. "+
		"Run that version or a newer one, or restore a backup from before the upgrade", oldest, program)
}
