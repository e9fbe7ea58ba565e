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
