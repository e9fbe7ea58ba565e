package store

import (
	"context"
	"database/sql"
	"math"
	"time"

	"tactus/internal/account"
	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/gate"
	"tactus/internal/history"
)

// Circuit implements delivery.Store.
func (o *Outbox) Circuit(ctx context.Context, l delivery.Lane) (c delivery.Circuit, err error) {
	k := o.known(ctx)
	if k != nil {
		if c, ok := k.circuits[l]; ok {
			return c, nil
		}
	}
	var opened, probe sql.NullInt64
	var spent int64
	err = o.get(ctx, `SELECT failures, opened_at, probe_at, spent, text FROM circuit WHERE account_id = $1 AND channel = $2`,
		[]any{l.Account, l.Channel}, &c.Failures, &opened, &probe, &spent, &c.Text)
	switch {
	case fault.Is(err, fault.NotFound):
		c = delivery.Circuit{}
	case err != nil:
		return c, err
	default:
		c.OpenedAt, c.ProbeAt, c.Spent = fromNull(opened), fromNull(probe), time.Duration(spent)*time.Millisecond
	}
	k.circuit(l, c)
	return c, nil
}

// SetCircuit implements delivery.Store.
func (o *Outbox) SetCircuit(ctx context.Context, l delivery.Lane, c delivery.Circuit) error {
	err := o.later(ctx, `INSERT INTO circuit (account_id, channel, failures, opened_at, probe_at, spent, text) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (account_id, channel) DO UPDATE SET failures = excluded.failures, opened_at = excluded.opened_at,
			probe_at = excluded.probe_at, spent = excluded.spent, text = excluded.text`,
		l.Account, l.Channel, c.Failures, nullMilli(c.OpenedAt), nullMilli(c.ProbeAt), c.Spent.Milliseconds(), c.Text)
	if err == nil {
		o.known(ctx).circuit(l, c)
	}
	return err
}

// Barred implements delivery.Store.
func (o *Outbox) Barred(ctx context.Context, acct int64, ch string, addresses []string) (map[string]string, error) {
	facts := make(map[int64]enroll.GateFacts, len(addresses))
	holders := map[string][]int64{}
	for i, a := range addresses {
		facts[int64(i)] = enroll.GateFacts{}
		if key := suppressionKey(ch, a); key != "" {
			holders[key] = append(holders[key], int64(i))
		}
	}
	if err := o.suppressed(ctx, acct, ch, holders, facts); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for i, a := range addresses {
		switch f := facts[int64(i)]; {
		case f.Suppressed:
			out[a] = gate.Suppressed
		case f.OptedOut:
			out[a] = gate.OptedOut
		case f.DoNotContact:
			out[a] = gate.DoNotContact
		}
	}
	return out, nil
}

// Suppress implements delivery.Store. Who has the address sees it in the timeline.
func (o *Outbox) Suppress(ctx context.Context, acct int64, ch, address, reason, detail string, now time.Time) error {
	kind := contact.PhoneAddress
	if ch == channel.Email {
		kind, address = contact.EmailAddress, account.NormalEmail(address)
	}
	return o.InTx(ctx, func(ctx context.Context) error {
		n, err := o.exec(ctx, `INSERT INTO suppression (account_id, channel, address, reason, detail, author, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (account_id, channel, address, reason) DO NOTHING`, acct, ch, address, reason, detail, system, milli(now))
		if err != nil || n == 0 {
			return err
		}
		_, err = o.exec(ctx, `INSERT INTO history (account_id, contact_id, kind, outcome, reason, at, author, detail)
			SELECT account_id, contact_id, $1, 'added', $2, CAST($3 AS BIGINT), $4, $5
			FROM contact_address WHERE account_id = $6 AND kind = $7 AND address = $8`,
			history.Suppression, ch, milli(now), system, reason+": "+address+": "+detail, acct, kind, address)
		return err
	})
}

// system is the author of what nobody asked for.
const system = "system"

// Refs implements delivery.Store.
func (o *Outbox) Refs(ctx context.Context, acct, enrollment int64, run int) (refs []string, subject string, err error) {
	err = o.each(ctx, `SELECT ref, subject FROM message
		WHERE account_id = $1 AND enrollment_id = $2 AND enrollment_id > 0 AND class = 'plan' AND run = $3 AND status = 'accepted' AND ref <> ''
		ORDER BY handed_at, id`, []any{acct, enrollment, run}, func(scan scanFunc) error {
		var ref, s string
		if err := scan(&ref, &s); err != nil {
			return err
		}
		if len(refs) == 0 {
			subject = s
		}
		refs = append(refs, ref)
		return nil
	})
	return refs, subject, err
}

// spend opens the windows of this moment and locks them. A window far ahead is of a clock that was wrong: it is thrown away.
const spend = `INSERT INTO send_window AS w (account_id, sender, size, start_at, used)
	SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST(j.value->>0 AS BIGINT), CAST(j.value->>1 AS BIGINT), 0 FROM {each $3} WHERE TRUE
	ORDER BY 3
	ON CONFLICT (account_id, sender, size) DO UPDATE SET
		start_at = CASE WHEN excluded.start_at > w.start_at OR excluded.start_at < w.start_at - w.size * 1000 THEN excluded.start_at ELSE w.start_at END,
		used = CASE WHEN excluded.start_at > w.start_at OR excluded.start_at < w.start_at - w.size * 1000 THEN 0 ELSE w.used END
	RETURNING size, start_at, used`

// Spend implements delivery.Store. Windows are fixed spans since 1970 UTC; a limit that is not positive is none. To spend nothing tells
// whether the next place is to be waited for.
func (o *Outbox) Spend(ctx context.Context, acct int64, sender string, limits map[time.Duration]int, n int, now time.Time) (got int, opens time.Time, err error) {
	windows := make([][2]int64, 0, len(limits))
	places := make(map[int64]int64, len(limits))
	for size, limit := range limits {
		if limit > 0 {
			s := int64(math.Ceil(size.Seconds()))
			if known, ok := places[s]; !ok || int64(limit) < known {
				places[s] = int64(limit)
			}
		}
	}
	for s := range places {
		windows = append(windows, [2]int64{s, now.Unix() - now.Unix()%s})
	}
	if len(windows) == 0 || n < 0 {
		return max(n, 0), time.Time{}, nil
	}
	for i := range windows {
		windows[i][1] *= 1000
	}
	err = o.InTx(ctx, func(ctx context.Context) error {
		type window struct{ left, end int64 }
		var open []window
		free := int64(n)
		err := o.each(ctx, spend, []any{acct, sender, toJSON(windows)}, func(scan scanFunc) error {
			var size, start, used int64
			if err := scan(&size, &start, &used); err != nil {
				return err
			}
			w := window{max(0, places[size]-used), start + size*1000}
			open, free = append(open, w), min(free, w.left)
			return nil
		})
		if err != nil {
			return err
		}
		got, opens = int(free), time.Time{}
		for _, w := range open {
			if end := fromMilli(w.end); (got < n || n == 0) && w.left <= free && end.After(opens) {
				opens = end // full now: a place is free when all that are full have ended
			}
		}
		if free == 0 {
			return nil
		}
		return o.later(ctx, `UPDATE send_window SET used = used + $1 WHERE account_id = $2 AND sender = $3
			AND size IN (SELECT CAST(j.value->>0 AS BIGINT) FROM {each $4})`, free, acct, sender, toJSON(windows))
	})
	return got, opens, err
}
