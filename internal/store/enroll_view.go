package store

import (
	"context"
	"math"
	"strings"

	"tactus/internal/enroll"
	"tactus/internal/plan"
)

var _ enroll.ViewStore = (*DB)(nil)

// EnrollmentPage implements enroll.ViewStore. Of a plan, each status is a range of its index, so that a page costs its own size.
func (db *DB) EnrollmentPage(ctx context.Context, acct int64, q enroll.ListQuery) ([]int64, error) {
	before := q.Before
	if before == 0 {
		before = math.MaxInt64
	}
	status := q.Status
	if len(status) == 0 {
		status = []plan.Status{plan.Active, plan.Paused, plan.Stopped, plan.Completed}
	}
	w := &where{}
	own := `account_id = ` + w.arg(acct) + ` AND id < ` + w.arg(before)
	if q.Contact != 0 {
		own += ` AND contact_id = ` + w.arg(q.Contact)
	}
	if q.Plan == 0 {
		set := make([]string, len(status))
		for i, s := range status {
			set[i] = string(s)
		}
		own += ` AND status IN (SELECT j.value->>0 FROM {each ` + w.arg(names(set)) + `})`
		return list(ctx, db, `SELECT id FROM enrollment WHERE `+own+` ORDER BY id DESC LIMIT `+w.arg(q.Limit), w.args, scanID)
	}
	own += ` AND plan_id = ` + w.arg(q.Plan)
	n := w.arg(q.Limit)
	parts := make([]string, len(status))
	for i, s := range status {
		parts[i] = `SELECT id FROM (SELECT id FROM enrollment WHERE ` + own + ` AND status = ` + w.arg(string(s)) + ` ORDER BY id DESC LIMIT ` + n + `) p`
	}
	return list(ctx, db, strings.Join(parts, ` UNION ALL `)+` ORDER BY id DESC LIMIT `+n, w.args, scanID)
}
