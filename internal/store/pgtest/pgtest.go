// Package pgtest gives tests their own PostgreSQL databases.
package pgtest

import (
	"context"
	"crypto/rand"
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
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	server := os.Getenv("TACTUS_POSTGRES_URL")
	if server == "" {
		var err error
		if server, err = pgserver.Shared(ctx); err != nil {
			t.Fatalf("PostgreSQL: %v", err)
		}
	}
	u, err := url.Parse(server)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		t.Fatal("TACTUS_POSTGRES_URL is not of the form postgres://user:password@host:port/database")
	}
	name := "tactus_test_" + strings.ToLower(rand.Text())
	if err := execute(ctx, server, "create database "+name+" template template0"); err != nil {
		t.Fatalf("PostgreSQL: make a database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := execute(ctx, server, "drop database if exists "+name+" with (force)"); err != nil {
			t.Errorf("PostgreSQL: drop the test's database: %v", err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

func execute(ctx context.Context, server, sql string) error {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	if closeErr := conn.Close(ctx); err == nil {
		err = closeErr
	}
	return err
}
