package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
)

// dueLanes jumps from one (account, channel, lane) of the index message_due to the next, so that it costs as much as there are
// accounts with something to try, however much each has. Rows that a sender has claimed a moment ago are not due: it has them.
const dueLanes = `WITH RECURSIVE head(id) AS (
		SELECT (SELECT f.id FROM message f WHERE f.try_at IS NOT NULL ORDER BY f.account_id, f.channel, f.lane LIMIT 1)
		UNION ALL
		SELECT COALESCE(
			(SELECT n.id FROM message n WHERE n.try_at IS NOT NULL AND n.account_id = m.account_id AND n.channel = m.channel AND n.lane > m.lane
				ORDER BY n.account_id, n.channel, n.lane LIMIT 1),
			(SELECT n.id FROM message n WHERE n.try_at IS NOT NULL AND n.account_id = m.account_id AND n.channel > m.channel
				ORDER BY n.account_id, n.channel, n.lane LIMIT 1),
			(SELECT n.id FROM message n WHERE n.try_at IS NOT NULL AND n.account_id > m.account_id
				ORDER BY n.account_id, n.channel, n.lane LIMIT 1))
		FROM head JOIN message m ON m.id {by head.id}
	)
	SELECT m.account_id, m.channel,
		EXISTS (SELECT 1 FROM message d WHERE d.account_id = m.account_id AND d.channel = m.channel AND d.lane = m.lane
			AND d.try_at IS NOT NULL AND d.try_at <= $1 AND d.status = 'ready' AND d.lease_until < {now}),
		(SELECT MIN(l.try_at) FROM message l WHERE l.account_id = m.account_id AND l.channel = m.channel AND l.lane = m.lane
			AND l.try_at IS NOT NULL AND l.try_at > $1)
	FROM head JOIN message m ON m.id {by head.id}
	ORDER BY m.account_id, m.channel`

// DueLanes implements delivery.Store.
func (o *Outbox) DueLanes(ctx context.Context, now time.Time) ([]delivery.Lane, time.Time, error) {
	var lanes []delivery.Lane
	var next sql.NullInt64
	err := o.each(ctx, dueLanes, []any{milli(now)}, func(scan scanFunc) error {
		var l delivery.Lane
		var due bool
		var later sql.NullInt64
		if err := scan(&l.Account, &l.Channel, &due, &later); err != nil {
			return err
		}
		if due && (len(lanes) == 0 || lanes[len(lanes)-1] != l) {
			lanes = append(lanes, l)
		}
		if later.Valid && (!next.Valid || later.Int64 < next.Int64) {
			next = later
		}
		return nil
	})
	return lanes, fromNull(next), err
}

const claimMessages = `WITH due AS MATERIALIZED (
		SELECT id FROM message
		WHERE account_id = $1 AND channel = $2 AND try_at IS NOT NULL AND try_at <= $3 AND status = 'ready' AND lease_until < {now}
		ORDER BY lane, try_at, id LIMIT $4 {skip}
	)
	UPDATE message SET lease_until = {now} + $5, token = token + 1
	WHERE id IN (SELECT id FROM due)
	RETURNING ` + messageColumns

// ClaimMessages implements delivery.Store.
func (o *Outbox) ClaimMessages(ctx context.Context, l delivery.Lane, now time.Time, limit int, lease time.Duration) ([]delivery.Message, error) {
	rows, err := list(ctx, o.DB, claimMessages, []any{l.Account, l.Channel, milli(now), limit, lease.Milliseconds()}, scanClaimed)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b claimed) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.tryAt, b.tryAt), cmp.Compare(a.ID, b.ID))
	})
	return o.withBodies(ctx, rows)
}

// ExpiredHanding implements delivery.Store. The rows stay locked until the transaction ends; the new token keeps the late sender out.
func (o *Outbox) ExpiredHanding(ctx context.Context, all bool, except []int64, limit int) ([]delivery.Message, error) {
	which := `AND lease_until < {now}`
	if all {
		which = ``
		// What was claimed and not yet marked when that process ended need not wait for the end of its lease.
		if _, err := o.exec(ctx, `UPDATE message SET lease_until = 0, token = token + 1 WHERE try_at IS NOT NULL AND status = 'ready' AND lease_until > 0`); err != nil {
			return nil, err
		}
	}
	rows, err := list(ctx, o.DB, `WITH lost AS MATERIALIZED (
			SELECT id FROM message WHERE status = 'handing' `+which+` AND id NOT IN (SELECT CAST(j.value AS BIGINT) FROM {each $3}) ORDER BY id LIMIT $1 {skip}
		)
		UPDATE message SET lease_until = {now} + $2, token = token + 1
		WHERE id IN (SELECT id FROM lost)
		RETURNING `+messageColumns, []any{limit, doubtLease.Milliseconds(), ids(except)}, scanClaimed)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b claimed) int { return cmp.Compare(a.ID, b.ID) })
	return o.withBodies(ctx, rows)
}

// doubtLease is for the node that settles messages in doubt; it does so within the same transaction.
const doubtLease = time.Minute

// withBodies adds the bytes of messages that were handed over before.
func (o *Outbox) withBodies(ctx context.Context, rows []claimed) ([]delivery.Message, error) {
	out := make([]delivery.Message, len(rows))
	var tried []int64
	for i, r := range rows {
		out[i] = r.Message
		if r.Attempts > 0 {
			tried = append(tried, r.ID)
		}
	}
	if len(tried) == 0 {
		return out, nil
	}
	bodies, err := list(ctx, o.DB, `SELECT b.message_id, b.envelope_from, b.envelope_to, b.preview, b.raw, m.ref
		FROM message_body b JOIN message m ON m.id = b.message_id
		WHERE b.message_id IN (SELECT CAST(j.value AS BIGINT) FROM {each $1})`, []any{ids(tried)}, scanBody)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]*channel.Composed, len(bodies))
	for i := range bodies {
		byID[bodies[i].message] = &bodies[i].Composed
	}
	for i := range out {
		out[i].Body = byID[out[i].ID]
	}
	return out, nil
}

// tokens are claims [id, token].
func tokens(claims []delivery.Message) string {
	set := &rowsJSON{}
	for _, m := range claims {
		set.row().num(m.ID).num(m.Token)
	}
	return set.String()
}

// Release implements delivery.Store.
func (o *Outbox) Release(ctx context.Context, account int64, claims []delivery.Message, tried bool) error {
	if len(claims) == 0 {
		return nil
	}
	status := `m.status = 'ready'`
	if tried {
		status = `m.status IN ('ready', 'handing')`
	}
	_, err := o.exec(ctx, `UPDATE message AS m SET lease_until = 0, status = 'ready', try_at = COALESCE(m.try_at, m.handed_at) FROM {each $2}
		WHERE m.id {by CAST(j.value->>0 AS BIGINT)} AND +m.account_id = $1 AND m.token = CAST(j.value->>1 AS BIGINT) AND `+status,
		account, tokens(claims))
	if err == nil {
		o.Signal(ctx, enroll.TopicDelivery)
	}
	return err
}

// LockMessages implements delivery.Store. A row that was locked by another is judged by what it is once the lock is free.
// (+account_id: without it SQLite walks all messages of the account instead of the few that are named; so in Record.)
func (o *Outbox) LockMessages(ctx context.Context, account int64, claims []delivery.Message) (map[int64]bool, error) {
	got, err := list(ctx, o.DB, `SELECT m.id FROM {each $2} JOIN message m ON m.id {by CAST(j.value->>0 AS BIGINT)}
		WHERE +m.account_id = $1 AND m.token = CAST(j.value->>1 AS BIGINT) AND m.status = 'ready'
		ORDER BY m.id + 0 {lock m}`, []any{account, tokens(claims)}, scanID)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]bool, len(got))
	for _, id := range got {
		out[id] = true
	}
	return out, nil
}
