package upgrade_test

import (
	"os"
	"path/filepath"
	"testing"

	"tactus/internal/channel/smtptest"
	"tactus/internal/store"
	"tactus/internal/store/pgtest"
)

// Each of these is killed in the middle of a migration that has already written and does not end by itself; the next start finds
// nothing half and goes on.

const repaired = "CREATE TABLE half (n BIGINT NOT NULL);"

func TestKilledInMigrationOnSQLite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "tactus.db")
	n := newNode(t, file, "smtp+plain://"+smtptest.Start(t, smtptest.Options{}).Addr)
	n.start("")
	n.stop()
	// More than the cache holds, so that the transaction reaches the disk before it is over.
	n.begin(version(t, `CREATE TABLE half (b BLOB);
INSERT INTO half (b) WITH RECURSIVE i (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM i WHERE n < 90) SELECT zeroblob(1000000) FROM i;
CREATE TABLE never AS WITH RECURSIVE i (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM i) SELECT COUNT(*) AS n FROM i;`))
	n.wait("it has written", func() bool {
		info, err := os.Stat(file + "-wal")
		return err == nil && info.Size() > 1<<20
	})
	n.kill()
	n.start("") // the old version goes on as if nothing had been
	n.stop()
	n.start(version(t, repaired))
	n.stop()
	migrated(t, file)
}

func TestKilledInMigrationOnPostgreSQL(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	n := newNode(t, url, "smtp+plain://"+smtptest.Start(t, smtptest.Options{}).Addr)
	n.start("")
	n.stop()
	see := pgtest.Connect(t, url)
	n.begin(version(t, "CREATE TABLE half (n BIGINT); SELECT pg_sleep(3600);"))
	n.wait("it sleeps", func() bool {
		sleeps := false
		err := see.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep')`).Scan(&sleeps)
		return err == nil && sleeps
	})
	n.kill()
	n.start(version(t, repaired)) // the server notices that the dead process is gone, and gives its lock back
	n.stop()
	migrated(t, url)
}

// migrated opens a database as the later version does and finds it whole.
func migrated(t *testing.T, address string) {
	t.Helper()
	db, err := store.Open(t.Context(), address, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := db.SchemaState(t.Context())
	if err != nil || state.Version != state.Program+1 {
		t.Errorf("%+v %v", state, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
