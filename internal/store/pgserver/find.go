package pgserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"tactus/internal/fault"
)

// places are where packages put PostgreSQL's server programs without adding them to PATH.
var places = []string{
	"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
	"/usr/pgsql-*/bin",                  // Red Hat, from the PostgreSQL project
	"/usr/libexec/postgresql*",          // Alpine
	"/opt/homebrew/opt/postgresql*/bin", // macOS
	"/usr/local/opt/postgresql*/bin",    // macOS on Intel
}

// find returns the folder that holds initdb and postgres: that of the initdb in PATH, else
// that of the newest version in the places where packages put it.
func find() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil && complete(filepath.Dir(target)) {
			return filepath.Dir(target), nil
		}
	}
	for _, place := range places {
		dirs, err := filepath.Glob(place)
		if err != nil {
			return "", fault.Wrap(fault.Internal, err, "look for PostgreSQL in %s", place)
		}
		slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
		for _, dir := range dirs {
			if complete(dir) {
				return dir, nil
			}
		}
	}
	return "", fault.New(fault.Unavailable, "PostgreSQL's programs initdb and postgres were not found in PATH or in %s; "+
		"install them (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql), "+
		"or name a running server in TACTUS_POSTGRES_URL", places[0])
}

func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// version returns the first number in a path, 0 when there is none.
func version(path string) int {
	start, end := -1, len(path)
	for i, r := range path {
		digit := r >= '0' && r <= '9'
		if digit && start < 0 {
			start = i
		}
		if !digit && start >= 0 {
			end = i
			break
		}
	}
	if start < 0 {
		return 0
	}
	n, err := strconv.Atoi(path[start:end])
	if err != nil {
		return 0
	}
	return n
}
