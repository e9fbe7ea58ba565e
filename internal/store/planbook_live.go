package store

import (
	"context"
	"time"

	"tactus/internal/plan"
	"tactus/internal/planbook"
)

// SetStartRules implements planbook.Store.
func (db *DB) SetStartRules(ctx context.Context, acct, planID int64, rules []planbook.Rule, now time.Time) error {
	rows := make([][3]any, len(rules))
	for i, r := range rules {
		rows[i] = [3]any{r.Kind, r.Ref, r.EventKind}
	}
	set := toJSON(rows)
	if _, err := db.exec(ctx, `DELETE FROM start_rule WHERE account_id = $1 AND plan_id = $2 AND NOT EXISTS (SELECT 1 FROM {each $3}
		WHERE j.value->>0 = start_rule.kind AND CAST(j.value->>1 AS BIGINT) = start_rule.ref_id AND j.value->>2 = start_rule.event_kind)`,
		acct, planID, set); err != nil {
		return err
	}
	if _, err := db.exec(ctx, `INSERT INTO start_rule (account_id, kind, ref_id, event_kind, plan_id, since)
		SELECT $1, j.value->>0, CAST(j.value->>1 AS BIGINT), j.value->>2, $2, CAST($3 AS BIGINT) FROM {each $4} WHERE TRUE ON CONFLICT DO NOTHING`,
		acct, planID, milli(now), set); err != nil {
		return err
	}
	return db.bump(ctx, acct)
}

func refRows(refs []planbook.Ref) string {
	rows := make([][2]any, len(refs))
	for i, r := range refs {
		rows[i] = [2]any{string(r.Kind), r.ID}
	}
	return toJSON(rows)
}

// SetPlanRefs implements planbook.Store.
func (db *DB) SetPlanRefs(ctx context.Context, acct, planID int64, refs []planbook.Ref) error {
	if _, err := db.exec(ctx, `DELETE FROM plan_ref WHERE account_id = $1 AND plan_id = $2 AND NOT EXISTS (SELECT 1 FROM {each $3}
		WHERE j.value->>0 = plan_ref.kind AND CAST(j.value->>1 AS BIGINT) = plan_ref.ref_id)`, acct, planID, refRows(refs)); err != nil {
		return err
	}
	return db.AddPlanRefs(ctx, acct, planID, refs)
}

// AddPlanRefs implements planbook.Store.
func (db *DB) AddPlanRefs(ctx context.Context, acct, planID int64, refs []planbook.Ref) error {
	if len(refs) == 0 {
		return nil
	}
	_, err := db.exec(ctx, `INSERT INTO plan_ref (account_id, kind, ref_id, plan_id)
		SELECT $1, j.value->>0, CAST(j.value->>1 AS BIGINT), $2 FROM {each $3} WHERE TRUE ON CONFLICT DO NOTHING`, acct, planID, refRows(refs))
	return err
}

// PlansNaming implements planbook.Store.
func (db *DB) PlansNaming(ctx context.Context, acct int64, ref planbook.Ref) ([]int64, error) {
	return list(ctx, db, `SELECT plan_id FROM plan_ref WHERE account_id = $1 AND kind = $2 AND ref_id = $3 ORDER BY plan_id`,
		[]any{acct, string(ref.Kind), ref.ID}, scanID)
}

// PlanCounts implements planbook.Store.
func (db *DB) PlanCounts(ctx context.Context, acct int64, plans []int64) (map[int64]planbook.Counts, error) {
	out := make(map[int64]planbook.Counts, len(plans))
	if len(plans) == 0 {
		return out, nil
	}
	err := db.each(ctx, `SELECT plan_id, CAST(SUM(active) AS BIGINT), CAST(SUM(paused) AS BIGINT), CAST(SUM(stopped) AS BIGINT), CAST(SUM(completed) AS BIGINT)
		FROM plan_count WHERE account_id = $1 AND plan_id IN (SELECT CAST(j.value AS BIGINT) FROM {each $2}) GROUP BY plan_id`,
		[]any{acct, ids(plans)}, func(scan scanFunc) error {
			var id int64
			var c planbook.Counts
			err := scan(&id, &c.Active, &c.Paused, &c.Stopped, &c.Completed)
			out[id] = c
			return err
		})
	return out, err
}

// EnrollmentCounts implements planbook.Store.
func (db *DB) EnrollmentCounts(ctx context.Context, acct, planID int64) (planbook.Counts, error) {
	var c planbook.Counts
	err := db.each(ctx, `SELECT status, COUNT(*) FROM enrollment WHERE account_id = $1 AND plan_id = $2 GROUP BY status`,
		[]any{acct, planID}, func(scan scanFunc) error {
			var status plan.Status
			var n int
			if err := scan(&status, &n); err != nil {
				return err
			}
			switch status {
			case plan.Active:
				c.Active = n
			case plan.Paused:
				c.Paused = n
			case plan.Stopped:
				c.Stopped = n
			case plan.Completed:
				c.Completed = n
			}
			return nil
		})
	return c, err
}

// LiveVersions implements planbook.Store.
func (db *DB) LiveVersions(ctx context.Context, acct, planID int64) ([]planbook.Live, error) {
	return list(ctx, db, `SELECT n.version_id, v.private, n.active, n.paused FROM (
			SELECT version_id, SUM(CASE WHEN status = 'active' THEN 1 ELSE 0 END) AS active, SUM(CASE WHEN status = 'paused' THEN 1 ELSE 0 END) AS paused
			FROM enrollment WHERE account_id = $1 AND plan_id = $2 AND status IN ('active', 'paused') GROUP BY version_id) n
		JOIN plan_version v ON v.id = n.version_id ORDER BY n.version_id`, []any{acct, planID},
		func(scan scanFunc) (l planbook.Live, err error) {
			return l, scan(&l.Version, &l.Private, &l.Active, &l.Paused)
		})
}

// LiveCases implements planbook.Store.
func (db *DB) LiveCases(ctx context.Context, acct, planID int64, fn func(planbook.Case) error) error {
	return db.each(ctx, `SELECT e.version_id, e.status, e.state, c.zone_now, COUNT(*) FROM enrollment e JOIN contact c ON c.id = e.contact_id
		WHERE e.account_id = $1 AND e.plan_id = $2 AND e.status IN ('active', 'paused') GROUP BY e.version_id, e.status, e.state, c.zone_now`,
		[]any{acct, planID}, func(scan scanFunc) error {
			var c planbook.Case
			if err := scan(&c.Version, &c.Status, &c.State, &c.Zone, &c.Count); err != nil {
				return err
			}
			return fn(c)
		})
}

// QueueOperation implements planbook.Store.
func (db *DB) QueueOperation(ctx context.Context, op planbook.Operation) (int64, error) {
	return db.insert(ctx, `INSERT INTO operation (account_id, kind, status, params, total, author, due_at, created_at)
		VALUES ($1, $2, 'waiting', $3, $4, $5, $6, $6) RETURNING id`,
		op.AccountID, op.Kind, op.Params, op.Total, op.Author, milli(op.At))
}

// CancelOperations implements planbook.Store. Chunks hold their operation's row.
func (db *DB) CancelOperations(ctx context.Context, op planbook.Operation) error {
	live, err := list(ctx, db, `SELECT id FROM operation WHERE account_id = $1 AND due_at IS NOT NULL AND kind = $2 AND params = $3 ORDER BY id`,
		[]any{op.AccountID, op.Kind, op.Params}, scanID)
	if err != nil {
		return err
	}
	for _, id := range live {
		if _, err := db.CancelOperation(ctx, op.AccountID, id, op.Author, op.At); err != nil {
			return err
		}
	}
	return nil
}
