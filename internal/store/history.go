package store

import (
	"context"
	"database/sql"

	"tactus/internal/history"
)

var _ history.Store = (*DB)(nil)

const historyColumns = `account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, kind, outcome, reason, due_at, at, author, detail`

// AppendHistory implements history.Store.
func (db *DB) AppendHistory(ctx context.Context, rows []history.Row) error {
	if len(rows) == 0 {
		return nil
	}
	set := make([][]any, len(rows))
	for i, r := range rows {
		set[i] = []any{
			r.AccountID, r.ContactID, r.EnrollmentID, r.PlanID, r.VersionID, r.Run, r.Round, r.Step, r.Kind,
			r.Outcome, r.Reason, nullMilli(r.DueAt), milli(r.At), r.Author, r.Detail,
		}
	}
	return db.later(ctx, `INSERT INTO history (`+historyColumns+`)
		SELECT CAST(j.value->>0 AS BIGINT), CAST(j.value->>1 AS BIGINT), CAST(j.value->>2 AS BIGINT), CAST(j.value->>3 AS BIGINT),
			CAST(j.value->>4 AS BIGINT), CAST(j.value->>5 AS BIGINT), CAST(j.value->>6 AS BIGINT), j.value->>7, j.value->>8,
			j.value->>9, j.value->>10, CAST(j.value->>11 AS BIGINT), CAST(j.value->>12 AS BIGINT), j.value->>13, j.value->>14
		FROM {each $1}`, toJSON(set))
}

// HistoryPage implements history.Store.
func (db *DB) HistoryPage(ctx context.Context, account int64, q history.Query) (history.Page, error) {
	where := newWhere(`account_id = ?`, account)
	where.addIf(q.ContactID != 0, `contact_id = ?`, q.ContactID)
	where.addIf(q.PlanID != 0, `plan_id = ?`, q.PlanID)
	where.addIf(q.Before != 0, `id < ?`, q.Before)
	where.addIf(len(q.Kinds) > 0, `kind IN (SELECT j.value->>0 FROM {each ?})`, names(q.Kinds))
	rows, err := list(ctx, db, `SELECT id, `+historyColumns+` FROM history WHERE `+where.text()+` ORDER BY id DESC LIMIT `+where.arg(q.Limit+1), where.args,
		scanHistory)
	if err != nil {
		return history.Page{}, err
	}
	page := history.Page{Rows: rows}
	if len(rows) > q.Limit {
		page.Rows = rows[:q.Limit]
		page.Next = page.Rows[q.Limit-1].ID
	}
	return page, nil
}

func scanHistory(scan scanFunc) (r history.Row, err error) {
	var due sql.NullInt64
	var at int64
	err = scan(&r.ID, &r.AccountID, &r.ContactID, &r.EnrollmentID, &r.PlanID, &r.VersionID, &r.Run, &r.Round, &r.Step, &r.Kind,
		&r.Outcome, &r.Reason, &due, &at, &r.Author, &r.Detail)
	r.DueAt, r.At = fromNull(due), fromMilli(at)
	return r, err
}
