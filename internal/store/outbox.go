package store

import (
	"context"

	"tactus/internal/delivery"
)

// QueueMessage puts a message of no plan into the outbox and returns its id.
func (db *DB) QueueMessage(ctx context.Context, n delivery.Outgoing) (int64, error) {
	at := n.At
	if at.IsZero() {
		at = n.Now
	}
	return db.insert(ctx, `INSERT INTO message (account_id, contact_id, class, channel, status, lane, due_at, try_at, template_id, content, sender_id, created_at)
		VALUES ($1, $2, $3, $4, 'ready', 0, $5, $5, $6, $7, $8, $9) RETURNING id`,
		n.Account, n.Contact, string(n.Class), n.Channel, milli(at), n.Template, string(n.Content), n.Sender, milli(n.Now))
}

// LabelMembers returns the contacts with a tag or in a group, ascending.
func (db *DB) LabelMembers(ctx context.Context, acct, label int64) ([]int64, error) {
	return list(ctx, db, `SELECT contact_id FROM contact_label WHERE account_id = $1 AND label_id = $2 ORDER BY contact_id`, []any{acct, label},
		func(scan scanFunc) (id int64, err error) { return id, scan(&id) })
}
