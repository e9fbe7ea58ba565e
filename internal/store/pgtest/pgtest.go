// Package pgtest gives tests their own PostgreSQL databases.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tactus/internal/store/pgserver"
)

// patience bounds one administrative step; many tests make databases at the same time.
const patience = 60 * time.Second

// URL returns a fresh, empty database, which is dropped when the test ends, with whoever is
// still connected. The server is the one that TACTUS_POSTGRES_URL names (a URL whose user
// may create databases), else this machine's throw-away server (pgserver.Shared). Without
// a server the test fails and says what to install: PostgreSQL is never skipped (HOUSE-4).
func URL(t testing.TB) string {
	t.Helper()
	s := serverOf(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.fresh(ctx, t, "template0")
}

// Copy is URL with what fill puts into a database. On the throw-away server fill runs once for
// all tests that give the same name (lower case letters and digits), which says what fill does;
// their databases are copies. fill gets a URL and closes all connections that it opens.
func Copy(t testing.TB, name string, fill func(ctx context.Context, url string) error) string {
	t.Helper()
	s := serverOf(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if s.theirs { // nothing is left behind there
		u := s.fresh(ctx, t, "template0")
		if err := fill(ctx, u); err != nil {
			t.Fatalf("PostgreSQL: fill a database: %v", err)
		}
		return u
	}
	template := "tactus_template_" + name
	if err := s.template(ctx, template, fill); err != nil {
		t.Fatalf("PostgreSQL: make the template of a database: %v", err)
	}
	return s.fresh(ctx, t, template)
}

// server is where databases are made.
type server struct {
	url    *url.URL
	theirs bool // named by the environment, not ours to leave templates on
}

func serverOf(t testing.TB) server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	address := os.Getenv("TACTUS_POSTGRES_URL")
	theirs := address != ""
	if !theirs {
		var err error
		if address, err = pgserver.Shared(ctx); err != nil {
			t.Fatalf("PostgreSQL: %v", err)
		}
	}
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		t.Fatal("TACTUS_POSTGRES_URL is not of the form postgres://user:password@host:port/database")
	}
	return server{u, theirs}
}

// named is the URL of one of the server's databases.
func (s server) named(database string) string {
	u := *s.url
	u.Path = "/" + database
	return u.String()
}

// fresh makes a database from a template and drops it when the test ends.
func (s server) fresh(ctx context.Context, t testing.TB, template string) string {
	t.Helper()
	name := "tactus_test_" + strings.ToLower(rand.Text())
	if err := s.execute(ctx, "create database "+name+" template "+template); err != nil {
		t.Fatalf("PostgreSQL: make a database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.execute(ctx, "drop database if exists "+name+" with (force)"); err != nil {
			t.Errorf("PostgreSQL: drop the test's database: %v", err)
		}
	})
	return s.named(name)
}

// templateLock keeps two processes from making a template at the same time; any number will do.
const templateLock = 7_413_350_117

// template makes a template unless the server has it: filled under another name first, so that
// what bears the name is complete.
func (s server) template(ctx context.Context, name string, fill func(context.Context, string) error) (err error) {
	conn, err := pgx.Connect(ctx, s.url.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }() // gives the lock back as well
	there := func() (ok bool, err error) {
		err = conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&ok)
		return ok, err
	}
	if ok, err := there(); ok || err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", templateLock); err != nil {
		return err
	}
	if ok, err := there(); ok || err != nil {
		return err
	}
	unfinished := name + "_" + strings.ToLower(rand.Text())
	if _, err := conn.Exec(ctx, "create database "+unfinished+" template template0"); err != nil {
		return err
	}
	if err := fill(ctx, s.named(unfinished)); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "alter database "+unfinished+" rename to "+name)
	return err
}

func (s server) execute(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.url.String())
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}
