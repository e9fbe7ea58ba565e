package store

import (
	"context"
	"maps"
	"slices"

	"tactus/internal/contact"
)

// AppendConsent implements contact.Store.
func (db *DB) AppendConsent(ctx context.Context, rows []contact.Consent) error {
	if len(rows) == 0 {
		return nil
	}
	set := make([][]any, len(rows))
	for i, c := range rows {
		set[i] = []any{
			i, c.AccountID, c.ContactID, c.Channel, string(c.Act), c.Basis, c.Wording, c.Method, c.Evidence,
			c.Author, milli(c.At), milli(c.RecordedAt),
		}
	}
	text := toJSON(set)
	if err := db.later(ctx, `INSERT INTO consent (account_id, contact_id, channel, act, basis, wording, method, evidence, author, at, recorded_at)
		SELECT CAST(j.value->>1 AS BIGINT), CAST(j.value->>2 AS BIGINT), j.value->>3, j.value->>4, j.value->>5, j.value->>6, j.value->>7,
			j.value->>8, j.value->>9, CAST(j.value->>10 AS BIGINT), CAST(j.value->>11 AS BIGINT)
		FROM {each $1} ORDER BY CAST(j.value->>0 AS BIGINT)`, text); err != nil {
		return err
	}
	// The latest act counts; of two at the same moment the one recorded later. One that is later than all of these made the permission what it is.
	return db.later(ctx, `INSERT INTO permission (account_id, contact_id, channel, granted, basis)
		SELECT t.account_id, t.contact_id, t.channel, t.granted, t.basis
		FROM (SELECT CAST(j.value->>0 AS BIGINT) AS account_id, CAST(j.value->>1 AS BIGINT) AS contact_id, j.value->>2 AS channel,
			CAST(j.value->>3 AS BOOLEAN) AS granted, j.value->>4 AS basis, CAST(j.value->>5 AS BIGINT) AS at FROM {each $1}) t
		WHERE NOT EXISTS (SELECT 1 FROM consent l WHERE l.account_id = t.account_id AND l.contact_id = t.contact_id AND l.channel = t.channel AND l.at > t.at)
		ON CONFLICT (account_id, contact_id, channel) DO UPDATE SET granted = excluded.granted, basis = excluded.basis`, toJSON(latest(rows)))
}

// latest are the lines of a set of which none is later, as [account, contact, channel, granted, basis, moment].
func latest(rows []contact.Consent) [][]any {
	type of struct {
		account, contact int64
		channel          string
	}
	last := make(map[of]int, len(rows))
	for i, c := range rows {
		k := of{c.AccountID, c.ContactID, c.Channel}
		if n, ok := last[k]; !ok || milli(c.At) >= milli(rows[n].At) {
			last[k] = i
		}
	}
	out := make([][]any, 0, len(last))
	for _, i := range slices.Sorted(maps.Values(last)) {
		c := rows[i]
		out = append(out, []any{c.AccountID, c.ContactID, c.Channel, c.Act == contact.Grant, c.Basis, milli(c.At)})
	}
	return out
}

// ConsentLedger implements contact.Store.
func (db *DB) ConsentLedger(ctx context.Context, acct, id int64) ([]contact.Consent, error) {
	return list(ctx, db, `SELECT id, account_id, contact_id, channel, act, basis, wording, method, evidence, author, at, recorded_at
		FROM consent WHERE account_id = $1 AND contact_id = $2 ORDER BY id`, []any{acct, id}, func(scan scanFunc) (c contact.Consent, err error) {
		var at, recorded int64
		err = scan(&c.ID, &c.AccountID, &c.ContactID, &c.Channel, &c.Act, &c.Basis, &c.Wording, &c.Method, &c.Evidence, &c.Author, &at, &recorded)
		c.At, c.RecordedAt = fromMilli(at), fromMilli(recorded)
		return c, err
	})
}

// Permissions implements contact.Store.
func (db *DB) Permissions(ctx context.Context, acct, id int64) ([]contact.Permission, error) {
	return list(ctx, db, `SELECT channel, granted, basis FROM permission WHERE account_id = $1 AND contact_id = $2 ORDER BY channel`, []any{acct, id},
		func(scan scanFunc) (p contact.Permission, err error) {
			return p, scan(&p.Channel, &p.Granted, &p.Basis)
		})
}

// Suppress implements contact.Store.
func (db *DB) Suppress(ctx context.Context, rows []contact.Suppression) (int64, error) {
	set := make([][]any, len(rows))
	for i, s := range rows {
		set[i] = []any{s.AccountID, s.Channel, s.Address, string(s.Reason), s.Detail, s.Author, milli(s.At)}
	}
	return db.exec(ctx, `INSERT INTO suppression (account_id, channel, address, reason, detail, author, at)
		SELECT CAST(j.value->>0 AS BIGINT), j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5, CAST(j.value->>6 AS BIGINT)
		FROM {each $1} WHERE TRUE ON CONFLICT DO NOTHING`, toJSON(set))
}

// Unsuppress implements contact.Store.
func (db *DB) Unsuppress(ctx context.Context, acct int64, channel, address string, reason contact.Reason) (int64, error) {
	return db.exec(ctx, `DELETE FROM suppression WHERE account_id = $1 AND channel = $2 AND address = $3 AND reason = $4`, acct, channel, address, string(reason))
}

// Suppressions implements contact.Store.
func (db *DB) Suppressions(ctx context.Context, acct int64, channel string, addresses []string) ([]contact.Suppression, error) {
	return list(ctx, db, `SELECT account_id, channel, address, reason, detail, author, at FROM suppression
		WHERE account_id = $1 AND channel = $2 AND address IN (SELECT j.value->>0 FROM {each $3}) ORDER BY address, at`, []any{acct, channel, names(addresses)},
		func(scan scanFunc) (s contact.Suppression, err error) {
			var at int64
			err = scan(&s.AccountID, &s.Channel, &s.Address, &s.Reason, &s.Detail, &s.Author, &at)
			s.At = fromMilli(at)
			return s, err
		})
}
