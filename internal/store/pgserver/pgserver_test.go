//go:build unix

package pgserver_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tactus/internal/fault"
	"tactus/internal/store/pgserver"
)

func TestStartKeepsItsDataOverARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url, stop, err := pgserver.Start(t.Context(), dir, "fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	execute(t, url, "create table kept (id bigint primary key)")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		t.Error("the server answers after stop")
		_ = conn.Close(t.Context())
	}
	again, stop, err := pgserver.Start(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if again != url {
		t.Errorf("the URL changed over a restart: %s, then %s", url, again)
	}
	execute(t, again, "insert into kept values (1)")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func TestStartReportsWhatTheServerSaid(t *testing.T) {
	t.Parallel()
	_, _, err := pgserver.Start(t.Context(), t.TempDir(), "no_such_setting=1")
	if !fault.Is(err, fault.Unavailable) {
		t.Fatalf("got %v, want an unavailable fault", err)
	}
}

func TestStartRefusesAPathTooLongForASocket(t *testing.T) {
	t.Parallel()
	_, _, err := pgserver.Start(t.Context(), filepath.Join(t.TempDir(), string(make([]byte, 100))))
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("got %v, want an invalid fault", err)
	}
}

func TestSharedIsOneServer(t *testing.T) {
	t.Parallel()
	urls := make([]string, 8)
	var group sync.WaitGroup
	for i := range urls {
		group.Go(func() {
			url, err := pgserver.Shared(t.Context())
			if err != nil {
				t.Error(err)
			}
			urls[i] = url
		})
	}
	group.Wait()
	for _, url := range urls {
		if url != urls[0] {
			t.Errorf("two servers: %s and %s", urls[0], url)
		}
	}
	execute(t, urls[0], "select 1")
}

// TestServerEndsWithItsStarter runs this test again in a child process, which starts a
// server and is killed.
func TestServerEndsWithItsStarter(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv("TACTUS_PGSERVER_CHILD"); dir != "" {
		if _, _, err := pgserver.Start(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServerEndsWithItsStarter$")
	child.Env = append(os.Environ(), "TACTUS_PGSERVER_CHILD="+dir)
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the child was not killed: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); errors.Is(err, os.ErrNotExist) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal("the server runs on after its starter was killed")
		case <-tick.C:
		}
	}
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}
