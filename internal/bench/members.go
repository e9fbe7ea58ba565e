package bench

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"tactus/internal/enroll"
)

// membersPlan keeps its people waiting: exact hours, so that a due moment is an anchor and a sum.
const membersPlan = `plan: Bench members
steps:
  - {id: first, name: First, action: add_note, when: 8000 hours after start, text: After a long time}
  - {id: second, name: Second, action: add_note, when: 8000 hours after previous, text: And again}
`

const (
	membersWait = 8000 * time.Hour
	membersDue  = 100 * 24 * time.Hour // from now until the first of them is due
)

// members makes n contacts that are all active on a plan and wait; the name of the fixture is the answer. One run is made by the product,
// the others are copies of it with start and due moments of their own.
func (s *session) members(ctx context.Context, n int) (string, error) {
	name := fmt.Sprintf("fixture_members_%d", n)
	return name, s.fixture(ctx, name, func(name string) error {
		return s.with(ctx, name, func(o *office) error {
			if err := s.people(ctx, o, n); err != nil {
				return err
			}
			planID, err := o.plan(ctx, membersPlan)
			if err != nil {
				return err
			}
			first, err := o.Runs.Start(ctx, o.account.ID, enroll.StartRequest{Plan: planID, Contacts: []int64{1}, Cause: "hand", Author: author, By: o.account.OwnerID})
			if err != nil || first.Started != 1 {
				return fmt.Errorf("started %+v: %w", first, err)
			}
			if _, _, err := o.Engine.RunOnce(ctx); err != nil { // it now knows when it is due
				return err
			}
			r, err := s.raw(o.address)
			if err != nil {
				return err
			}
			defer r.Close()
			return s.multiply(ctx, o, r, n)
		})
	})
}

// anchored is a run's state with another start: SQL text over the began of the sample and the new one.
const anchored = `REPLACE(e.state, CAST(e.started_at AS TEXT), CAST(%s AS TEXT))`

// multiply gives every other contact a copy of the first one's run.
func (s *session) multiply(ctx context.Context, o *office, r *raw, n int) error {
	base := o.Clock.Now().Add(membersDue).UnixMilli()
	started := fmt.Sprintf("(%d + c.id * 8 - %d)", base, membersWait.Milliseconds())
	rows, err := r.rows(ctx, "SELECT id, plan_id FROM enrollment")
	if err != nil {
		return err
	}
	first, planID := rows[0][0], rows[0][1]
	past, err := r.rows(ctx, "SELECT run, round, kind, outcome, reason, author FROM history WHERE enrollment_id = $1 AND kind = 'status'", first)
	if err != nil {
		return err
	}
	err = r.chunks(ctx, 2, int64(n), peopleChunk, func(tx *sql.Tx, from, to int64) error {
		s.progress.count("members", int(to), n)
		if err := r.exec(ctx, tx, `INSERT INTO enrollment (account_id, contact_id, plan_id, version_id, status, run, due_at, lane, state, assigned_by, created_at, started_at)
			SELECT c.account_id, c.id, e.plan_id, e.version_id, e.status, e.run, `+started+fmt.Sprintf(` + %d`, membersWait.Milliseconds())+`, e.lane, `+
			fmt.Sprintf(anchored, started)+`, e.assigned_by, e.created_at, `+started+`
			FROM contact c CROSS JOIN enrollment e WHERE c.id BETWEEN $1 AND $2 AND e.id = $3`, from, to, first); err != nil {
			return err
		}
		return r.exec(ctx, tx, `INSERT INTO history (account_id, contact_id, enrollment_id, plan_id, version_id, run, round, kind, outcome, reason, at, author)
			SELECT e.account_id, e.contact_id, e.id, e.plan_id, e.version_id, CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT), e.started_at, CAST($8 AS TEXT)
			FROM enrollment e WHERE e.account_id = $9 AND e.contact_id BETWEEN $1 AND $2`, append(append([]any{from, to}, past[0]...), o.account.ID)...)
	})
	if err != nil || n < 2 {
		return err
	}
	return r.exec(ctx, r, `INSERT INTO plan_count (account_id, plan_id, active) VALUES ($1, $2, $3)`, o.account.ID, planID, n-1)
}

// fallDue lets count of the members fall due one after the other, rate a second, from start on; they are spread over all of them.
func (r *raw) fallDue(ctx context.Context, start time.Time, count, rate int) error {
	last, err := r.number(ctx, "SELECT MAX(id) FROM enrollment")
	if err != nil {
		return err
	}
	stride := last / int64(count)
	due := fmt.Sprintf("(%d + (e.id / %d) * 1000 / %d)", start.UnixMilli(), stride, rate)
	begun := fmt.Sprintf("(%s - %d)", due, membersWait.Milliseconds())
	return r.exec(ctx, r, `UPDATE enrollment AS e SET due_at = `+due+`, started_at = `+begun+`, state = `+fmt.Sprintf(anchored, begun)+
		fmt.Sprintf(` WHERE e.id %% %d = 0 AND e.id / %d BETWEEN 1 AND %d`, stride, stride, count))
}
