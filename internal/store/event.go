package store

import (
	"context"

	"tactus/internal/event"
)

var _ event.Store = (*DB)(nil)

const eventQuery = `SELECT id, account_id, title, kind, contact_id, group_id, at, yearly, deleted, created_at, updated_at FROM event WHERE `

func scanEvent(scan scanFunc) (e event.Event, err error) {
	var at, created, updated int64
	err = scan(&e.ID, &e.AccountID, &e.Title, &e.Kind, &e.ContactID, &e.GroupID, &at, &e.Yearly, &e.Deleted, &created, &updated)
	e.At, e.CreatedAt, e.UpdatedAt = instant(at), fromMilli(created), fromMilli(updated)
	return e, err
}

// CreateEvent implements event.Store.
func (db *DB) CreateEvent(ctx context.Context, e event.Event) (int64, error) {
	return db.insert(ctx, `INSERT INTO event (account_id, title, kind, contact_id, group_id, at, yearly, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
		e.AccountID, e.Title, e.Kind, e.ContactID, e.GroupID, e.At.UnixMilli(), e.Yearly, milli(e.CreatedAt), milli(e.UpdatedAt))
}

// Event implements event.Store.
func (db *DB) Event(ctx context.Context, acct, id int64) (event.Event, error) {
	return single(ctx, db, "event", eventQuery+`account_id = $1 AND id = $2`+db.lockInTx(ctx), []any{acct, id}, scanEvent)
}

// lockInTx locks what a statement reads when it is part of a transaction that may change it.
func (db *DB) lockInTx(ctx context.Context) string {
	if s := db.tx(ctx); s == nil || s.reading {
		return ""
	}
	return " {lock}"
}

// SaveEvent implements event.Store.
func (db *DB) SaveEvent(ctx context.Context, e event.Event) error {
	n, err := db.exec(ctx, `UPDATE event SET title = $1, at = $2, yearly = $3, deleted = $4, updated_at = $5 WHERE account_id = $6 AND id = $7`,
		e.Title, e.At.UnixMilli(), e.Yearly, e.Deleted, milli(e.UpdatedAt), e.AccountID, e.ID)
	return one(n, err, "event")
}

// ListEvents implements event.Store.
func (db *DB) ListEvents(ctx context.Context, acct int64, q event.Query) ([]event.Event, error) {
	w := newWhere(`account_id = ? AND NOT deleted`, acct)
	w.addIf(q.ContactID != 0, `contact_id = ?`, q.ContactID)
	w.addIf(q.GroupID != 0, `group_id = ?`, q.GroupID)
	w.addIf(!q.From.IsZero(), `at >= ?`, q.From.UnixMilli())
	w.addIf(!q.To.IsZero(), `at < ?`, q.To.UnixMilli())
	w.addIf(q.After.ID != 0, `(at, id) > (?, ?)`, q.After.At.UnixMilli(), q.After.ID)
	return list(ctx, db, eventQuery+w.text()+` ORDER BY at, id LIMIT `+w.arg(q.Limit), w.args, scanEvent)
}

// HasGroup implements event.Store.
func (db *DB) HasGroup(ctx context.Context, acct, id int64) (bool, error) {
	found, err := list(ctx, db, `SELECT id FROM label WHERE account_id = $1 AND id = $2 AND kind = 'group'`, []any{acct, id}, scanID)
	return len(found) > 0, err
}
