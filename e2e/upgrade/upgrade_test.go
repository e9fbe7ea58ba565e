// Package upgrade changes the version of running servers: real processes on one database under load, of which one after the other
// is replaced by one that brings further migrations (ENG-15, 9-quality).
package upgrade_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	_ "time/tzdata"

	"tactus/internal/app"
	"tactus/internal/app/serve"
	"tactus/internal/store"
	"tactus/internal/store/pgtest"
)

const (
	asServer = "TACTUS_UPGRADE_AS_SERVER" // makes this test binary a server
	later    = "TACTUS_UPGRADE_LATER"     // a folder of migrations that the server has beside the program's own
)

func TestMain(m *testing.M) {
	if os.Getenv(asServer) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := server(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tactus:", err)
		os.Exit(1)
	}
}

// server is `tactus serve` of a version that nobody can get by a flag or a setting.
func server(ctx context.Context) error {
	cfg, err := app.LoadConfig("", os.Getenv, nil)
	if err != nil {
		return err
	}
	opt := serve.Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Version: "test"}
	if dir := os.Getenv(later); dir != "" {
		all := fstest.MapFS{}
		own, err := store.Migrations()
		if err != nil {
			return err
		}
		for _, from := range []fs.FS{own, os.DirFS(dir)} {
			names, err := fs.Glob(from, "*.sql")
			if err != nil {
				return err
			}
			for _, name := range names {
				data, err := fs.ReadFile(from, name)
				if err != nil {
					return err
				}
				all[name] = &fstest.MapFile{Data: data}
			}
		}
		opt.Store.Migrations = all
	}
	s, err := serve.StartWith(ctx, cfg, opt)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

// version makes a later version: its migrations, numbered after the program's own. $N in a text is the first one's number.
func version(t *testing.T, texts ...string) string {
	t.Helper()
	own, err := store.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(own, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	dir, first := t.TempDir(), len(names)+1
	for i, text := range texts {
		text = strings.ReplaceAll(text, "$N", fmt.Sprint(first))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d_later.sql", first+i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// expand is what a release may bring: nothing that the one before notices.
var expand = []string{
	"ALTER TABLE contact ADD COLUMN score BIGINT NOT NULL DEFAULT 0; ALTER TABLE enrollment ADD COLUMN score BIGINT NOT NULL DEFAULT 0;",
	"CREATE TABLE verdict (id {id}, account_id BIGINT NOT NULL, text TEXT NOT NULL); ALTER TABLE message ADD COLUMN verdict_id BIGINT;",
	"-- no-transaction\nCREATE INDEX {concurrently} IF NOT EXISTS history_kind ON history (account_id, kind, id);\n" +
		"CREATE INDEX {concurrently} IF NOT EXISTS message_verdict ON message (account_id, verdict_id) WHERE verdict_id IS NOT NULL;",
}

// ENG-15: nodes are replaced one after the other, under load; the old ones work on across the migration.
func TestRollingUpgrade(t *testing.T) {
	t.Parallel()
	o := newOffice(t, pgtest.URL(t), 2)
	next := version(t, expand...)
	o.begin()
	o.more(40)
	o.nodes[0].stop()
	o.nodes[0].start(next) // migrates beside the other, which is of the version before
	o.more(60)
	o.nodes[1].kill()
	o.more(20)
	o.nodes[1].start("") // the old version comes back: the schema serves it still
	o.more(40)
	o.nodes[1].stop()
	o.nodes[1].start(next)
	o.more(40)
	o.finish(1)
}

// ENG-15: a schema that names a newer program as its oldest ends the older ones, before it changes what they rely on.
func TestOlderNodesStop(t *testing.T) {
	t.Parallel()
	o := newOffice(t, pgtest.URL(t), 2)
	next := version(t, "-- oldest-program: $N\nALTER TABLE contact RENAME COLUMN language TO tongue; ALTER TABLE contact ADD COLUMN language TEXT NOT NULL DEFAULT '';")
	o.begin()
	o.more(40)
	o.nodes[0].stop()
	o.nodes[0].start(next)
	old := o.nodes[1]
	if code := old.exit(); code != 1 || !old.said("this database was changed by a newer Tactus") || !old.said("Run that version or a newer one") {
		t.Errorf("the old node ended with %d; it said so: %v", code, old.said("newer Tactus"))
	}
	if old.said("does not exist") {
		t.Error("the old node met the changed schema")
	}
	old.begin("")
	if code := old.exit(); code != 1 || !old.said("Run that version or a newer one") {
		t.Errorf("a new start of the old version: %d", code)
	}
	old.start(next)
	o.more(40)
	o.finish(0)
}
