package store

import (
	"context"
	"time"

	"tactus/internal/delivery"
)

// queueOver is how long nobody may have come for a place before a queue counts as over: its messages were taken back, or the
// server stood still. Who still comes with a turn of it gets a new one, in the order in which they come.
const queueOver = time.Minute

// Queue implements delivery.Store.
func (o *Outbox) Queue(ctx context.Context, l delivery.Line, turns []int64, opens, now time.Time) ([]delivery.Turn, error) {
	out := make([]delivery.Turn, len(turns))
	err := o.InTx(ctx, func(ctx context.Context) error {
		var issued, gone, base, expect int64
		err := o.get(ctx, `INSERT INTO send_queue AS q (account_id, sender, lane) VALUES ($1, $2, $3)
			ON CONFLICT (account_id, sender, lane) DO UPDATE SET lane = q.lane RETURNING issued, gone, base, expect`,
			[]any{l.Account, l.Sender, l.Lane}, &issued, &gone, &base, &expect)
		if err != nil {
			return err
		}
		if now.After(fromMilli(expect).Add(queueOver)) {
			gone, base = issued, issued
		}
		for i, turn := range turns {
			if turn <= base {
				issued++
				turn = issued
			}
			out[i] = delivery.Turn{Number: turn, Ahead: max(0, turn-gone-1)}
		}
		return o.later(ctx, `UPDATE send_queue SET issued = $4, gone = $5, base = $6, expect = CASE WHEN expect > $7 THEN expect ELSE $7 END
			WHERE account_id = $1 AND sender = $2 AND lane = $3`, l.Account, l.Sender, l.Lane, issued, gone, base, milli(opens))
	})
	return out, err
}

// Served implements delivery.Store.
func (o *Outbox) Served(ctx context.Context, l delivery.Line, turn int64, now time.Time) error {
	return o.later(ctx, `UPDATE send_queue SET gone = CASE WHEN gone < $4 THEN $4 ELSE gone END, expect = CASE WHEN expect > $5 THEN expect ELSE $5 END
		WHERE account_id = $1 AND sender = $2 AND lane = $3 AND issued >= $4`, l.Account, l.Sender, l.Lane, turn, milli(now))
}
