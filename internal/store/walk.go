package store

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Walk is a statement whose plan goes through a whole table, so that its cost grows with what there is and not with what is to be done.
type Walk struct {
	Table     string
	Statement string
	Step      string // of the database's plan
}

// growing are the tables that grow with contacts and time. The others hold what people set up.
var growing = []string{
	"contact", "contact_address", "contact_label", "consent", "permission", "suppression", "event", "enrollment", "guard", "history",
	"start_count", "message", "message_body", "task", "idempotency",
}

// Walks finds them among the statements that this process has run on the database, but for those that skip has seen. It is for tests.
func (db *DB) Walks(ctx context.Context, skip func(statement string) bool) ([]Walk, error) {
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return nil, db.fault(err)
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	if db.Nodes() {
		// On small tables a walk is the cheapest plan; what remains when it costs as if the table were large has no other way.
		for _, s := range []string{"SET enable_seqscan = off", "SET plan_cache_mode = force_generic_plan"} {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				return nil, db.fault(err)
			}
		}
		defer func() { _, _ = conn.ExecContext(ctx, "RESET ALL") }() // the connection is the test's
	}
	var all []Walk
	var failed error
	db.texts.known.Range(func(_, value any) bool {
		st, ok := value.(statement)
		if !ok || !explainable.MatchString(st.text) || skip(st.text) {
			return true
		}
		var steps []string
		if steps, failed = db.planOf(ctx, conn, st.text); failed != nil {
			failed = fmt.Errorf("%w\n%s", failed, st.text)
			return false
		}
		all = append(all, walksOf(st.text, steps)...)
		return true
	})
	return all, failed
}

var (
	explainable = regexp.MustCompile(`^\s*(?i:SELECT|WITH|INSERT|UPDATE|DELETE)\b`)
	parameters  = regexp.MustCompile(`[?$](\d+)`)
	scanned     = regexp.MustCompile(`^\s*(?:->\s*)?(?:SCAN|Seq Scan on|Parallel Seq Scan on) (\w+)(?: (\w+))?`)
)

// planOf returns the steps of the database's plan for parameters that are not known.
func (db *DB) planOf(ctx context.Context, conn *sql.Conn, text string) ([]string, error) {
	most := 0
	for _, m := range parameters.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return nil, err
		}
		most = max(most, n)
	}
	none := make([]any, most)
	query := "EXPLAIN QUERY PLAN " + text
	if db.Nodes() {
		if _, err := conn.ExecContext(ctx, "PREPARE walk AS "+text); err != nil {
			return nil, err
		}
		defer func() { _, _ = conn.ExecContext(ctx, "DEALLOCATE walk") }() // it was made here
		query, none = "EXPLAIN EXECUTE walk", nil
		if most > 0 {
			query += "(" + strings.TrimSuffix(strings.Repeat("NULL,", most), ",") + ")"
		}
	}
	rows, err := conn.QueryContext(ctx, query, none...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // read to its end
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var steps []string
	for rows.Next() {
		var step string
		dest := make([]any, len(columns))
		for i := range dest {
			dest[i] = new(any)
		}
		dest[len(dest)-1] = &step
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, rows.Err()
}

// walksOf finds the steps that go through a growing table; SQLite names it by its alias.
func walksOf(text string, steps []string) []Walk {
	var all []Walk
	for _, step := range steps {
		m := scanned.FindStringSubmatch(step)
		if m == nil {
			continue
		}
		for _, table := range growing {
			alias := regexp.MustCompile(`(?i)\b` + table + `\s+(?:AS\s+)?` + m[1] + `\b`)
			if m[1] == table || alias.MatchString(text) {
				all = append(all, Walk{Table: table, Statement: strings.Join(strings.Fields(text), " "), Step: strings.TrimSpace(step)})
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b Walk) int { return strings.Compare(a.Statement, b.Statement) })
	return all
}
