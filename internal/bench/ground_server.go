package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that the product uses

	"tactus/internal/fault"
	"tactus/internal/store/pgserver"
)

// server is a PostgreSQL server: one that somebody named, or one of our own that ends with the bench.
type server struct {
	base   *url.URL
	admin  *sql.DB
	prefix string
	made   map[string]bool
	halt   func() error
	data   string // the directory of a server of our own
}

// newServer starts a server with PostgreSQL's default settings, which wait for the disk, unless one is named.
func newServer(ctx context.Context, g *ground, named string) (*server, error) {
	s := &server{halt: func() error { return nil }, made: map[string]bool{}, prefix: fmt.Sprintf("tactus_bench_%x_", rand.Uint64())}
	if g.keep != "" {
		s.prefix = "tactus_bench_kept_"
	}
	address := named
	if named == "" {
		var err error
		dir := filepath.Join(g.temp, "pg")
		if g.keep != "" {
			dir = filepath.Join(g.keep, "pg")
		}
		s.data = filepath.Join(dir, "data")
		if address, s.halt, err = pgserver.Start(ctx, dir, "max_wal_size=1GB", "jit=on"); err != nil {
			return nil, err
		}
	}
	var err error
	if s.base, err = url.Parse(address); err != nil {
		return nil, errors.Join(fault.Wrap(fault.Invalid, err, "the URL of PostgreSQL cannot be read"), s.halt())
	}
	if s.admin, err = sql.Open("pgx", address); err == nil {
		err = s.admin.PingContext(ctx)
	}
	if err != nil {
		return nil, errors.Join(fault.Wrap(fault.Unavailable, err, "PostgreSQL does not answer"), s.halt())
	}
	return s, nil
}

func (s *server) name(name string) string { return s.prefix + name }

func (s *server) address(name string) string {
	u := *s.base
	u.Path = "/" + s.name(name)
	return u.String()
}

func (s *server) exists(ctx context.Context, name string) (bool, error) {
	var n int
	err := s.admin.QueryRowContext(ctx, "SELECT COUNT(*) FROM pg_database WHERE datname = $1", s.name(name)).Scan(&n)
	return n > 0, err
}

func (s *server) create(ctx context.Context, name string) error {
	return s.make(ctx, name, "template0", "")
}

// copy copies files, as servers before 15 always do: gigabytes that go through the log would still be on their way to the disk while the bench measures.
func (s *server) copy(ctx context.Context, from, to string) error {
	var version int
	if err := s.admin.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return err
	}
	how := ""
	if version >= 150000 {
		how = " STRATEGY file_copy"
	}
	return s.make(ctx, to, s.name(from), how)
}

func (s *server) make(ctx context.Context, name, template, how string) error {
	s.made[name] = true
	_, err := s.admin.ExecContext(ctx, fmt.Sprintf(`CREATE DATABASE "%s" TEMPLATE "%s"%s`, s.name(name), template, how))
	return err
}

func (s *server) drop(ctx context.Context, name string) error {
	delete(s.made, name)
	_, err := s.admin.ExecContext(ctx, fmt.Sprintf(`DROP DATABASE IF EXISTS "%s" WITH (FORCE)`, s.name(name)))
	return err
}

func (*server) open(address string) (*sql.DB, error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func (*server) settle(ctx context.Context, db *sql.DB) error {
	for _, text := range []string{"VACUUM (ANALYZE)", "CHECKPOINT"} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) notes(ctx context.Context) ([]string, error) {
	var out []string
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := s.admin.QueryRowContext(ctx, "SHOW "+name).Scan(&value); err != nil {
			return nil, err
		}
		if !strings.EqualFold(value, "on") {
			out = append(out, fmt.Sprintf("the server runs with %s=%s: what is committed may be lost, and the figures are too good", name, value))
		}
	}
	return out, nil
}

func (s *server) cpu() time.Duration {
	if s.data == "" {
		return 0
	}
	text, err := os.ReadFile(filepath.Join(s.data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		return 0
	}
	return cpuOfTree(pid)
}

// stop drops what was made, but for what is kept.
func (s *server) stop() error {
	var errs []error
	for name := range s.made {
		if strings.HasPrefix(s.prefix, "tactus_bench_kept_") && kept(name) {
			continue
		}
		errs = append(errs, s.drop(context.Background(), name))
	}
	return errors.Join(append(errs, s.admin.Close(), s.halt())...)
}

// kept reports whether a database is a finished fixture.
func kept(name string) bool {
	return strings.HasPrefix(name, "fixture_") && !strings.HasSuffix(name, "_making")
}
