package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"regexp"
	"strconv"

	"tactus/internal/fault"
)

//go:embed migrations/*.sql
var files embed.FS

// SchemaState says how the database's schema and this program fit.
type SchemaState struct {
	Version int      // the newest migration in the database; 0 = empty
	Program int      // the newest migration that this program knows
	Oldest  int      // the oldest program, by its newest migration, that the schema serves
	Pending []string // names of migrations that this program would run
}

// migration is one numbered file. A line "-- oldest-program: N" in it says that programs whose newest
// migration is below N cannot work any more (ENG-15).
type migration struct {
	number   int
	name     string
	text     string
	checksum string
	oldest   int
}

var (
	fileName   = regexp.MustCompile(`^(\d{4})_[a-z0-9_]+\.sql$`)
	oldestLine = regexp.MustCompile(`(?m)^-- oldest-program: (\d+)$`)
)

// migrations reads the files of a directory, which must be numbered without gaps.
func migrations(dir fs.FS) ([]migration, error) {
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "list the migrations")
	}
	var all []migration
	for i, name := range names {
		part := fileName.FindStringSubmatch(name)
		if part == nil {
			return nil, fault.New(fault.Internal, "migration %s is not named 0001_name.sql", name)
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "read migration %s", name)
		}
		sum := sha256.Sum256(text)
		m := migration{name: name, text: string(text), checksum: hex.EncodeToString(sum[:8])}
		m.number, _ = strconv.Atoi(part[1]) // four digits
		if m.number != i+1 {
			return nil, fault.New(fault.Internal, "migration %s: the number %d is missing or taken twice", name, i+1)
		}
		if line := oldestLine.FindStringSubmatch(m.text); line != nil {
			if m.oldest, err = strconv.Atoi(line[1]); err != nil || m.oldest > m.number {
				return nil, fault.New(fault.Internal, "migration %s: its oldest program is not one up to itself", name)
			}
		}
		all = append(all, m)
	}
	return all, nil
}

// Migrate brings the schema up to this program's, each migration in a transaction of its own under a lock, so that
// nodes that start together run each once. A schema that is too new is refused (fault.Conflict).
func (db *DB) Migrate(ctx context.Context) error {
	dir, err := fs.Sub(files, "migrations")
	if err != nil {
		return fault.Wrap(fault.Internal, err, "find the migrations")
	}
	return db.migrate(ctx, dir)
}

// SchemaState compares the schema with this program.
func (db *DB) SchemaState(ctx context.Context) (SchemaState, error) {
	dir, err := fs.Sub(files, "migrations")
	if err != nil {
		return SchemaState{}, fault.Wrap(fault.Internal, err, "find the migrations")
	}
	all, err := migrations(dir)
	if err != nil {
		return SchemaState{}, err
	}
	var state SchemaState
	err = db.ReadTx(ctx, func(ctx context.Context) error {
		state, err = db.schemaState(ctx, all)
		return err
	})
	return state, err
}

// Schema names this program's schema by its content: any change of any migration changes it. Tests keep templates of
// databases under it, since a migration may still be edited before its release.
func Schema() (string, error) {
	dir, err := fs.Sub(files, "migrations")
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "find the migrations")
	}
	all, err := migrations(dir)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, m := range all {
		sum.Write([]byte(m.checksum))
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

func (db *DB) migrate(ctx context.Context, dir fs.FS) error {
	all, err := migrations(dir)
	if err != nil {
		return err
	}
	return db.migrateTo(ctx, all)
}

// migrateTo brings the schema up to the last of these migrations.
func (db *DB) migrateTo(ctx context.Context, all []migration) error {
	for again := true; again; {
		err := db.InTx(ctx, func(ctx context.Context) error {
			if lock := db.dialect.lockSchema(); lock != "" {
				if _, err := db.exec(ctx, lock); err != nil {
					return err
				}
			}
			state, err := db.schemaState(ctx, all)
			if err != nil {
				return err
			}
			if again = len(state.Pending) > 0; !again {
				return nil
			}
			return db.step(ctx, all[state.Version], state)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// step runs the next migration and records it.
func (db *DB) step(ctx context.Context, m migration, state SchemaState) error {
	if state.Version == 0 {
		if _, err := db.exec(ctx, schemaTables); err != nil {
			return err
		}
	}
	if _, err := db.exec(ctx, m.text); err != nil {
		return fault.Wrap(fault.CodeOf(err), err, "migration %s failed and was undone", m.name)
	}
	oldest := max(state.Oldest, m.oldest, 1)
	if _, err := db.exec(ctx, `UPDATE schema_info SET version = $1, oldest_program = $2`, m.number, oldest); err != nil {
		return err
	}
	_, err := db.exec(ctx, `INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, {now})`, m.number, m.name, m.checksum)
	return err
}

const schemaTables = `
CREATE TABLE schema_info (version BIGINT NOT NULL, oldest_program BIGINT NOT NULL);
INSERT INTO schema_info VALUES (0, 0);
CREATE TABLE schema_migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL);`

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
		return state, fault.New(fault.Conflict, "this database was changed by a newer Tactus (schema %d, which needs a program that knows schema %d; this one knows %d): "+
			"run that version or a newer one, or restore a backup from before the upgrade", state.Version, state.Oldest, state.Program)
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
