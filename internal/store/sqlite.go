package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"tactus/internal/fault"
)

type sqliteDialect struct{}

func (sqliteDialect) name() string              { return "SQLite" }
func (sqliteDialect) parameter(n string) string { return "?" + n }
func (sqliteDialect) lockSetup() string         { return "" } // BEGIN IMMEDIATE and the file's lock do it
func (sqliteDialect) hasTable() string {
	return `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1`
}

func (sqliteDialect) macro(word, arg string) (string, bool) {
	switch word {
	case "id":
		// AUTOINCREMENT: an id is never given twice, so that history cannot fall to a stranger.
		return "INTEGER PRIMARY KEY AUTOINCREMENT", true
	case "blob":
		return "BLOB", true
	case "key":
		return "TEXT", true
	case "norowid":
		return " WITHOUT ROWID", true
	case "lock", "skip":
		return "", true
	case "each":
		return "jsonb_each(" + arg + ") j", true
	case "inner":
		return "jsonb_each(" + arg + ") i", true
	case "by":
		return "= " + arg, true
	case "now":
		return "CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)", true
	case "concurrently":
		return "", true
	case "greatest":
		return "MAX(" + arg + ")", true
	case "hex", "unhex":
		return word + "(" + arg + ")", true
	case "row":
		return "json_array", true
	case "columns":
		return `(SELECT m.name AS tab, p.name AS col, p.type AS type, p.cid AS pos FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table') t`, true
	case "lastids":
		return `(SELECT name AS tab, seq AS last FROM sqlite_sequence) s`, true
	}
	return "", false
}

func (sqliteDialect) restartIDs(table string, last int64) string {
	return fmt.Sprintf(`DELETE FROM sqlite_sequence WHERE name = '%[1]s'; INSERT INTO sqlite_sequence (name, seq) VALUES ('%[1]s', %[2]d)`, table, last)
}

func (sqliteDialect) classify(err error) (class, bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return class{}, false
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return class{code: fault.Conflict, message: "it exists already"}, true
	}
	switch e.Code() {
	case sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC, sqlite3.SQLITE_IOERR_TRUNCATE, sqlite3.SQLITE_IOERR_SHMSIZE:
		return class{code: fault.Unavailable, message: "the database file cannot be written: the disk is full, or fails; see to it and try again"}, true
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return class{code: fault.Unavailable, message: "the database is busy; try again", retry: true}, true
	case sqlite3.SQLITE_FULL:
		return class{code: fault.Unavailable, message: "the disk is full; free some space and try again"}, true
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return class{code: fault.Unavailable, message: "the database file cannot be read or written"}, true
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return class{code: fault.Internal, message: "the file is not a sound SQLite database; restore a backup"}, true
	}
	return class{code: fault.Internal, message: "the database refused a statement"}, true
}

// filePath returns the path of a SQLite address, "" for a private database in memory.
func filePath(address string) (string, error) {
	path, isURI := strings.CutPrefix(address, "file:")
	if isURI {
		path, _, _ = strings.Cut(path, "?")
		var err error
		if path, err = url.PathUnescape(path); err != nil {
			return "", fault.Wrap(fault.Invalid, err, "the database address %q cannot be read", address)
		}
		if strings.HasPrefix(path, "///") {
			path = path[2:]
		}
	}
	if path == ":memory:" {
		return "", nil
	}
	if path == "" {
		return "", fault.New(fault.Invalid, "name the database: a file such as tactus.db, or postgres://user@host/database")
	}
	return path, nil
}

// Unfinished is the ending of the file that a restore is filling.
const Unfinished = ".restoring"

// File returns the path of a SQLite database's file as it is on the disk, "" of what is none: PostgreSQL, or a database in memory.
func File(address string) (string, error) {
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return "", nil
	}
	path, err := filePath(address)
	if err != nil || path == "" {
		return "", err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", fault.Wrap(fault.Internal, err, "find the database file")
	}
	return path, nil
}

const pragmas = "&_pragma=synchronous(FULL)&_pragma=cache_size(-65536)&_pragma=temp_store(MEMORY)&_pragma=mmap_size(268435456)&_pragma=foreign_keys(1)"

// openSQLite opens the writer, and for a file the readers beside it.
func openSQLite(ctx context.Context, address string) (*core, error) {
	path, err := filePath(address)
	if err != nil {
		return nil, err
	}
	c := &core{dialect: sqliteDialect{}}
	if path == "" {
		// The one connection is the database: nothing else may close it.
		if c.write, err = sqlitePool("file::memory:?_txlock=immediate"+pragmas, 1); err != nil {
			return nil, err
		}
		c.read, c.engine = c.write, c.write
		return c, nil
	}
	if path, err = prepareFile(path); err != nil {
		return nil, err
	}
	if _, err := os.Stat(path + Unfinished); err == nil {
		return nil, fault.New(fault.Conflict, "a restore of this database has not come to its end: run `tactus restore FILE` again, with --replace if it is refused, "+
			"or delete %s to go on without it", path+Unfinished)
	}
	if c.unlock, err = lockFile(path + ".lock"); err != nil {
		return nil, err
	}
	uri := fileURI(path)
	if c.write, err = sqlitePool(uri+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=auto_vacuum(2)&_pragma=journal_mode(WAL)"+pragmas, 1); err != nil {
		return nil, errors.Join(err, c.close())
	}
	if err := c.write.PingContext(ctx); err != nil { // creates the WAL before a reader looks
		return nil, errors.Join(c.fault(err), c.close())
	}
	if c.read, err = sqlitePool(uri+"?_txlock=deferred&_pragma=busy_timeout(10000)&_pragma=query_only(1)"+pragmas, readers); err != nil {
		return nil, errors.Join(err, c.close())
	}
	c.engine = c.write
	return c, nil
}

func fileURI(path string) string {
	return (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}).String()
}

// magic begins each SQLite file (https://sqlite.org/fileformat2.html, 1.3.1).
const magic = "SQLite format 3\x00"

// FoldJournal moves what a SQLite file's journal holds into the file, so that the file alone is the database. The caller holds its lock.
// A file that is none of SQLite's is left as it is: SQLite would throw its journal away.
func FoldJournal(ctx context.Context, path string) (err error) {
	head := make([]byte, len(magic))
	f, err := os.Open(path)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the database file cannot be opened")
	}
	_, err = io.ReadFull(f, head)
	if err = errors.Join(err, f.Close()); err != nil || string(head) != magic {
		return fault.New(fault.Conflict, "the file is not a SQLite database")
	}
	pool, err := sqlitePool(fileURI(path)+"?_txlock=immediate&_pragma=busy_timeout(10000)"+pragmas, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }() // the last connection removes the empty journal
	if _, err := pool.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return (&core{dialect: sqliteDialect{}}).fault(err)
	}
	return nil
}

// readers is how many connections read beside the writer.
const readers = 8

// prepareFile returns the file's own absolute path, so that two names of one file share a lock, and makes it private: it
// holds the settings of carriers.
func prepareFile(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "find the database file")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", fault.Wrap(fault.Unavailable, err, "the database file cannot be opened")
	}
	if err := f.Close(); err != nil {
		return "", fault.Wrap(fault.Unavailable, err, "the database file cannot be opened")
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", fault.Wrap(fault.Unavailable, err, "the database file cannot be found")
	}
	return path, nil
}

func sqlitePool(dsn string, connections int) (*sql.DB, error) {
	inner, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "open the database")
	}
	pool := sql.OpenDB(&wrapping{inner, prepares})
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, nil
}
