package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tactus/internal/delivery"
	"tactus/internal/fault"
)

// MarkHanding implements delivery.Store. Rows that the token does not hold any more are fault.Conflict, and nothing is marked:
// what was not marked must not leave.
func (o *Outbox) MarkHanding(ctx context.Context, account int64, marks []delivery.Mark, now time.Time, lease time.Duration) error {
	rows := make([][]any, len(marks))
	for i, m := range marks {
		ref := ""
		if m.Body != nil {
			ref = m.Body.Ref
		}
		rows[i] = []any{m.Message, m.Token, m.Address, m.Subject, ref, m.Carrier}
	}
	return o.InTx(ctx, func(ctx context.Context) error {
		if err := o.addBodies(ctx, account, marks); err != nil {
			return err
		}
		all := allOf(len(marks), fault.Conflict, "%d of %d messages are no longer this sender's")
		return o.laterThen(ctx, all, `UPDATE message AS m SET status = 'handing', try_at = NULL, lease_until = {now} + $3, handed_at = $4,
				attempts = m.attempts + 1, first_try_at = COALESCE(m.first_try_at, $4), done_at = NULL,
				spent_before = CASE WHEN m.first_try_at IS NOT NULL THEN m.spent_before ELSE
					COALESCE((SELECT c.spent + CASE WHEN c.opened_at < $4 THEN $4 - c.opened_at ELSE 0 END FROM circuit c WHERE c.account_id = m.account_id AND c.channel = m.channel), 0) END,
				address = j.value->>2, subject = j.value->>3, carrier = j.value->>5,
				ref = CASE WHEN j.value->>4 <> '' THEN j.value->>4 ELSE m.ref END
			FROM {each $2}
			WHERE m.id {by CAST(j.value->>0 AS BIGINT)} AND +m.account_id = $1 AND m.token = CAST(j.value->>1 AS BIGINT) AND m.status = 'ready'`,
			account, toJSON(rows), lease.Milliseconds(), milli(now))
	})
}

// bodyBatch is how many bodies go into one statement; each number makes a text of its own.
const bodyBatch = 32

// addBodies keeps the bytes of first hand-overs; those that are there stay for ever (PLAN-26).
func (o *Outbox) addBodies(ctx context.Context, account int64, marks []delivery.Mark) error {
	var text strings.Builder
	args := []any{account}
	flush := func() error {
		if len(args) == 1 {
			return nil
		}
		err := o.later(ctx, `INSERT INTO message_body (message_id, account_id, envelope_from, envelope_to, preview, raw) VALUES `+
			text.String()+` ON CONFLICT (message_id) DO NOTHING`, args...)
		text.Reset()
		args = []any{account}
		return err
	}
	for _, m := range marks {
		if m.Body == nil {
			continue
		}
		if text.Len() > 0 {
			text.WriteString(", ")
		}
		n := len(args)
		fmt.Fprintf(&text, "($%d, $1, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4, n+5)
		raw := m.Body.Raw
		if raw == nil {
			raw = []byte{}
		}
		args = append(args, m.Message, m.Body.EnvelopeFrom, m.Body.EnvelopeTo, toJSON(m.Body.Preview), raw)
		if len(args) > bodyBatch*5 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// settled reports whether nothing follows by itself and no person has to decide.
func settled(s delivery.Status) bool {
	switch s {
	case delivery.Accepted, delivery.Refused, delivery.Failed, delivery.Withdrawn, delivery.Skipped:
		return true
	case delivery.Ready, delivery.Handing, delivery.Waiting, delivery.Uncertain, delivery.Held:
		return false
	}
	return false
}

// Record implements delivery.Store.
func (o *Outbox) Record(ctx context.Context, account int64, outcomes []delivery.Outcome, now time.Time) (map[int64]bool, error) {
	written := make(map[int64]bool, len(outcomes))
	if len(outcomes) == 0 {
		return written, nil
	}
	rows := make([][]any, len(outcomes))
	for i, out := range outcomes {
		var try, done any
		if out.Status == delivery.Ready {
			try = nullMilli(out.TryAt)
			if out.TryAt.IsZero() {
				try = milli(now) // a ready message always has its moment
			}
		}
		if settled(out.Status) {
			done = milli(now)
		}
		rows[i] = []any{out.Message, out.Token, string(out.Status), out.Reason, out.Answer, out.CarrierID, try, done, nullMilli(out.FirstTry), out.Turn}
	}
	got, err := list(ctx, o.DB, `UPDATE message AS m SET status = j.value->>2, reason = j.value->>3, answer = j.value->>4,
			carrier_id = CASE WHEN j.value->>5 <> '' THEN j.value->>5 ELSE m.carrier_id END,
			try_at = CAST(j.value->>6 AS BIGINT), done_at = CAST(j.value->>7 AS BIGINT),
			first_try_at = COALESCE(m.first_try_at, CAST(j.value->>8 AS BIGINT)), lease_until = 0,
			turn = CASE WHEN CAST(j.value->>9 AS BIGINT) > 0 THEN CAST(j.value->>9 AS BIGINT) ELSE m.turn END
		FROM {each $2}
		WHERE m.id {by CAST(j.value->>0 AS BIGINT)} AND +m.account_id = $1 AND m.token = CAST(j.value->>1 AS BIGINT) AND m.status IN ('handing', 'ready')
		RETURNING id`, []any{account, toJSON(rows)}, scanID)
	if err != nil {
		return nil, err
	}
	for _, id := range got {
		written[id] = true
	}
	return written, nil
}
