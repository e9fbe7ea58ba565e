package store

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"tactus/internal/fault"
)

//go:embed migrations/*.sql
var files embed.FS

// migration is one numbered file. Two lines in it mean something, each alone on its line:
//
//	-- oldest-program: N   programs whose newest migration is below N cannot work any more (ENG-15)
//	-- no-transaction      indexes of big tables, made while others write; see indexStatement
type migration struct {
	number     int
	name       string
	text       string
	checksum   string
	oldest     int
	concurrent []string // the statements of a file without a transaction
}

var (
	fileName   = regexp.MustCompile(`^(\d{4})_[a-z0-9_]+\.sql$`)
	oldestLine = regexp.MustCompile(`(?m)^-- oldest-program: (\d+)$`)
	noTxLine   = regexp.MustCompile(`(?m)^-- no-transaction$`)
	comment    = regexp.MustCompile(`(?m)--.*$`)
	// indexStatement is all that may stand in a file without a transaction: what can be begun again after a crash in its
	// middle, and changes nothing that a program sees.
	indexStatement = regexp.MustCompile(`^(?:CREATE (?:UNIQUE )?INDEX \{concurrently\} IF NOT EXISTS|DROP INDEX \{concurrently\} IF EXISTS) ([a-z0-9_]+)\b`)
)

// Migrations are those that this program is made with, as files.
func Migrations() (fs.FS, error) {
	dir, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "find the migrations")
	}
	return dir, nil
}

// migrations reads the files of a directory, which must be numbered without gaps.
func migrations(dir fs.FS) ([]migration, error) {
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "list the migrations")
	}
	var all []migration
	for i, name := range names {
		m, err := readMigration(dir, name)
		if err != nil {
			return nil, err
		}
		if m.number != i+1 {
			return nil, fault.New(fault.Internal, "migration %s: the number %d is missing or taken twice", name, i+1)
		}
		all = append(all, m)
	}
	return all, nil
}

func readMigration(dir fs.FS, name string) (migration, error) {
	m := migration{name: name}
	part := fileName.FindStringSubmatch(name)
	if part == nil {
		return m, fault.New(fault.Internal, "migration %s is not named 0001_name.sql", name)
	}
	m.number, _ = strconv.Atoi(part[1]) // four digits
	text, err := fs.ReadFile(dir, name)
	if err != nil {
		return m, fault.Wrap(fault.Internal, err, "read migration %s", name)
	}
	sum := sha256.Sum256(text)
	m.text, m.checksum = string(text), hex.EncodeToString(sum[:8])
	if line := oldestLine.FindStringSubmatch(m.text); line != nil {
		if m.oldest, err = strconv.Atoi(line[1]); err != nil || m.oldest > m.number {
			return m, fault.New(fault.Internal, "migration %s: its oldest program is not one up to itself", name)
		}
	}
	if !noTxLine.MatchString(m.text) {
		return m, nil
	}
	for s := range strings.SplitSeq(comment.ReplaceAllString(m.text, ""), ";") {
		if s = squeeze(s); s == "" {
			continue
		}
		if !indexStatement.MatchString(s) {
			return m, fault.New(fault.Internal, "migration %s: without a transaction there is only CREATE INDEX {concurrently} IF NOT EXISTS and "+
				"DROP INDEX {concurrently} IF EXISTS, not: %s", name, s)
		}
		m.concurrent = append(m.concurrent, s)
	}
	return m, nil
}

// Schema names this program's schema by its content: any change of any migration changes it. Tests keep templates of
// databases under it, since a migration may still be edited before its release.
func Schema() (string, error) {
	dir, err := Migrations()
	if err != nil {
		return "", err
	}
	all, err := migrations(dir)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, m := range all {
		sum.Write([]byte(m.checksum))
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}
