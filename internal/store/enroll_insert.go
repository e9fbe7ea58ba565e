package store

import (
	"context"
	"slices"
	"time"

	"tactus/internal/enroll"
	"tactus/internal/plan"
)

// Enroll implements enroll.Store.
func (db *DB) Enroll(ctx context.Context, in enroll.Insert) (contacts []int64, err error) {
	if len(in.Contacts) == 0 {
		return nil, nil
	}
	err = db.InTx(ctx, func(ctx context.Context) (err error) {
		if db.Nodes() {
			contacts, err = db.enrollAtOnce(ctx, in)
		} else {
			contacts, err = db.enrollInTwo(ctx, in)
		}
		if err != nil || len(contacts) == 0 {
			return err
		}
		return db.addCounts(ctx, in.Account, deltas{in.Plan: {int64(len(contacts))}})
	})
	return contacts, err
}

const (
	insertEnrollments = `INSERT INTO enrollment (account_id, contact_id, plan_id, version_id, event_id, status, run, due_at, lane, state, assigned_by,
			created_at, started_at)
		SELECT $1, CAST(j.value AS BIGINT), $2, $3, $4, 'active', 1, CAST($5 AS BIGINT), $6, $7, $8, CAST($5 AS BIGINT), CAST($5 AS BIGINT)
		FROM {each $9} WHERE TRUE ON CONFLICT DO NOTHING RETURNING id, contact_id`
	insertAssigned = `INSERT INTO history (account_id, contact_id, enrollment_id, plan_id, version_id, run, round, kind, outcome, reason, at, author)`
)

func enrollArgs(in enroll.Insert) []any {
	return []any{in.Account, in.Plan, in.Version, in.Event, milli(in.Now), in.Lane, in.State, in.AssignedBy, ids(in.Contacts)}
}

// enrollAtOnce inserts enrollments and their first lines of history by one statement, in which PostgreSQL hands the new rows on.
func (db *DB) enrollAtOnce(ctx context.Context, in enroll.Insert) ([]int64, error) {
	return list(ctx, db, `WITH made AS (`+insertEnrollments+`), told AS (`+insertAssigned+`
			SELECT $1, contact_id, id, $2, $3, 1, 1, $10, 'active', 'assigned', CAST($5 AS BIGINT), $11 FROM made)
		SELECT contact_id FROM made`, append(enrollArgs(in), string(enroll.StatusEntry), in.Author), scanID)
}

// enrollInTwo is the same for SQLite, which reads them again.
func (db *DB) enrollInTwo(ctx context.Context, in enroll.Insert) (contacts []int64, err error) {
	var made []int64
	err = db.each(ctx, insertEnrollments, enrollArgs(in), func(scan scanFunc) error {
		var id, contact int64
		err := scan(&id, &contact)
		made, contacts = append(made, id), append(contacts, contact)
		return err
	})
	if err != nil || len(made) == 0 {
		return nil, err
	}
	err = db.later(ctx, insertAssigned+`
		SELECT $1, e.contact_id, e.id, $2, $3, 1, 1, $4, 'active', 'assigned', $5, $6 FROM {each $7} CROSS JOIN enrollment e
		WHERE e.id = CAST(j.value AS BIGINT)`,
		in.Account, in.Plan, in.Version, string(enroll.StatusEntry), milli(in.Now), in.Author, ids(made))
	return contacts, err
}

// CountStarts implements enroll.Store.
func (db *DB) CountStarts(ctx context.Context, account, planID int64, contacts []int64, day int64, limit int) ([]int64, error) {
	var over []int64
	err := db.each(ctx, `INSERT INTO start_count (account_id, contact_id, plan_id, day, starts)
		SELECT $1, CAST(j.value AS BIGINT), $2, $3, 1 FROM {each $4} WHERE TRUE
		ON CONFLICT (account_id, contact_id, plan_id, day) DO UPDATE SET starts = start_count.starts + 1
		RETURNING contact_id, starts`, []any{account, planID, day, ids(sorted(contacts))}, func(scan scanFunc) error {
		var id, starts int64
		err := scan(&id, &starts)
		if starts > int64(limit) {
			over = append(over, id)
		}
		return err
	})
	slices.Sort(over)
	return over, err
}

// ForgetStarts drops the counts of days before one; they only matter on their day.
func (db *DB) ForgetStarts(ctx context.Context, before int64) (int64, error) {
	return db.inParts(ctx, `DELETE FROM start_count WHERE (account_id, contact_id, plan_id, day) IN (
		SELECT account_id, contact_id, plan_id, day FROM start_count WHERE day < $1 ORDER BY day LIMIT $2)`, before)
}

// Remove implements enroll.Store. Messages that are being handed over, what was sent, tasks that have fallen due and history stay.
func (db *DB) Remove(ctx context.Context, account int64, set []int64, now time.Time, author string) (int, error) {
	if len(set) == 0 {
		return 0, nil
	}
	gone := 0
	err := db.InTx(ctx, func(ctx context.Context) error {
		chosen := ids(sorted(set))
		for _, s := range []struct {
			text string
			args []any
		}{
			{
				ofAccount + `INSERT INTO history (account_id, contact_id, enrollment_id, plan_id, version_id, run, kind, outcome, reason, at, author)
				SELECT e.account_id, e.contact_id, e.id, e.plan_id, e.version_id, e.run, $3, 'removed', 'command', $4, $5
				FROM s CROSS JOIN enrollment e WHERE e.id = s.id AND e.account_id = s.account_id`,
				[]any{account, chosen, string(enroll.StatusEntry), milli(now), author},
			},
			{ofAccount + `UPDATE message SET status = 'withdrawn', try_at = NULL, done_at = $3 WHERE id IN (
				SELECT m.id FROM s CROSS JOIN message m
				WHERE m.account_id = s.account_id AND m.enrollment_id = s.id AND m.enrollment_id > 0 AND m.class = 'plan')
				AND ` + unsent, []any{account, chosen, milli(now)}},
			{ofAccount + `DELETE FROM task WHERE id IN (SELECT t.id FROM s CROSS JOIN task t
				WHERE t.account_id = s.account_id AND t.enrollment_id = s.id AND t.enrollment_id > 0)
				AND ` + notDue, []any{account, chosen, milli(now)}},
			{ofAccount + `DELETE FROM guard WHERE (account_id, enrollment_id) IN (SELECT account_id, id FROM s)`, []any{account, chosen}},
		} {
			if _, err := db.exec(ctx, s.text, s.args...); err != nil {
				return err
			}
		}
		d := deltas{}
		gone = 0
		err := db.each(ctx, ofAccount+`DELETE FROM enrollment
			WHERE id IN (SELECT e.id FROM s CROSS JOIN enrollment e WHERE e.id = s.id AND e.account_id = s.account_id)
			RETURNING plan_id, status`, []any{account, chosen}, func(scan scanFunc) error {
			var id int64
			var status plan.Status
			err := scan(&id, &status)
			d.move(id, status, "")
			gone++
			return err
		})
		if err != nil {
			return err
		}
		return db.addCounts(ctx, account, d)
	})
	return gone, err
}

// maxErrorText bounds what is kept of an engine error, a stack included.
const maxErrorText = 4000

// Fail implements enroll.Store. An enrollment that is not active keeps its status; nothing is due by itself there.
func (db *DB) Fail(ctx context.Context, account, id int64, tries int, again time.Time, state, text string) error {
	if len(text) > maxErrorText {
		text = text[:maxErrorText]
	}
	return db.InTx(ctx, func(ctx context.Context) error {
		if !again.IsZero() {
			n, err := db.exec(ctx, `UPDATE enrollment SET tries = $3, error = $4, due_at = CASE WHEN status = 'active' THEN CAST($5 AS BIGINT) END
				WHERE account_id = $1 AND id = $2`, account, id, tries, text, milli(again))
			return one(n, err, "enrollment")
		}
		var planID int64
		var status plan.Status
		var due int64 // since this try was due, its moment is the one to record
		if err := db.get(ctx, `SELECT e.plan_id, e.status, COALESCE(e.due_at, {now}) FROM enrollment e WHERE e.account_id = $1 AND e.id = $2 {lock e}`,
			[]any{account, id}, &planID, &status, &due); err != nil {
			return orNotFound(err, "enrollment")
		}
		if _, err := db.exec(ctx, `UPDATE enrollment SET tries = $3, error = $4 WHERE account_id = $1 AND id = $2`, account, id, tries, text); err != nil || status != plan.Active {
			return err
		}
		if _, err := db.exec(ctx, `UPDATE enrollment SET status = 'paused', holders = $3, due_at = NULL, wait = '',
				state = CASE WHEN $4 <> '' THEN $4 ELSE state END WHERE account_id = $1 AND id = $2`,
			account, id, string(enroll.HeldByEngine), state); err != nil {
			return err
		}
		if _, err := db.exec(ctx, `INSERT INTO history (account_id, contact_id, enrollment_id, plan_id, version_id, run, kind, outcome, reason, at, author, detail)
			SELECT account_id, contact_id, id, plan_id, version_id, run, $3, 'paused', 'engine_error', $4, 'engine', error
			FROM enrollment WHERE account_id = $1 AND id = $2`, account, id, string(enroll.StatusEntry), due); err != nil {
			return err
		}
		d := deltas{}
		d.move(planID, plan.Active, plan.Paused)
		return db.addCounts(ctx, account, d)
	})
}

// SetPlanProblem implements enroll.Store.
func (db *DB) SetPlanProblem(ctx context.Context, account, planID int64, text string) error {
	_, err := db.exec(ctx, `UPDATE plan SET problem = $3 WHERE account_id = $1 AND id = $2`, account, planID, text)
	return err
}
