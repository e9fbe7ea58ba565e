//go:build unix

package restore_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// DEC-18, DEC-19: on a full disk, for which a limit on the size of files stands, a restore fails, says why and gives the room back; with room the next
// one comes to its end without being told to replace anything.
func TestRestoreOnAFullDisk(t *testing.T) {
	t.Parallel()
	f, dir := &fleet{}, t.TempDir()
	from, file := filepath.Join(dir, "from.db"), filepath.Join(dir, "a.backup")
	f.run(t, "migrate", "--db", from)
	f.run(t, "backup", file, "--db", from, "--state-dir", dir)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	restore := []string{"restore", file, "--db", filepath.Join(dir, "to.db"), "--state-dir", dir}
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `ulimit -f 400; exec "$0" "$@"`, self}, restore...)...)
	cmd.Env = append(os.Environ(), asServer+"=1")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "disk") {
		t.Fatalf("%v\n%s", err, out)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "to.db.restoring*")); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
	f.run(t, restore...)
}
