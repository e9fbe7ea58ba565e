package store

import (
	"context"

	"tactus/internal/action"
	"tactus/internal/enroll"
)

// writeTasks lets tasks fall due, drops those of ended runs, re-dates and opens others; in this order, since a move may end one
// run and begin the next.
func (db *DB) writeTasks(ctx context.Context, b *writeBatch) error {
	fired, dropped, over, retimed, opened := &sharedRows{}, &sharedRows{}, &sharedRows{}, &sharedRows{}, &sharedRows{}
	b.effects(func(n int, g *enroll.WriteGroup, eff enroll.Effect) {
		task := func(set *sharedRows, do action.CreateTask) {
			set.row().num(int64(eff.Run)).num(int64(eff.Round)).text(eff.Step).text(do.Kind).text(do.Title).text(do.Notes).orNull(milli(eff.Due)).
				num(do.Assignee.User).num(do.Assignee.Partner).num(do.CompletionEmail)
			set.to(0, b.ids[n])
		}
		switch do := eff.Do.(type) {
		case action.CreateTask:
			task(fired, do)
		case enroll.OpenTask:
			task(opened, do.Task)
		case enroll.RetimeTask:
			retimed.row().num(int64(eff.Run)).num(int64(eff.Round)).text(eff.Step).num(milli(eff.Due))
			retimed.to(0, b.ids[n])
		case enroll.DropTask:
			dropped.row().num(int64(eff.Run)).num(int64(eff.Round)).text(eff.Step)
			dropped.to(0, b.ids[n])
		case enroll.DropTasks:
			run := g.After.Run
			if g.Move.EndedRun != 0 {
				run = g.Move.EndedRun
			}
			over.row().num(int64(run))
			over.to(0, b.ids[n])
		}
	})
	now := milli(b.Now)
	for _, s := range []struct {
		set  *sharedRows
		text string
	}{
		{fired, fireTasks}, {dropped, dropTask}, {over, dropRunTasks}, {retimed, retimeTasks}, {opened, openTasks},
	} {
		if s.set.empty() {
			continue
		}
		args := []any{b.Account, s.set.String(), now}
		if s.text == dropTask || s.text == retimeTasks {
			args = args[:2]
		}
		if err := db.later(ctx, s.text, args...); err != nil {
			return err
		}
	}
	return nil
}

const (
	insertTasks = `INSERT INTO task (account_id, contact_id, enrollment_id, run, round, step, kind, title, notes, due_at, user_id, partner_id,
			completion_id, fired, status, created_at)
		WITH g AS MATERIALIZED (
			SELECT CAST(j.value->>0 AS BIGINT) AS run, CAST(j.value->>1 AS BIGINT) AS round, j.value->>2 AS step, j.value->>3 AS kind,
				j.value->>4 AS title, j.value->>5 AS notes, CAST(j.value->>6 AS BIGINT) AS due_at, CAST(j.value->>7 AS BIGINT) AS user_id,
				CAST(j.value->>8 AS BIGINT) AS partner_id, CAST(j.value->>9 AS BIGINT) AS completion_id, j.value->11 AS members
			FROM {each $2})
		SELECT $1, e.contact_id, e.id, g.run, g.round, g.step, g.kind, g.title, g.notes, g.due_at,
			g.user_id, g.partner_id, g.completion_id, `
	intoTasks = `, 'open', CAST($3 AS BIGINT) FROM g CROSS JOIN {inner g.members} CROSS JOIN enrollment e WHERE e.id = CAST(i.value AS BIGINT)
		ON CONFLICT (account_id, enrollment_id, run, round, step) WHERE enrollment_id > 0 `

	openTasks = insertTasks + `FALSE` + intoTasks + `DO NOTHING`
	// A task that a person has done or edited stays as it is.
	fireTasks = insertTasks + `TRUE` + intoTasks + `DO UPDATE SET fired = TRUE,
			due_at = CASE WHEN task.edited OR task.status <> 'open' THEN task.due_at ELSE excluded.due_at END,
			user_id = CASE WHEN task.edited OR task.status <> 'open' THEN task.user_id ELSE excluded.user_id END,
			partner_id = CASE WHEN task.edited OR task.status <> 'open' THEN task.partner_id ELSE excluded.partner_id END`

	dropTask = stepsOf + `DELETE FROM task WHERE id IN (
			SELECT t.id FROM m CROSS JOIN task t
			WHERE t.account_id = m.account_id AND t.enrollment_id = m.id AND t.enrollment_id > 0
				AND t.run = m.run AND t.round = m.round AND t.step = m.step)
		AND (CASE WHEN status = 'open' AND NOT fired THEN TRUE END)`

	dropRunTasks = `WITH g AS MATERIALIZED (SELECT CAST(j.value->>0 AS BIGINT) AS run, j.value->2 AS members FROM {each $2}),
		m AS MATERIALIZED (SELECT CAST(i.value AS BIGINT) AS id, CAST($1 AS BIGINT) AS account_id, g.run FROM g CROSS JOIN {inner g.members})
		DELETE FROM task WHERE id IN (
			SELECT t.id FROM m CROSS JOIN task t
			WHERE t.account_id = m.account_id AND t.enrollment_id = m.id AND t.enrollment_id > 0 AND t.run = m.run)
		AND ` + notDue

	// notDue are tasks that a run takes with it when it ends (PLAN-13), also those to which a person gave no date; what is done, overdue or has
	// fallen due stays.
	notDue = `(CASE WHEN status = 'open' AND NOT fired AND (due_at IS NULL OR due_at > $3) THEN TRUE END)`

	retimeTasks = `WITH g AS MATERIALIZED (
			SELECT CAST(j.value->>0 AS BIGINT) AS run, CAST(j.value->>1 AS BIGINT) AS round, j.value->>2 AS step, CAST(j.value->>3 AS BIGINT) AS due_at,
				j.value->5 AS members
			FROM {each $2}),
		m AS MATERIALIZED (
			SELECT CAST(i.value AS BIGINT) AS id, CAST($1 AS BIGINT) AS account_id, g.run, g.round, g.step, g.due_at FROM g CROSS JOIN {inner g.members}),
		moved AS MATERIALIZED (
			SELECT t.id, m.due_at FROM m CROSS JOIN task t
			WHERE t.account_id = m.account_id AND t.enrollment_id = m.id AND t.enrollment_id > 0
				AND t.run = m.run AND t.round = m.round AND t.step = m.step)
		UPDATE task AS t SET due_at = moved.due_at FROM moved WHERE t.id = +moved.id
			AND (CASE WHEN t.status = 'open' AND NOT t.edited AND NOT t.fired THEN TRUE END)`
)
