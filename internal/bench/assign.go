package bench

import (
	"context"
	"database/sql"
	"fmt"
)

const assignPlan = `plan: Bench assign
steps:
  - {name: Hello, action: add_note, when: on day 1 at 09:00, text: Say hello}
  - {name: Call, action: remind, when: on day 3 at 09:00, title: Call}
`

// assign measures how fast a ready plan is put on contacts by their tag, with history and counts.
func assign(ctx context.Context, s *session) (Result, error) {
	fixture := fmt.Sprintf("fixture_people_%d", s.N)
	if err := s.fixture(ctx, fixture, s.fillPeople(ctx)); err != nil {
		return Result{}, err
	}
	p, _, err := s.beside(ctx, fixture, s.oursAssign, (*sample).writeAssign)
	if err != nil {
		return Result{}, err
	}
	return s.noted(ctx, p.result(s.N, "contacts/s", s.alone()))
}

func (s *session) oursAssign(ctx context.Context, r *raw, run int) (span, error) {
	var took span
	return took, s.withAt(ctx, r.address, func(o *office) error {
		planID, err := r.number(ctx, "SELECT MAX(id) FROM plan")
		if err != nil {
			return err
		}
		s.progress.say("assigning, run %d of %d", run+1, s.Runs)
		took, err = s.profiled(run, func() error { return o.assign(ctx, s.progress, planID) })
		return err
	})
}

// writeAssign writes for every contact with the tag what our side wrote for the sample.
func (s *sample) writeAssign(ctx context.Context, r *raw) error {
	last, err := r.number(ctx, "SELECT MAX(id) FROM contact")
	if err != nil {
		return err
	}
	planID, err := r.number(ctx, "SELECT MAX(id) FROM plan")
	if err != nil {
		return err
	}
	tag, err := r.number(ctx, "SELECT id FROM label WHERE kind = 'tag' AND name = $1", audience)
	if err != nil {
		return err
	}
	if err := s.keepRows(ctx, r); err != nil {
		return err
	}
	newest := int64(0)
	return r.chunks(ctx, s.contact, last, writeChunk, func(tx *sql.Tx, from, to int64) error {
		if err := r.exec(ctx, tx, "INSERT INTO enrollment (account_id, contact_id, plan_id, "+enrollmentColumns+", created_at) "+
			"SELECT c.account_id, c.contact_id, CAST($3 AS BIGINT), "+casts(enrollmentColumns, 5)+", CAST($17 AS BIGINT) FROM contact_label c "+
			"WHERE c.account_id = 1 AND c.label_id = $4 AND c.contact_id BETWEEN $1 AND $2", append([]any{from, to, planID, tag}, append(s.after, s.after[10])...)...); err != nil {
			return err
		}
		if err := r.exec(ctx, tx, "INSERT INTO history (account_id, contact_id, enrollment_id, plan_id, "+historyColumns+") SELECT e.account_id, e.contact_id, e.id, e.plan_id, "+
			"h.version_id, h.run, h.round, h.step, h.kind, h.outcome, h.reason, h.due_at, h.at, h.author, h.detail FROM enrollment e CROSS JOIN bench_history h "+
			"WHERE e.id > $1", newest); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, "SELECT MAX(id) FROM enrollment").Scan(&newest); err != nil {
			return err
		}
		if s.counts > 0 && from == s.contact {
			return r.exec(ctx, tx, "INSERT INTO plan_count (account_id, plan_id, active) "+
				"WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT 1, CAST($2 AS BIGINT), 1 FROM n", s.counts, planID)
		}
		return nil
	})
}
