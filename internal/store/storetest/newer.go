package storetest

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// Newer makes a migrated database one that a later program has changed, such that this one no longer understands it.
func Newer(ctx context.Context, address string) (err error) {
	driver := "sqlite"
	if strings.Contains(address, "://") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, "UPDATE schema_info SET version = 9999, oldest_program = 9999")
	return err
}
