package store

import (
	"context"
	"database/sql"

	"tactus/internal/channel"
	"tactus/internal/message"
)

var _ message.LogStore = (*DB)(nil)

const sentColumns = `id, contact_id, enrollment_id, plan_id, run, round, step, class, channel, status, reason, answer, address, subject,
	carrier, carrier_id, ref, attempts, due_at, try_at, created_at, handed_at, done_at`

func scanSent(scan scanFunc) (m message.Sent, err error) {
	var due, created int64
	var try, handed, done sql.NullInt64
	err = scan(&m.ID, &m.ContactID, &m.EnrollmentID, &m.PlanID, &m.Run, &m.Round, &m.Step, &m.Class, &m.Channel, &m.Status, &m.Reason,
		&m.Answer, &m.Address, &m.Subject, &m.Carrier, &m.CarrierID, &m.Ref, &m.Attempts, &due, &try, &created, &handed, &done)
	m.DueAt, m.TryAt, m.CreatedAt, m.HandedAt, m.DoneAt = fromMilli(due), fromNull(try), fromMilli(created), fromNull(handed), fromNull(done)
	return m, err
}

// ListMessages implements message.LogStore.
func (db *DB) ListMessages(ctx context.Context, acct int64, q message.LogQuery) ([]message.Sent, error) {
	w := newWhere(`account_id = ?`, acct)
	w.addIf(q.Contact != 0, `contact_id = ?`, q.Contact)
	w.addIf(q.Plan != 0, `plan_id = ?`, q.Plan)
	w.addIf(q.Enrollment != 0, `enrollment_id = ?`, q.Enrollment)
	w.addIf(q.Channel != "", `channel = ?`, q.Channel)
	switch len(q.Status) {
	case 0:
	case 1:
		w.add(`status = ?`, q.Status[0])
		if q.Status[0] == "uncertain" {
			w.add(`status = 'uncertain'`) // a parameter cannot choose the partial index message_doubt
		}
	default:
		w.add(`status IN (SELECT j.value->>0 FROM {each ?})`, names(q.Status))
	}
	w.addIf(q.Before != 0, `id < ?`, q.Before)
	return list(ctx, db, `SELECT `+sentColumns+` FROM message WHERE `+w.text()+` ORDER BY id DESC LIMIT `+w.arg(q.Limit), w.args, scanSent)
}

// HandingMessages implements message.LogStore. The index message_handing has few rows (+: SQLite would rather walk the account's).
func (db *DB) HandingMessages(ctx context.Context, acct int64, channel string) ([]message.Sent, error) {
	w := newWhere(`status = 'handing' AND +account_id = ?`, acct)
	w.addIf(channel != "", `channel = ?`, channel)
	return list(ctx, db, `SELECT `+sentColumns+` FROM message WHERE `+w.text()+` ORDER BY id`, w.args, scanSent)
}

// MessageContent implements message.LogStore.
func (db *DB) MessageContent(ctx context.Context, acct, id int64) (c message.Content, err error) {
	var text string
	err = db.get(ctx, `SELECT envelope_from, envelope_to, preview, raw FROM message_body WHERE message_id = $1 AND account_id = $2`,
		[]any{id, acct}, &c.From, &c.To, &text, &c.Raw)
	if err != nil {
		return c, orNotFound(err, "content: the message has not been handed over yet, or what it said has been forgotten (keep_content_months)")
	}
	var preview channel.Content
	if err := fromJSON(text, &preview); err != nil {
		return c, err
	}
	c.Subject, c.Text, c.HTML = preview.Subject, preview.Text, preview.HTML
	return c, nil
}
