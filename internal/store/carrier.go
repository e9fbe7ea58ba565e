package store

import (
	"context"
	"encoding/json"
	"time"

	"tactus/internal/carrier"
	"tactus/internal/delivery"
)

// CarrierSettings returns the account's choice of carrier for a channel; fault.NotFound when there is none.
func (db *DB) CarrierSettings(ctx context.Context, acct int64, channel string) (kind string, settings json.RawMessage, err error) {
	var text string
	err = db.get(ctx, `SELECT kind, settings FROM carrier WHERE account_id = $1 AND channel = $2`, []any{acct, channel}, &kind, &text)
	return kind, json.RawMessage(text), err
}

// SetCarrier makes a carrier the account's choice for a channel.
func (db *DB) SetCarrier(ctx context.Context, acct int64, channel, kind string, settings json.RawMessage, now time.Time) error {
	_, err := db.exec(ctx, `INSERT INTO carrier (account_id, channel, kind, settings, updated_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, channel) DO UPDATE SET kind = excluded.kind, settings = excluded.settings, updated_at = excluded.updated_at`,
		acct, channel, kind, string(settings), milli(now))
	return err
}

// DropCarrier goes back to the sandbox.
func (db *DB) DropCarrier(ctx context.Context, acct int64, channel string) error {
	_, err := db.exec(ctx, `DELETE FROM carrier WHERE account_id = $1 AND channel = $2`, acct, channel)
	return err
}

// CarrierDown tells of an open circuit.
func (db *DB) CarrierDown(ctx context.Context, acct int64, channel string) (carrier.Down, error) {
	c, err := db.Outbox().Circuit(ctx, delivery.Lane{Account: acct, Channel: channel})
	if err != nil || c.OpenedAt.IsZero() {
		return carrier.Down{}, err
	}
	return carrier.Down{Since: c.OpenedAt, NextTry: c.ProbeAt, Failures: c.Failures, Answer: c.Text}, nil
}
