package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ENG-15: a program must not notice a column that a later one has added, so every statement names its columns.
func TestStatementsNameTheirColumns(t *testing.T) {
	t.Parallel()
	nameless := regexp.MustCompile(`(?i)\b(SELECT|RETURNING)\s+(\w+\.)?\*|\bINSERT INTO \w+ (VALUES|SELECT)\b`)
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) < 20 {
		t.Fatal(len(names), err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range nameless.FindAllString(string(text), -1) {
			t.Errorf("%s: %s", name, found)
		}
	}
}
