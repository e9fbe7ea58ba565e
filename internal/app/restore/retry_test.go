package restore_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"tactus/internal/app/restore"
	"tactus/internal/backup"
)

// DEC-18: a restore on PostgreSQL that lost against another transaction begins anew, with the backup's first row.
func TestLostDeadlock(t *testing.T) {
	t.Parallel()
	o := office(t, fresh(t, "sqlite"), now().Add(-day))
	o.Leads(20)
	path := take(t, o)
	address := fresh(t, "postgres")
	db, tries := empty(t, address), 0
	must(t, restore.Load(t.Context(), settings(t, address), path, db, func(ctx context.Context, r *backup.Reader, progress func(int64)) error {
		if err := db.Load(ctx, r, progress); err != nil {
			return err
		}
		if tries++; tries < 3 {
			return &pgconn.PgError{Severity: "ERROR", Code: "40P01", Message: "deadlock detected"}
		}
		return nil
	}))
	var contacts int
	for _, line := range rows(t, db) {
		if strings.HasPrefix(line, `{"table":"contact",`) {
			contacts++
		}
	}
	if tries != 3 || contacts != 20+1 { // and the line that begins the table
		t.Errorf("%d tries, %d lines of contacts", tries, contacts)
	}
}
