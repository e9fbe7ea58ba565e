package pgtest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"tactus/internal/store/pgtest"
)

func TestURLGivesEachCallerItsOwnDatabase(t *testing.T) {
	t.Parallel()
	first, second := pgtest.URL(t), pgtest.URL(t)
	if first == second {
		t.Fatalf("two calls gave the same database %s", first)
	}
	for _, url := range []string{first, second} {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "create table a (b bigint primary key)"); err != nil {
			t.Errorf("the database is not empty: %v", err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestURLDropsTheDatabaseWithItsConnections(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("user", func(t *testing.T) {
		url = pgtest.URL(t)
		if _, err := pgx.Connect(t.Context(), url); err != nil { // left open on purpose
			t.Fatal(err)
		}
	})
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		t.Errorf("the database outlived its test")
		_ = conn.Close(t.Context())
	}
}

// Copies hold what the template holds, are apart from each other, and the template is filled once.
func TestCopy(t *testing.T) {
	t.Parallel()
	var filled atomic.Int32
	fill := func(ctx context.Context, url string) error {
		filled.Add(1)
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "create table filled as select 1 as n")
		return errors.Join(err, conn.Close(ctx))
	}
	name := strings.ToLower(rand.Text())
	for range 4 {
		t.Run("copy", func(t *testing.T) {
			t.Parallel()
			conn, err := pgx.Connect(t.Context(), pgtest.Copy(t, name, fill))
			if err != nil {
				t.Fatal(err)
			}
			var n int
			if err := conn.QueryRow(t.Context(), "update filled set n = n + 1 returning n").Scan(&n); err != nil || n != 2 {
				t.Errorf("n = %d, %v", n, err)
			}
			if err := conn.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		if n := filled.Load(); n != 1 && os.Getenv("TACTUS_POSTGRES_URL") == "" {
			t.Errorf("filled %d times", n)
		}
	})
}
