package app_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"tactus/internal/app"
)

// A file gets its name whole and never takes the place of another, also where the file system knows no hard links.
func TestGiveName(t *testing.T) {
	t.Parallel()
	for name, link := range map[string]func(made, path string) error{
		"links": os.Link,
		"not permitted": func(made, path string) error {
			return &os.LinkError{Op: "link", Old: made, New: path, Err: syscall.EPERM}
		},
		"not supported": func(made, path string) error {
			return &os.LinkError{Op: "link", Old: made, New: path, Err: syscall.ENOTSUP}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			made, path := filepath.Join(dir, "made"), filepath.Join(dir, "name")
			write(t, made, "new")
			if err := app.GiveNameBy(link, made, path); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Lstat(made); read(t, path) != "new" || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("it holds %q; the first name: %v", read(t, path), err)
			}
			write(t, made, "newer")
			if err := app.GiveNameBy(link, made, path); !errors.Is(err, fs.ErrExist) || read(t, path) != "new" || read(t, made) != "newer" {
				t.Errorf("over a file: %v; it holds %q, the first name %q", err, read(t, path), read(t, made))
			}
			nowhere := filepath.Join(dir, "nowhere")
			if err := os.Symlink(filepath.Join(dir, "gone"), nowhere); err != nil {
				t.Fatal(err)
			}
			if err := app.GiveNameBy(link, made, nowhere); !errors.Is(err, fs.ErrExist) {
				t.Errorf("over a link to nowhere: %v", err)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
