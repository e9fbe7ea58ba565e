package bench

import (
	"context"
	"database/sql"
	"fmt"
)

// rare is the tag of one contact in a thousand.
const rare = "Rare"

// manyPlans is how many plans a large office has.
const manyPlans = 1000

// archive is the members' fixture with what years leave behind: a thousand plans, ten lines of history for each enrollment, a message for each
// contact, open and done tasks.
func (s *session) archive(ctx context.Context) (string, error) {
	base, err := s.members(ctx, s.Members)
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("fixture_archive_%d", s.Members)
	return name, s.fixture(ctx, name, func(name string) error {
		if err := s.sys.drop(ctx, name); err != nil { // it was made empty
			return err
		}
		if err := s.sys.copy(ctx, base, name); err != nil {
			return err
		}
		r, err := s.raw(s.sys.address(name))
		if err != nil {
			return err
		}
		defer r.Close()
		return s.age(ctx, r)
	})
}

func (s *session) age(ctx context.Context, r *raw) error {
	acct, err := r.number(ctx, "SELECT MIN(id) FROM account")
	if err != nil {
		return err
	}
	owner, err := r.number(ctx, "SELECT owner_id FROM account WHERE id = $1", acct)
	if err != nil {
		return err
	}
	if err := r.exec(ctx, r, `INSERT INTO label (account_id, kind, name, name_key, created_at)
		SELECT id, 'tag', CAST($1 AS TEXT), LOWER(CAST($1 AS TEXT)), created_at FROM account WHERE id = $2`, rare, acct); err != nil {
		return err
	}
	numbers := "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $1) "
	if err := r.exec(ctx, r, `INSERT INTO plan (account_id, name, kind, ready, version_id, number, created_at, updated_at) `+numbers+
		`SELECT p.account_id, 'Plan ' || n.i, p.kind, p.ready, p.version_id, p.number, p.created_at, p.updated_at FROM n CROSS JOIN plan p WHERE p.name = 'Bench members'`,
		manyPlans-1); err != nil {
		return err
	}
	return r.chunks(ctx, 1, int64(s.Members), peopleChunk, func(tx *sql.Tx, from, to int64) error {
		s.progress.count("years", int(to), s.Members)
		for _, text := range []string{
			`INSERT INTO history (account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, kind, outcome, due_at, at, author)
				WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 9)
				SELECT e.account_id, e.contact_id, e.id, e.plan_id, e.version_id, 1, 1, 'first', 'step', 'fired', e.started_at, e.started_at + n.i * 60000, 'engine'
				FROM enrollment e CROSS JOIN n WHERE e.id BETWEEN $1 AND $2`,
			`INSERT INTO message (account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, class, channel, status, due_at, created_at, handed_at,
					done_at, address, subject)
				SELECT e.account_id, e.contact_id, e.id, e.plan_id, e.version_id, 1, 1, 'first', 'plan', 'email', 'accepted', e.started_at, e.started_at, e.started_at,
					e.started_at, 'p' || e.contact_id || '@bench.example', 'Hello'
				FROM enrollment e WHERE e.id BETWEEN $1 AND $2`,
			fmt.Sprintf(`INSERT INTO task (account_id, contact_id, enrollment_id, run, round, step, kind, title, due_at, user_id, fired, status, created_at)
				SELECT e.account_id, e.contact_id, e.id, 1, 1, 'first', 'task', 'Call', e.started_at, %d, TRUE, CASE WHEN e.id %% 20 = 0 THEN 'open' ELSE 'done' END, e.started_at
				FROM enrollment e WHERE e.id BETWEEN $1 AND $2 AND e.id %% 10 = 0`, owner),
			`INSERT INTO contact_label (account_id, contact_id, label_id)
				SELECT c.account_id, c.id, l.id FROM contact c CROSS JOIN label l
				WHERE c.id BETWEEN $1 AND $2 AND c.id % 1000 = 1 AND l.name = '` + rare + `'`,
		} {
			if err := r.exec(ctx, tx, text, from, to); err != nil {
				return err
			}
		}
		return nil
	})
}
