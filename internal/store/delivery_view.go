package store

import (
	"database/sql"
	"encoding/json"
	"time"

	"tactus/internal/channel"
	"tactus/internal/delivery"
)

// Outbox is the view of the database that delivery works on: it implements delivery.Store.
type Outbox struct{ *DB }

var _ delivery.Store = (*Outbox)(nil)

// Outbox returns delivery's view.
func (db *DB) Outbox() *Outbox { return &Outbox{db} }

const messageColumns = `id, account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, nth, class, channel, lane,
	due_at, try_at, token, attempts, first_try_at, spent_before, template_id, content, sender_id, thread, created_at, turn`

// claimed is a message with the moment that orders it.
type claimed struct {
	delivery.Message
	tryAt int64
}

func scanClaimed(scan scanFunc) (m claimed, err error) {
	var due, created, spent int64
	var try, first sql.NullInt64
	var class, content string
	err = scan(&m.ID, &m.Account, &m.Contact, &m.Enrollment, &m.Plan, &m.Version, &m.Run, &m.Round, &m.Step, &m.Nth, &class, &m.Channel, &m.Lane,
		&due, &try, &m.Token, &m.Attempts, &first, &spent, &m.Template, &content, &m.Sender, &m.Thread, &created, &m.Turn)
	m.Class, m.DueAt, m.FirstTry, m.CreatedAt, m.tryAt, m.SpentBefore = delivery.Class(class), fromMilli(due), fromNull(first), fromMilli(created), try.Int64, time.Duration(spent)*time.Millisecond
	if content != "" {
		m.Content = json.RawMessage(content)
	}
	return m, err
}

// bodyRow is a stored body; its reference stands in the message's row.
type bodyRow struct {
	message int64
	channel.Composed
}

func scanBody(scan scanFunc) (b bodyRow, err error) {
	var preview string
	if err := scan(&b.message, &b.EnvelopeFrom, &b.EnvelopeTo, &preview, &b.Raw, &b.Ref); err != nil {
		return b, err
	}
	return b, fromJSON(preview, &b.Preview)
}
