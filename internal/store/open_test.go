package store_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func TestSecondOpenIsRefused(t *testing.T) { // ENG-15
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "tactus.db")
	storetest.Open(t, path)
	alias := filepath.Join(dir, "alias.db")
	if err := os.Symlink(path, alias); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, alias, "file:" + path} {
		_, err := store.Open(t.Context(), name, store.Options{})
		if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "process id "+strconv.Itoa(os.Getpid())) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLockEndsWithItsProcess kills a process that holds the lock: nothing needs repair by hand (ENG-1).
func TestLockEndsWithItsProcess(t *testing.T) {
	if path := os.Getenv("TACTUS_TEST_HOLD"); path != "" {
		storetest.Open(t, path)
		_, _ = os.Stdout.WriteString("held\n")
		select {}
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tactus.db")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLockEndsWithItsProcess$")
	cmd.Env = append(os.Environ(), "TACTUS_TEST_HOLD="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 5)
	if _, err := out.Read(line); err != nil || string(line) != "held\n" {
		t.Fatalf("%q %v", line, err)
	}
	_, err = store.Open(t.Context(), path, store.Options{})
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), strconv.Itoa(cmd.Process.Pid)) {
		t.Errorf("while it lives: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	storetest.Open(t, path)
}

func TestOpenRefusals(t *testing.T) {
	t.Parallel()
	notADatabase := filepath.Join(t.TempDir(), "letter.txt")
	if err := os.WriteFile(notADatabase, []byte(strings.Repeat("Dear Sir or Madam, ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for address, code := range map[string]fault.Code{
		"":                             fault.Invalid,
		"/nowhere/at/all/tactus.db":    fault.Unavailable,
		notADatabase:                   fault.Internal,
		"postgres://x@127.0.0.1:1/x":   fault.Unavailable,
		"postgres://x@127.0.0.1:port/": fault.Invalid,
	} {
		if _, err := store.Open(t.Context(), address, store.Options{}); !fault.Is(err, code) {
			t.Errorf("%s: %v is not %s", address, err, code)
		}
	}
}

func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?#%.db")
	storetest.Open(t, path)
	for _, name := range []string{path, path + "-wal"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
}
