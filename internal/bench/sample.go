package bench

import (
	"context"
	"database/sql"
	"strings"

	"tactus/internal/fault"
)

// sample is what our side wrote for one enrollment; the yardstick writes the same for all of them.
type sample struct {
	enrollment int64
	contact    int64
	after      []any   // of the enrollment: enrollmentColumns
	stage      int64   // of the contact
	assigned   int64   // of the contact
	history    [][]any // historyColumns
	guards     [][]any // run, round, step
	labels     []int64
	counts     int64            // rows of plan_count
	census     map[string]int64 // rows of every table afterwards
	rows       int64            // written: changed or new
}

// columns that moves write.
const (
	enrollmentColumns = "version_id, status, holders, run, due_at, wait, lane, state, problems, assigned_by, started_at, ended_at"
	historyColumns    = "version_id, run, round, step, kind, outcome, reason, due_at, at, author, detail"
	guardColumns      = "run, round, step"
)

// bounds are the newest rows before our side wrote.
type bounds struct{ history, counts, labels int64 }

func (r *raw) bounds(ctx context.Context) (b bounds, err error) {
	for _, q := range []struct {
		text string
		to   *int64
	}{
		{"SELECT MAX(id) FROM history", &b.history},
		{"SELECT MAX(id) FROM plan_count", &b.counts},
		{"SELECT COUNT(*) FROM contact_label", &b.labels},
	} {
		if *q.to, err = r.number(ctx, q.text); err != nil {
			return b, err
		}
	}
	return b, nil
}

// sample reads what became of the first enrollment, and counts.
func (r *raw) sample(ctx context.Context, before bounds) (s sample, err error) {
	if s.enrollment, err = r.number(ctx, "SELECT MIN(id) FROM enrollment"); err != nil {
		return s, err
	}
	if s.contact, err = r.number(ctx, "SELECT contact_id FROM enrollment WHERE id = $1", s.enrollment); err != nil {
		return s, err
	}
	after, err := r.rows(ctx, "SELECT "+enrollmentColumns+" FROM enrollment WHERE id = $1", s.enrollment)
	if err != nil {
		return s, err
	}
	s.after = after[0]
	if err := r.QueryRowContext(ctx, r.text("SELECT stage_id, assigned_id FROM contact WHERE id = $1"), s.contact).Scan(&s.stage, &s.assigned); err != nil {
		return s, err
	}
	if s.history, err = r.rows(ctx, "SELECT "+historyColumns+" FROM history WHERE enrollment_id = $1 AND id > $2 ORDER BY id", s.enrollment, before.history); err != nil {
		return s, err
	}
	if s.guards, err = r.rows(ctx, "SELECT "+guardColumns+" FROM guard WHERE enrollment_id = $1", s.enrollment); err != nil {
		return s, err
	}
	labels, err := r.rows(ctx, `SELECT c.label_id FROM contact_label c WHERE c.contact_id = $1 AND c.label_id NOT IN (SELECT id FROM label WHERE name = $2)`, s.contact, audience)
	if err != nil {
		return s, err
	}
	for _, l := range labels {
		id, _ := l[0].(int64)
		s.labels = append(s.labels, id)
	}
	if s.counts, err = r.number(ctx, "SELECT COUNT(*) FROM plan_count WHERE id > $1", before.counts); err != nil {
		return s, err
	}
	if s.census, err = r.census(ctx); err != nil {
		return s, err
	}
	s.rows = s.census["enrollment"] + s.census["contact"] + s.census["history"] - before.history + s.census["guard"] +
		s.census["contact_label"] - before.labels + s.counts
	return s, nil
}

// same fails when the yardstick left other numbers of rows than our side: then it would be no yardstick.
func (s *sample) same(ctx context.Context, r *raw) error {
	got, err := r.census(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if got[t] != s.census[t] {
			return fault.New(fault.Internal, "the yardstick left %d rows in %s, the product %d: they cannot be compared", got[t], t, s.census[t])
		}
	}
	return nil
}

// writeChunk is how many enrollments one transaction of the yardstick writes: the fastest of 1,000 to 100,000 on both.
const writeChunk = 10_000

// writeSteps writes for every enrollment what the engine wrote for the sample, on one connection: a few statements over ranges of
// ids, in the order of the keys, nothing asked and nothing decided.
func (s *sample) writeSteps(ctx context.Context, r *raw) error {
	last, err := r.number(ctx, "SELECT MAX(id) FROM enrollment")
	if err != nil {
		return err
	}
	if err := s.keepRows(ctx, r); err != nil {
		return err
	}
	labels := make([]string, len(s.labels))
	for i := range s.labels {
		labels[i] = "SELECT CAST(" + place(i+3) + " AS BIGINT) AS id"
	}
	return r.chunks(ctx, s.enrollment, last, writeChunk, func(tx *sql.Tx, from, to int64) error {
		for _, st := range []struct {
			text string
			args []any
		}{
			{"UPDATE enrollment SET " + assignments(enrollmentColumns, 3) + " WHERE id BETWEEN $1 AND $2", append([]any{from, to}, s.after...)},
			{"UPDATE contact SET stage_id = $3, assigned_id = $4, updated_at = updated_at + 1 WHERE id BETWEEN $1 AND $2", []any{from - s.enrollment + s.contact, to - s.enrollment + s.contact, s.stage, s.assigned}},
			{"INSERT INTO history (account_id, contact_id, enrollment_id, plan_id, " + historyColumns + ") SELECT e.account_id, e.contact_id, e.id, e.plan_id, " +
				"h." + strings.ReplaceAll(historyColumns, ", ", ", h.") + " FROM enrollment e CROSS JOIN bench_history h WHERE e.id BETWEEN $1 AND $2", []any{from, to}},
			{"INSERT INTO guard (account_id, enrollment_id, run, round, step) SELECT e.account_id, e.id, g.run, g.round, g.step " +
				"FROM enrollment e CROSS JOIN bench_guard g WHERE e.id BETWEEN $1 AND $2", []any{from, to}},
			{"INSERT INTO contact_label (account_id, contact_id, label_id) SELECT e.account_id, e.contact_id, l.id " +
				"FROM enrollment e CROSS JOIN (" + strings.Join(labels, " UNION ALL ") + ") l WHERE e.id BETWEEN $1 AND $2", append([]any{from, to}, anys(s.labels)...)},
		} {
			if err := r.exec(ctx, tx, st.text, st.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// keepRows puts the sample's history and guards into tables of the connection.
func (s *sample) keepRows(ctx context.Context, r *raw) error {
	for _, t := range []struct {
		name, columns string
		from          string
		rows          [][]any
	}{
		{"bench_history", historyColumns, "history", s.history},
		{"bench_guard", guardColumns, "guard", s.guards},
	} {
		if err := r.exec(ctx, r, "CREATE TEMP TABLE "+t.name+" AS SELECT "+t.columns+" FROM "+t.from+" WHERE account_id < 0"); err != nil {
			return err
		}
		for _, row := range t.rows {
			places := make([]string, len(row))
			for i := range row {
				places[i] = place(i + 1)
			}
			if err := r.exec(ctx, r, "INSERT INTO "+t.name+" ("+t.columns+") VALUES ("+strings.Join(places, ", ")+")", row...); err != nil {
				return err
			}
		}
	}
	return nil
}
