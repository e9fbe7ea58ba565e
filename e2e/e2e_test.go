// Package e2e drives the real binary from outside: commands in files, real servers, both databases.
package e2e_test

import (
	"path/filepath"
	"testing"
	_ "time/tzdata"

	"github.com/rogpeppe/go-internal/testscript"

	"tactus/e2e/process"
	"tactus/internal/store/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tactus": func() { process.Main(nil) },
	})
}

// scripts are those of every database, and those of one only.
func scripts(t *testing.T, db string) []string {
	var all []string
	for _, dir := range []string{"script", db} {
		found, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no scripts in %s: %v", dir, err)
		}
		all = append(all, found...)
	}
	return all
}

// TestScripts runs every script on SQLite and on PostgreSQL. A script sees its database as $TACTUS_DB, and has the commands of kit_test.go:
// mail servers, waiting until something is so.
func TestScripts(t *testing.T) {
	t.Parallel()
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, testscript.Params{
				Files:               scripts(t, db),
				RequireExplicitExec: true,
				Cmds:                commands(),
				Setup: func(env *testscript.Env) error {
					env.Setenv("TACTUS_DB", "tactus.db")
					if db == "postgres" {
						env.Setenv("TACTUS_DB", pgtest.URL(env.T().(testing.TB))) //nolint:errcheck // testscript runs under a testing.T
					}
					env.Setenv("DB", db)
					env.Setenv("TACTUS_STATE_DIR", env.WorkDir)
					env.Setenv("TACTUS_LISTEN", "127.0.0.1:0")
					env.Setenv("HOME", env.WorkDir)
					env.Values[kitKey{}] = newKit()
					env.Defer(func() { env.Values[kitKey{}].(*kit).close() }) //nolint:errcheck // put there above
					return nil
				},
			})
		})
	}
}
