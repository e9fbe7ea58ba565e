package store

import (
	"context"

	"tactus/internal/action"
	"tactus/internal/channel"
	"tactus/internal/enroll"
	"tactus/internal/fault"
)

// writeMessages takes messages back, then offers the new ones to the senders.
func (db *DB) writeMessages(ctx context.Context, b *writeBatch) error {
	back, offers, notices := &sharedRows{}, &sharedRows{}, &sharedRows{}
	b.effects(func(n int, g *enroll.WriteGroup, eff enroll.Effect) {
		e := &g.After
		switch do := eff.Do.(type) {
		case enroll.WithdrawMessage:
			back.row().num(int64(eff.Run)).num(int64(eff.Round)).text(eff.Step)
			back.to(0, b.ids[n])
		case action.SendMessage:
			lane := int64(1)
			if e.Lane == 0 && enroll.MillisOf(eff.Due) == e.State.Began {
				lane = 0
			}
			offers.row().num(e.VersionID).num(int64(eff.Run)).num(int64(eff.Round)).text(eff.Step).num(int64(e.State.Sent[eff.Step])).
				text(do.Channel).num(lane).num(milli(eff.Due)).flag(do.Thread)
			offers.to(0, b.ids[n])
		case enroll.NotifyUser:
			notices.row().num(e.VersionID).num(int64(eff.Run)).num(int64(eff.Round)).text(eff.Step).num(milli(eff.Due)).
				text(toJSON(map[string]int64{"user": do.User}))
			notices.to(0, b.ids[n])
		}
	})
	if !back.empty() {
		if err := db.withdraw(ctx, b, back.String()); err != nil {
			return err
		}
	}
	if !offers.empty() {
		if err := db.offer(ctx, b, offers.String(), offers.count); err != nil {
			return err
		}
	}
	if !notices.empty() {
		if err := db.notify(ctx, b, notices.String()); err != nil {
			return err
		}
	}
	if !offers.empty() || !notices.empty() {
		db.Signal(ctx, enroll.TopicDelivery)
	}
	return nil
}

// withdraw takes messages back that nobody is handing over; their bytes, if they have any, stay for the next offer.
func (db *DB) withdraw(ctx context.Context, b *writeBatch, set string) error {
	return db.later(ctx, stepsOf+`UPDATE message SET status = 'withdrawn', try_at = NULL, done_at = $3 WHERE id IN (
			SELECT o.id FROM m CROSS JOIN message o
			WHERE o.account_id = m.account_id AND o.enrollment_id = m.id AND o.enrollment_id > 0 AND o.class = 'plan'
				AND o.run = m.run AND o.round = m.round AND o.step = m.step)
		AND `+unsent, b.Account, set, milli(b.Now))
}

// unsent are messages that a command can still take back.
const unsent = `(CASE WHEN status IN ('ready', 'held', 'waiting') THEN TRUE END)`

// offer makes the messages ready. A step's message that was offered before, to be tried again by its carrier or taken back
// meanwhile, is offered again as the same row, with the bytes it has.
func (db *DB) offer(ctx context.Context, b *writeBatch, set string, count int) error {
	return db.laterThen(ctx, allOf(count, fault.Internal, "%d of %d messages were sent before"), `INSERT INTO message (account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, nth, class, channel,
			status, lane, due_at, try_at, thread, created_at)
		WITH g AS MATERIALIZED (
			SELECT CAST(j.value->>0 AS BIGINT) AS version_id, CAST(j.value->>1 AS BIGINT) AS run, CAST(j.value->>2 AS BIGINT) AS round,
				j.value->>3 AS step, CAST(j.value->>4 AS BIGINT) AS nth, j.value->>5 AS channel, CAST(j.value->>6 AS BIGINT) AS lane,
				CAST(j.value->>7 AS BIGINT) AS due_at, CAST(j.value->>8 AS BOOLEAN) AS thread, j.value->10 AS members
			FROM {each $2})
		SELECT $1, e.contact_id, e.id, e.plan_id, g.version_id, g.run, g.round, g.step,
			g.nth, 'plan', g.channel, 'ready', g.lane, g.due_at, CAST($3 AS BIGINT), g.thread, CAST($3 AS BIGINT)
		FROM g CROSS JOIN {inner g.members} CROSS JOIN enrollment e WHERE e.id = CAST(i.value AS BIGINT)
		ON CONFLICT (account_id, enrollment_id, run, round, step) WHERE enrollment_id > 0 AND class = 'plan'
		DO UPDATE SET status = 'ready', try_at = excluded.try_at, lease_until = 0, token = message.token + 1, lane = excluded.lane, due_at = excluded.due_at,
			version_id = excluded.version_id, nth = excluded.nth, thread = excluded.thread, reason = '', answer = '', done_at = NULL
		WHERE message.status NOT IN ('handing', 'accepted', 'uncertain', 'refused', 'failed')`, b.Account, set, milli(b.Now))
}

// notify writes to users; whom is decided when it is handed over.
func (db *DB) notify(ctx context.Context, b *writeBatch, set string) error {
	return db.later(ctx, `INSERT INTO message (account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, class, channel,
			status, due_at, try_at, content, created_at)
		WITH g AS MATERIALIZED (
			SELECT CAST(j.value->>0 AS BIGINT) AS version_id, CAST(j.value->>1 AS BIGINT) AS run, CAST(j.value->>2 AS BIGINT) AS round,
				j.value->>3 AS step, CAST(j.value->>4 AS BIGINT) AS due_at, j.value->>5 AS content, j.value->7 AS members
			FROM {each $2})
		SELECT $1, e.contact_id, e.id, e.plan_id, g.version_id, g.run, g.round, g.step,
			'notice', $4, 'ready', g.due_at, CAST($3 AS BIGINT), g.content, CAST($3 AS BIGINT)
		FROM g CROSS JOIN {inner g.members} CROSS JOIN enrollment e WHERE e.id = CAST(i.value AS BIGINT)`,
		b.Account, set, milli(b.Now), channel.Email)
}
