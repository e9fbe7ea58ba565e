package store

import (
	"context"
	"strings"

	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/plan"
)

// Write implements enroll.Store. The number of statements does not depend on the number of rows: what rows of a group share is written once
// in the parameter, next to the ids of its members.
func (db *DB) Write(ctx context.Context, w *enroll.Writes) error {
	if len(w.Rows) == 0 {
		return nil
	}
	b := newWriteBatch(w)
	for _, step := range []func(context.Context, *writeBatch) error{
		db.moveRows, db.writeHistory, db.writeGuards, db.dropGuards, db.writeCounts, db.changeContacts, db.writeMessages, db.writeTasks,
	} {
		if err := step(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// writeBatch is a batch with its rows sorted to their groups.
type writeBatch struct {
	*enroll.Writes
	members [][]enroll.WriteRow // by group
	ids     [][]int64           // of the enrollments, by group
}

func newWriteBatch(w *enroll.Writes) *writeBatch {
	b := &writeBatch{Writes: w, members: make([][]enroll.WriteRow, len(w.Groups)), ids: make([][]int64, len(w.Groups))}
	for _, r := range w.Rows {
		b.members[r.Group] = append(b.members[r.Group], r)
		b.ids[r.Group] = append(b.ids[r.Group], r.ID)
	}
	return b
}

// groups calls f for each group that has rows.
func (b *writeBatch) groups(f func(n int, g *enroll.WriteGroup)) {
	for n := range b.Groups {
		if len(b.members[n]) > 0 {
			f(n, &b.Groups[n])
		}
	}
}

// effects calls f for each effect of each group that has rows.
func (b *writeBatch) effects(f func(n int, g *enroll.WriteGroup, eff enroll.Effect)) {
	b.groups(func(n int, g *enroll.WriteGroup) {
		for _, eff := range g.Move.Effects {
			f(n, g, eff)
		}
	})
}

// large is from how many rows on a group is written by itself: what its rows share is a parameter then, instead of a copy for each row. It
// bounds the statements of a batch.
const large = 64

// moveRows writes the enrollments as they are after the move.
func (db *DB) moveRows(ctx context.Context, b *writeBatch) error {
	set := &sharedRows{}
	var alone []int
	b.groups(func(n int, g *enroll.WriteGroup) {
		if len(b.ids[n]) >= large {
			alone = append(alone, n)
			return
		}
		e := &g.After
		set.row().num(e.VersionID).text(string(e.Status)).text(holding(e)).num(int64(e.Run)).orNull(milli(e.DueAt)).
			text(string(e.Wait)).num(int64(e.Lane)).text(g.Raw).num(int64(e.Problems)).num(e.AssignedBy).
			num(milli(e.StartedAt)).orNull(milli(e.EndedAt))
		set.to(0, b.ids[n])
	})
	for _, n := range alone {
		if err := db.moveGroup(ctx, b, n); err != nil {
			return err
		}
	}
	if set.empty() {
		return nil
	}
	return db.laterThen(ctx, moved(set.count), `WITH g AS MATERIALIZED (
			SELECT CAST(j.value->>0 AS BIGINT) AS version_id, j.value->>1 AS status, j.value->>2 AS holders, CAST(j.value->>3 AS BIGINT) AS run,
				CAST(j.value->>4 AS BIGINT) AS due_at, j.value->>5 AS wait, CAST(j.value->>6 AS BIGINT) AS lane, j.value->>7 AS state,
				CAST(j.value->>8 AS BIGINT) AS problems, CAST(j.value->>9 AS BIGINT) AS assigned_by, CAST(j.value->>10 AS BIGINT) AS started_at,
				CAST(j.value->>11 AS BIGINT) AS ended_at, j.value->13 AS members
			FROM {each $2}),
		m AS MATERIALIZED (SELECT CAST(i.value AS BIGINT) AS id, CAST($1 AS BIGINT) AS account_id, g.* FROM g CROSS JOIN {inner g.members})
		UPDATE enrollment AS e SET version_id = m.version_id, status = m.status, holders = m.holders, run = m.run, due_at = m.due_at,
			wait = m.wait, lane = m.lane, state = m.state, problems = m.problems, assigned_by = m.assigned_by, started_at = m.started_at,
			ended_at = m.ended_at, tries = 0, error = ''
		FROM m WHERE e.id = +m.id AND e.account_id = +m.account_id`, b.Account, set.String())
}

// moved sees to it that none was missing.
func moved(count int) checkFunc {
	return allOf(count, fault.Internal, "%d of %d enrollments were not there to be written")
}

// moveGroup writes the rows of one group.
func (db *DB) moveGroup(ctx context.Context, b *writeBatch, n int) error {
	e := &b.Groups[n].After
	return db.laterThen(ctx, moved(len(b.ids[n])), `UPDATE enrollment SET version_id = $3, status = $4, holders = $5, run = $6, due_at = CAST($7 AS BIGINT), wait = $8,
			lane = $9, state = $10, problems = $11, assigned_by = $12, started_at = $13, ended_at = CAST($14 AS BIGINT), tries = 0, error = ''
		WHERE id IN (SELECT CAST(j.value AS BIGINT) FROM {each $2}) AND +account_id = $1`,
		b.Account, ids(b.ids[n]), e.VersionID, string(e.Status), holding(e), e.Run, nullMilli(e.DueAt), string(e.Wait), e.Lane, b.Groups[n].Raw,
		e.Problems, e.AssignedBy, milli(e.StartedAt), nullMilli(e.EndedAt))
}

// holding is who keeps a pause, as it is stored.
func holding(e *enroll.Enrollment) string {
	holders := make([]string, len(e.Holders))
	for i, h := range e.Holders {
		holders[i] = string(h)
	}
	return strings.Join(holders, ",")
}

// writeGuards makes a second firing impossible (ENG-2, DEC-4). One that is there already fails the whole batch.
func (db *DB) writeGuards(ctx context.Context, b *writeBatch) error {
	set := &sharedRows{}
	b.groups(func(n int, g *enroll.WriteGroup) {
		for _, e := range g.Move.Entries {
			if e.Kind == enroll.StepEntry && (e.Outcome == string(enroll.Fired) || e.Outcome == string(enroll.Failed)) {
				set.row().num(int64(e.Run)).num(int64(e.Round)).text(e.Step)
				set.to(0, b.ids[n])
			}
		}
	})
	if set.empty() {
		return nil
	}
	then := func(_ int64, err error) error {
		if fault.Is(err, fault.Conflict) {
			return fault.Wrap(fault.Internal, err, "a step has come to its end before")
		}
		return err
	}
	return db.laterThen(ctx, then, `INSERT INTO guard (account_id, enrollment_id, run, round, step)
		WITH g AS MATERIALIZED (
			SELECT CAST(j.value->>0 AS BIGINT) AS run, CAST(j.value->>1 AS BIGINT) AS round, j.value->>2 AS step, j.value->4 AS members FROM {each $2})
		SELECT $1, CAST(i.value AS BIGINT), g.run, g.round, g.step FROM g CROSS JOIN {inner g.members}`, b.Account, set.String())
}

// dropGuards removes the guards of runs that are over: all up to the enrollment's run, or, when the next run of a yearly plan has
// begun in the same move, all before that.
func (db *DB) dropGuards(ctx context.Context, b *writeBatch) error {
	var over, before []int64
	b.groups(func(n int, g *enroll.WriteGroup) {
		for _, r := range b.members[n] {
			switch {
			case g.Move.EndedRun == 0:
			case g.Move.EndedRun >= g.After.Run:
				over = append(over, r.ID)
			default:
				before = append(before, r.ID)
			}
		}
	})
	if len(over) > 0 {
		if err := db.later(ctx, ofAccount+`DELETE FROM guard WHERE (account_id, enrollment_id) IN (SELECT account_id, id FROM s)`,
			b.Account, ids(over)); err != nil {
			return err
		}
	}
	if len(before) == 0 {
		return nil
	}
	return db.later(ctx, ofAccount+`DELETE FROM guard WHERE (account_id, enrollment_id) IN (SELECT account_id, id FROM s)
		AND run < (SELECT e.run FROM enrollment e WHERE e.id = guard.enrollment_id)`, b.Account, ids(before))
}

// writeCounts adds a line of differences per plan (DEC-11).
func (db *DB) writeCounts(ctx context.Context, b *writeBatch) error {
	d := deltas{}
	b.groups(func(n int, g *enroll.WriteGroup) {
		for _, r := range b.members[n] {
			d.move(r.Plan, g.Before, g.After.Status)
		}
	})
	return db.addCounts(ctx, b.Account, d)
}

// deltas are differences of a plan's counts, by plan: active, paused, stopped, completed.
type deltas map[int64]*[4]int64

func (d deltas) move(planID int64, from, to plan.Status) {
	if from == to {
		return
	}
	c := d[planID]
	if c == nil {
		c = new([4]int64)
		d[planID] = c
	}
	for i, s := range [4]plan.Status{plan.Active, plan.Paused, plan.Stopped, plan.Completed} {
		if s == from {
			c[i]--
		}
		if s == to {
			c[i]++
		}
	}
}
