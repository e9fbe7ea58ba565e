package bench

import (
	"context"
	"database/sql"

	"tactus/internal/account"
)

// peopleChunk is how many contacts one transaction of a fixture makes.
const peopleChunk = 50_000

// people makes n contacts with an address, consent to email and the audience's tag, assigned to the owner, by set
// SQL: making them is not what is measured.
func (s *session) people(ctx context.Context, o *office, n int) error {
	if _, err := o.Accounts.EnsureLabels(ctx, o.account.ID, account.Tag, []string{audience}); err != nil {
		return err
	}
	r, err := s.raw(o.address)
	if err != nil {
		return err
	}
	defer r.Close()
	tag, err := r.number(ctx, `SELECT id FROM label WHERE kind = 'tag' AND name = $1`, audience)
	if err != nil {
		return err
	}
	stage, err := r.number(ctx, `SELECT id FROM label WHERE kind = 'stage' AND name = 'New'`)
	if err != nil {
		return err
	}
	acct, owner, now := o.account.ID, o.account.OwnerID, o.Clock.Now().UnixMilli()
	return r.chunks(ctx, 1, int64(n), peopleChunk, func(tx *sql.Tx, from, to int64) error {
		s.progress.count("contacts", int(to), n)
		for _, st := range []struct {
			text string
			args []any
		}{
			{
				`INSERT INTO contact (account_id, first_name, last_name, stage_id, assigned_id, email, name_key, sort_key, street, city, state, zip, country,
					created_at, updated_at, active_at)
				WITH RECURSIVE n(i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $2)
				SELECT CAST($3 AS BIGINT), 'Pat' || i, 'Doe', CAST($4 AS BIGINT), CAST($5 AS BIGINT), 'p' || i || '@bench.example', 'pat' || i || ' doe', 'doe pat' || i,
					i || ' Main St', 'Denver', 'CO', '80202', 'US', CAST($6 AS BIGINT), CAST($6 AS BIGINT), CAST($6 AS BIGINT) FROM n`,
				[]any{from, to, acct, stage, owner, now},
			},
			{`INSERT INTO contact_address (account_id, kind, address, contact_id, shown)
				SELECT account_id, 'email', email, id, email FROM contact WHERE id BETWEEN $1 AND $2`, []any{from, to}},
			{`INSERT INTO contact_label (account_id, contact_id, label_id)
				SELECT account_id, id, CAST($3 AS BIGINT) FROM contact WHERE id BETWEEN $1 AND $2`, []any{from, to, tag}},
			{`INSERT INTO consent (account_id, contact_id, channel, act, basis, method, author, at, recorded_at)
				SELECT account_id, id, 'email', 'grant', 'express', 'import', 'bench', created_at, created_at FROM contact WHERE id BETWEEN $1 AND $2`, []any{from, to}},
			{`INSERT INTO permission (account_id, contact_id, channel, granted, basis)
				SELECT account_id, id, 'email', TRUE, 'express' FROM contact WHERE id BETWEEN $1 AND $2`, []any{from, to}},
		} {
			if err := r.exec(ctx, tx, st.text, st.args...); err != nil {
				return err
			}
		}
		return nil
	})
}
