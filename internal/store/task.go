package store

import (
	"context"
	"database/sql"
	"time"

	"tactus/internal/task"
)

var _ task.Store = (*DB)(nil)

const taskColumns = `id, account_id, contact_id, enrollment_id, run, round, step, kind, title, notes, due_at, user_id, partner_id, completion_id,
	edited, fired, status, created_at, done_at, done_by`

func scanTask(scan scanFunc) (t task.Task, err error) {
	var due, done sql.NullInt64
	var created int64
	err = scan(&t.ID, &t.AccountID, &t.ContactID, &t.EnrollmentID, &t.Run, &t.Round, &t.Step, &t.Kind, &t.Title, &t.Notes, &due, &t.UserID,
		&t.PartnerID, &t.CompletionID, &t.Edited, &t.Fired, &t.Status, &created, &done, &t.DoneBy)
	t.DueAt, t.CreatedAt, t.DoneAt = fromNull(due), fromMilli(created), fromNull(done)
	return t, err
}

// CreateTask implements task.Store.
func (db *DB) CreateTask(ctx context.Context, t task.Task) (int64, error) {
	return db.insert(ctx, `INSERT INTO task (account_id, contact_id, kind, title, notes, due_at, user_id, partner_id, completion_id, status, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
		t.AccountID, t.ContactID, string(t.Kind), t.Title, t.Notes, nullMilli(t.DueAt), t.UserID, t.PartnerID, t.CompletionID, string(t.Status), milli(t.CreatedAt))
}

// Task implements task.Store.
func (db *DB) Task(ctx context.Context, acct, id int64) (task.Task, error) {
	return single(ctx, db, "task", `SELECT `+taskColumns+` FROM task WHERE account_id = $1 AND id = $2`, []any{acct, id}, scanTask)
}

// SaveTask implements task.Store.
func (db *DB) SaveTask(ctx context.Context, t task.Task) (bool, error) {
	n, err := db.exec(ctx, `UPDATE task SET title = $1, notes = $2, due_at = $3, user_id = $4, partner_id = $5, completion_id = $6, edited = $7
		WHERE account_id = $8 AND id = $9 AND status = 'open'`,
		t.Title, t.Notes, nullMilli(t.DueAt), t.UserID, t.PartnerID, t.CompletionID, t.Edited, t.AccountID, t.ID)
	return n > 0, err
}

// CompleteTasks implements task.Store.
func (db *DB) CompleteTasks(ctx context.Context, acct int64, set []int64, at time.Time, by string) ([]task.Task, error) {
	return list(ctx, db, `UPDATE task SET status = 'done', done_at = $1, done_by = $2 WHERE account_id = $3 AND status = 'open'
		AND id IN (SELECT CAST(j.value AS BIGINT) FROM {each $4}) RETURNING `+taskColumns, []any{milli(at), by, acct, ids(set)}, scanTask)
}

// DeleteTasks implements task.Store.
func (db *DB) DeleteTasks(ctx context.Context, acct int64, set []int64) ([]task.Task, error) {
	return list(ctx, db, `DELETE FROM task WHERE account_id = $1 AND id IN (SELECT CAST(j.value AS BIGINT) FROM {each $2}) RETURNING `+taskColumns,
		[]any{acct, ids(set)}, scanTask)
}

// noDue sorts tasks without a due moment behind all others. It stands in the index task_account, too.
const (
	noDue     = int64(1) << 62
	taskOrder = `COALESCE(due_at, 4611686018427387904)`
)

func taskFilter(acct int64, q task.Query) *where {
	w := newWhere(`account_id = ?`, acct)
	w.addIf(q.UserID != 0, `user_id = ?`, q.UserID)
	w.addIf(q.PartnerID != 0, `partner_id = ?`, q.PartnerID)
	w.addIf(q.ContactID != 0, `contact_id = ?`, q.ContactID)
	w.addIf(q.Status == task.Open, `status = 'open'`) // a literal, so that the index of open tasks serves
	w.addIf(q.Status == task.Done, `status = 'done'`)
	w.addIf(!q.DueFrom.IsZero(), `due_at >= ?`, q.DueFrom.UnixMilli())
	w.addIf(!q.DueTo.IsZero(), `due_at < ?`, q.DueTo.UnixMilli())
	return w
}

// ListTasks implements task.Store.
func (db *DB) ListTasks(ctx context.Context, acct int64, q task.Query) ([]task.Task, error) {
	w := taskFilter(acct, q)
	if q.After.ID != 0 {
		at := noDue
		if !q.After.DueAt.IsZero() {
			at = q.After.DueAt.UnixMilli()
		}
		w.add(`(`+taskOrder+`, id) > (?, ?)`, at, q.After.ID)
	}
	return list(ctx, db, `SELECT `+taskColumns+` FROM task WHERE `+w.text()+` ORDER BY `+taskOrder+`, id LIMIT `+w.arg(q.Limit), w.args, scanTask)
}

// CountTasks implements task.Store.
func (db *DB) CountTasks(ctx context.Context, acct int64, q task.Query) (n int64, err error) {
	w := taskFilter(acct, q)
	return n, db.get(ctx, `SELECT COUNT(*) FROM task WHERE `+w.text(), w.args, &n)
}
