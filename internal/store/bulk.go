package store

import (
	"context"
	"strings"

	"tactus/internal/bulk"
	"tactus/internal/plan"
)

var _ bulk.Store = (*DB)(nil)

// Newest implements bulk.Store.
func (db *DB) Newest(ctx context.Context, acct int64) (contact, enrollment int64, err error) {
	err = db.get(ctx, `SELECT COALESCE((SELECT MAX(id) FROM contact WHERE account_id = $1), 0),
		COALESCE((SELECT MAX(e.id) FROM enrollment e WHERE e.account_id = $1), 0)`, []any{acct}, &contact, &enrollment)
	return contact, enrollment, err
}

// statusesOf are the statuses that a selection names; each is a range of the index enrollment_plan.
func statusesOf(r bulk.Runs) []plan.Status {
	if len(r.Status) == 0 {
		return []plan.Status{plan.Active, plan.Paused, plan.Stopped, plan.Completed}
	}
	return r.Status
}

// EnrollmentIDs implements bulk.Store. Each status gives its first ids in order, so that a chunk costs its own size.
func (db *DB) EnrollmentIDs(ctx context.Context, acct int64, r bulk.Runs, after int64, limit int) ([]int64, error) {
	w := &where{}
	own := `account_id = ` + w.arg(acct) + ` AND plan_id = ` + w.arg(r.Plan) + ` AND id > ` + w.arg(after)
	if r.OlderThan != 0 {
		own += ` AND version_id < ` + w.arg(r.OlderThan)
	}
	n := w.arg(limit)
	var parts []string
	for _, s := range statusesOf(r) {
		parts = append(parts, `SELECT id FROM (SELECT id FROM enrollment WHERE `+own+` AND status = `+w.arg(string(s))+` ORDER BY id LIMIT `+n+`) p`)
	}
	return list(ctx, db, strings.Join(parts, ` UNION ALL `)+` ORDER BY id LIMIT `+n, w.args, scanID)
}

// CountEnrollments implements bulk.Store.
func (db *DB) CountEnrollments(ctx context.Context, acct int64, r bulk.Runs) (n int64, err error) {
	set := make([]string, 0, len(r.Status))
	for _, s := range statusesOf(r) {
		set = append(set, string(s))
	}
	w := newWhere(`account_id = ?`, acct)
	w.add(`plan_id = ?`, r.Plan)
	w.add(`status IN (SELECT j.value->>0 FROM {each ?})`, names(set))
	w.addIf(r.OlderThan != 0, `version_id < ?`, r.OlderThan)
	return n, db.get(ctx, `SELECT COUNT(*) FROM enrollment WHERE `+w.text(), w.args, &n)
}

// EventRuns implements bulk.Store. The index of an event's runs is read from where the chunk before ended: on PostgreSQL the event is a range that
// leads the order, else a plan for any event may walk everybody's runs by their key.
func (db *DB) EventRuns(ctx context.Context, acct, event, after int64, limit int) ([]int64, error) {
	from := `event_id = $2 AND id > $3`
	if db.Nodes() {
		from = `(event_id, id) > ($2, $3) AND event_id <= $2`
	}
	return list(ctx, db, `SELECT id FROM enrollment WHERE account_id = $1 AND event_id > 0 AND `+from+`
			AND (CASE WHEN status IN ('active', 'paused') THEN TRUE END)
		ORDER BY event_id, id LIMIT $4`, []any{acct, event, after, limit}, scanID)
}

// CountEventRuns implements bulk.Store.
func (db *DB) CountEventRuns(ctx context.Context, acct, event int64) (n int64, err error) {
	return n, db.get(ctx, `SELECT COUNT(*) FROM enrollment WHERE account_id = $1 AND event_id > 0 AND event_id = $2
		AND status IN ('active', 'paused')`, []any{acct, event}, &n)
}
