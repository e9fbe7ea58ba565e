package store

import (
	"context"

	"tactus/internal/message"
)

var _ message.TemplateStore = (*DB)(nil)

const templateQuery = `SELECT id, account_id, name, channel, subject, body, html, on_empty, created_at, updated_at FROM template WHERE account_id = $1`

func scanTemplate(scan scanFunc) (t message.Template, err error) {
	var created, updated int64
	err = scan(&t.ID, &t.AccountID, &t.Name, &t.Channel, &t.Subject, &t.Body, &t.HTML, &t.OnEmpty, &created, &updated)
	t.CreatedAt, t.UpdatedAt = fromMilli(created), fromMilli(updated)
	return t, err
}

// CreateTemplate implements message.TemplateStore.
func (db *DB) CreateTemplate(ctx context.Context, t message.Template) (int64, error) {
	id, err := db.insert(ctx, `INSERT INTO template (account_id, name, channel, subject, body, html, on_empty, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
		t.AccountID, t.Name, t.Channel, t.Subject, t.Body, t.HTML, t.OnEmpty, milli(t.CreatedAt), milli(t.UpdatedAt))
	if err != nil {
		return 0, orTaken(err, "there is a template named %s already", t.Name)
	}
	return id, db.bump(ctx, t.AccountID)
}

// Template implements message.TemplateStore.
func (db *DB) Template(ctx context.Context, acct, id int64) (message.Template, error) {
	return single(ctx, db, "template", templateQuery+` AND id = $2`, []any{acct, id}, scanTemplate)
}

// Templates implements message.TemplateStore.
func (db *DB) Templates(ctx context.Context, acct int64, channel string) ([]message.Template, error) {
	return list(ctx, db, templateQuery+` AND (CAST($2 AS TEXT) = '' OR channel = $2) ORDER BY name`, []any{acct, channel}, scanTemplate)
}

// SaveTemplate implements message.TemplateStore.
func (db *DB) SaveTemplate(ctx context.Context, t message.Template) error {
	n, err := db.exec(ctx, `UPDATE template SET name = $1, channel = $2, subject = $3, body = $4, html = $5, on_empty = $6, updated_at = $7
		WHERE account_id = $8 AND id = $9`, t.Name, t.Channel, t.Subject, t.Body, t.HTML, t.OnEmpty, milli(t.UpdatedAt), t.AccountID, t.ID)
	if err := one(n, orTaken(err, "there is a template named %s already", t.Name), "template"); err != nil {
		return err
	}
	return db.bump(ctx, t.AccountID)
}

// DeleteTemplate implements message.TemplateStore.
func (db *DB) DeleteTemplate(ctx context.Context, acct, id int64) error {
	n, err := db.exec(ctx, `DELETE FROM template WHERE account_id = $1 AND id = $2`, acct, id)
	if err := one(n, err, "template"); err != nil {
		return err
	}
	return db.bump(ctx, acct)
}

// HasTemplate implements task.Store.
func (db *DB) HasTemplate(ctx context.Context, acct, id int64, channel string) (bool, error) {
	found, err := list(ctx, db, `SELECT id FROM template WHERE account_id = $1 AND id = $2 AND channel = $3`, []any{acct, id, channel}, scanID)
	return len(found) > 0, err
}
