package store

import (
	"context"
	"time"

	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/history"
	"tactus/internal/plan"
)

// HistorySince returns a contact's history rows after an id, oldest first.
func (db *DB) HistorySince(ctx context.Context, acct, contactID, after int64) ([]history.Row, error) {
	return list(ctx, db, `SELECT id, `+historyColumns+` FROM history WHERE account_id = $1 AND contact_id = $2 AND id > $3 ORDER BY id`,
		[]any{acct, contactID, after}, scanHistory)
}

// FirstDue returns the due enrollment that began first, 0 when none is due.
func (db *DB) FirstDue(ctx context.Context, acct int64, now time.Time) (id int64, err error) {
	err = db.get(ctx, `SELECT COALESCE(MIN(id), 0) FROM enrollment WHERE account_id = $1 AND due_at <= $2`, []any{acct, milli(now)}, &id)
	return id, err
}

// Freeze puts off what is next of an active enrollment to a moment that does not come, and leaves its status.
func (db *DB) Freeze(ctx context.Context, acct, id int64, never time.Time) error {
	_, err := db.exec(ctx, `UPDATE enrollment SET due_at = $3 WHERE account_id = $1 AND id = $2 AND due_at IS NOT NULL`, acct, id, milli(never))
	return err
}

// StepContent returns what a step that fired has made: subject and text of its message, the text of its note, or the title of its task.
func (db *DB) StepContent(ctx context.Context, acct, enrollment int64, run, round int, step string) (subject, text string, err error) {
	var preview string
	err = db.get(ctx, `SELECT b.preview FROM message m JOIN message_body b ON b.message_id = m.id
		WHERE m.account_id = $1 AND m.enrollment_id = $2 AND m.run = $3 AND m.round = $4 AND m.step = $5 AND m.class = 'plan'`,
		[]any{acct, enrollment, run, round, step}, &preview)
	if err == nil {
		var c channel.Content
		err = fromJSON(preview, &c)
		return c.Subject, c.Text, err
	}
	if !fault.Is(err, fault.NotFound) {
		return "", "", err
	}
	err = db.get(ctx, `SELECT x.text FROM (
		SELECT title AS text, 1 AS ord FROM task WHERE account_id = $1 AND enrollment_id = $2 AND run = $3 AND round = $4 AND step = $5
		UNION ALL
		SELECT detail, 2 FROM history WHERE account_id = $1 AND enrollment_id = $2 AND run = $3 AND round = $4 AND step = $5 AND kind = 'note') x
		ORDER BY x.ord`, []any{acct, enrollment, run, round, step}, &text)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return "", text, err
}

// EngineErrors returns the error of an enrollment that the engine could not run, "" when there is none.
func (db *DB) EngineErrors(ctx context.Context, acct int64) (text string, err error) {
	err = db.get(ctx, `SELECT error FROM enrollment WHERE account_id = $1 AND tries > 0 ORDER BY id LIMIT 1`, []any{acct}, &text)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return text, err
}

// InsertEventFor makes an event of one contact, with its kind as the title, without what its creation would start.
func (db *DB) InsertEventFor(ctx context.Context, acct, contactID int64, kind string, at, now time.Time) (int64, error) {
	return db.insert(ctx, `INSERT INTO event (account_id, title, kind, contact_id, at, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id`, acct, kind, plan.EventKind(kind), contactID, milli(at), milli(now))
}

// PutAddress gives a contact a first address of a kind as it is, usable or not.
func (db *DB) PutAddress(ctx context.Context, acct, contactID int64, kind, address string) error {
	_, err := db.exec(ctx, `INSERT INTO contact_address (account_id, kind, address, contact_id, position) VALUES ($1, $2, $3, $4, -1)
		ON CONFLICT DO NOTHING`, acct, kind, address, contactID)
	if err != nil {
		return err
	}
	column := "email"
	if kind == contact.PhoneAddress {
		column = "phone"
	}
	_, err = db.exec(ctx, `UPDATE contact SET `+column+` = $3 WHERE account_id = $1 AND id = $2`, acct, contactID, address)
	return err
}

// SetEventMoment moves an event; what hangs on it is the caller's.
func (db *DB) SetEventMoment(ctx context.Context, acct, id int64, at time.Time) error {
	_, err := db.exec(ctx, `UPDATE event SET at = $3 WHERE account_id = $1 AND id = $2`, acct, id, milli(at))
	return err
}

// AccountHistorySince returns an account's history rows after an id, oldest first.
func (db *DB) AccountHistorySince(ctx context.Context, acct, after int64, limit int) ([]history.Row, error) {
	return list(ctx, db, `SELECT id, `+historyColumns+` FROM history WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
		[]any{acct, after, limit}, scanHistory)
}
