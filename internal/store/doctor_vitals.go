package store

import (
	"context"
	"database/sql"
	"time"

	"tactus/internal/doctor"
)

// The doctor stops to count at a bound: past it, "very many" is all that is to be known.
const (
	mostSick    = 100_000
	mostGuards  = 10_000  // that are looked at
	mostCompare = 200_000 // enrollments of an account whose counts are compared
)

// Vitals implements doctor.Store.
func (db *DB) Vitals(ctx context.Context, acct int64, late time.Time) (v doctor.Vitals, err error) {
	err = db.ReadTx(ctx, func(ctx context.Context) error {
		var due sql.NullInt64
		bounded := func(from string) string { return `(SELECT COUNT(*) FROM (SELECT 1 FROM ` + from + ` LIMIT $2) q)` }
		// A status stands in the text: it is the condition of a partial index. A message that waits for its carrier's next try has no moment of its
		// own, it is the enrollment that is due then; so one that an enrollment still waits for is an answer that has not been brought (Unanswered).
		if err := db.get(ctx, `SELECT
			`+bounded(`enrollment e WHERE e.account_id = $1 AND e.due_at < $3`)+`,
			(SELECT MIN(e.due_at) FROM enrollment e WHERE e.account_id = $1 AND e.due_at IS NOT NULL),
			`+bounded(`message m WHERE m.account_id = $1 AND m.try_at IS NOT NULL AND m.status = 'ready'`)+`,
			`+bounded(`message m WHERE m.account_id = $1 AND m.status = 'waiting'`)+`,
			`+bounded(`message m WHERE m.account_id = $1 AND m.status = 'uncertain'`)+`,
			`+bounded(`enrollment e WHERE e.account_id = $1 AND e.wait = 'message' AND EXISTS (SELECT 1 FROM message m
				WHERE m.account_id = e.account_id AND m.enrollment_id = e.id AND m.enrollment_id > 0 AND m.run = e.run AND m.class = 'plan' AND m.status = 'held')`)+`,
			`+bounded(`enrollment e WHERE e.account_id = $1 AND e.status = 'paused' AND e.error <> ''`)+`,
			`+bounded(`operation o WHERE o.account_id = $1 AND o.due_at < $3 AND o.lease_until < {now}`)+`,
			`+bounded(`enrollment e WHERE e.account_id = $1 AND e.status = 'active' AND e.due_at IS NULL AND e.wait = ''`)+`,
			`+bounded(`message m WHERE m.account_id = $1 AND m.status = 'handing' AND m.lease_until < {now} - 60000`)+`,
			`+bounded(`enrollment e WHERE e.account_id = $1 AND e.wait = 'message' AND NOT EXISTS (SELECT 1 FROM message m
				WHERE m.account_id = e.account_id AND m.enrollment_id = e.id AND m.enrollment_id > 0 AND m.run = e.run AND m.class = 'plan'
					AND m.status IN ('ready', 'handing', 'held'))`)+`,
			(SELECT COUNT(*) FROM (SELECT account_id, enrollment_id, run FROM guard WHERE account_id = $1 LIMIT $4) g
				JOIN enrollment e ON e.id = g.enrollment_id AND e.account_id = g.account_id WHERE e.status = 'completed' AND g.run <= e.run)`,
			[]any{acct, mostSick, milli(late), mostGuards},
			&v.Overdue, &due, &v.Ready, &v.Waiting, &v.Uncertain, &v.Held, &v.Broken, &v.Stuck, &v.Timeless, &v.Unattended, &v.Forgotten, &v.Guards); err != nil {
			return err
		}
		v.OldestDue = fromNull(due)
		if v.Plans, err = list(ctx, db, `SELECT name || ': ' || problem FROM plan WHERE account_id = $1 AND problem <> '' ORDER BY name LIMIT 100`,
			[]any{acct}, func(scan scanFunc) (s string, err error) { return s, scan(&s) }); err != nil {
			return err
		}
		return db.compareCounts(ctx, acct, &v.Miscounted)
	})
	return v, err
}

// compareCounts counts the plans whose folded counts are not those of their enrollments; of very many enrollments it does not count them.
func (db *DB) compareCounts(ctx context.Context, acct int64, wrong *int) error {
	return db.get(ctx, `SELECT COUNT(*) FROM (SELECT c.plan_id, SUM(c.active) AS a, SUM(c.paused) AS p, SUM(c.stopped) AS s, SUM(c.completed) AS d
			FROM plan_count c WHERE c.account_id = $1 GROUP BY c.plan_id) c
		WHERE (SELECT COUNT(*) FROM (SELECT 1 FROM enrollment e WHERE e.account_id = $1 LIMIT $2) q) < $2
			AND EXISTS (SELECT 1 FROM (SELECT COUNT(*) AS n, SUM(CASE WHEN e.status = 'active' THEN 1 ELSE 0 END) AS a, SUM(CASE WHEN e.status = 'paused' THEN 1 ELSE 0 END) AS p,
				SUM(CASE WHEN e.status = 'stopped' THEN 1 ELSE 0 END) AS s, SUM(CASE WHEN e.status = 'completed' THEN 1 ELSE 0 END) AS d
				FROM enrollment e WHERE e.account_id = $1 AND e.plan_id = c.plan_id) t
			WHERE COALESCE(t.a, 0) <> c.a OR COALESCE(t.p, 0) <> c.p OR COALESCE(t.s, 0) <> c.s OR COALESCE(t.d, 0) <> c.d)`,
		[]any{acct, mostCompare}, wrong)
}
