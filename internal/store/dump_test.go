package store_test

import (
	"database/sql"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// dump is a database as SQL text.
func dump(t *testing.T, kind, address string) string {
	t.Helper()
	if kind == "postgres" {
		return dumpPostgres(t, address)
	}
	return dumpSQLite(t, address)
}

func dumpPostgres(t *testing.T, address string) string {
	t.Helper()
	program := "pg_dump"
	if found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump"); err == nil && len(found) > 0 {
		program = found[0] // of the oldest version there is
	}
	out, err := exec.CommandContext(t.Context(), program, "--column-inserts", "--no-owner", "--no-privileges", "--no-comments", address).Output()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(out)) {
		switch {
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "--"), strings.HasPrefix(line, `\`): // psql's own
		case strings.HasPrefix(line, "SET "), strings.HasPrefix(line, "SELECT pg_catalog.set_config"): // of newer servers
		default:
			b.WriteString(line)
		}
	}
	return b.String()
}

func dumpSQLite(t *testing.T, file string) string {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ask := func(query string, args ...any) (out []string) {
		rows, err := db.QueryContext(t.Context(), query, args...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return out
	}
	var b strings.Builder
	for _, text := range ask(`SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type = 'index', name`) {
		fmt.Fprintln(&b, text+";")
	}
	for _, table := range ask(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`) {
		columns := ask(`SELECT name FROM pragma_table_info(?)`, table)
		var values []string
		for _, c := range columns {
			values = append(values, "quote("+c+")")
		}
		for _, row := range ask(`SELECT ` + strings.Join(values, ` || ', ' || `) + ` FROM ` + table + ` ORDER BY 1`) {
			fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES (%s);\n", table, strings.Join(columns, ", "), row)
		}
	}
	return b.String()
}
