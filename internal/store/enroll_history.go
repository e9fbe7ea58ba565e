package store

import (
	"context"
	"time"

	"tactus/internal/enroll"
)

// historyLine is one row of history that all members of a group get.
type historyLine struct {
	run, round      int64
	step, kind      string
	outcome, reason string
	due, at         time.Time
	author, detail  string
}

func (l *historyLine) put(r *rowsJSON, version int64) {
	r.num(version).num(l.run).num(l.round).text(l.step).text(l.kind).text(l.outcome).text(l.reason).
		orNull(milli(l.due)).num(milli(l.at)).text(l.author).text(l.detail)
}

// lines are the entries of a group's move, and what its effects do to contacts.
func (b *writeBatch) lines(g *enroll.WriteGroup, labels map[int64]string) []historyLine {
	var all []historyLine
	for _, e := range g.Move.Entries {
		all = append(all, historyLine{
			run: int64(e.Run), round: int64(e.Round), step: e.Step, kind: string(e.Kind), outcome: e.Outcome, reason: e.Reason,
			due: e.Due, at: e.At, author: b.Author, detail: e.Detail,
		})
	}
	for _, eff := range g.Move.Effects {
		for _, line := range effectLines(eff, labels) {
			all = append(all, historyLine{
				run: int64(eff.Run), round: int64(eff.Round), step: eff.Step, kind: line.kind, outcome: line.outcome,
				due: eff.Due, at: b.Now, detail: line.detail,
			})
		}
	}
	return all
}

// insertHistory begins a statement that appends the lines of parameter $2; g.members are those of a shared line.
const insertHistory = `INSERT INTO history (` + historyColumns + `)
	WITH g AS MATERIALIZED (
		SELECT CAST(j.value->>0 AS BIGINT) AS version_id, CAST(j.value->>1 AS BIGINT) AS run, CAST(j.value->>2 AS BIGINT) AS round,
			j.value->>3 AS step, j.value->>4 AS kind, j.value->>5 AS outcome, j.value->>6 AS reason, CAST(j.value->>7 AS BIGINT) AS due_at,
			CAST(j.value->>8 AS BIGINT) AS at, j.value->>9 AS author, j.value->>10 AS detail, j.value->12 AS members
		FROM {each $2})`

// historyOf is a row of history of the line g and the enrollment e. What a plan does to a contact has the plan as its author.
const historyOf = ` SELECT $1, e.contact_id, e.id, e.plan_id, g.version_id, g.run, g.round, g.step, g.kind, g.outcome, g.reason, g.due_at, g.at,
		CASE WHEN g.author = '' THEN 'plan:' || e.plan_id ELSE g.author END, g.detail `

// writeHistory appends what the moves are to the history. A large group is written enrollment by enrollment, so that one contact's rows come
// together and each enrollment is looked up once.
func (db *DB) writeHistory(ctx context.Context, b *writeBatch) error {
	labels, err := db.labelNames(ctx, b)
	if err != nil {
		return err
	}
	set := &sharedRows{}
	var alone []int
	b.groups(func(n int, g *enroll.WriteGroup) {
		if len(b.ids[n]) >= large {
			alone = append(alone, n)
			return
		}
		for order, line := range b.lines(g, labels) {
			line.put(set.row(), g.After.VersionID)
			set.to(order, b.ids[n])
		}
	})
	for _, n := range alone {
		if err := db.historyOfGroup(ctx, b, n, labels); err != nil {
			return err
		}
	}
	if set.empty() {
		return nil
	}
	return db.later(ctx, insertHistory+historyOf+`FROM g CROSS JOIN {inner g.members} CROSS JOIN enrollment e WHERE e.id = CAST(i.value AS BIGINT)`,
		b.Account, set.String())
}

func (db *DB) historyOfGroup(ctx context.Context, b *writeBatch, n int, labels map[int64]string) error {
	set := &rowsJSON{}
	for _, line := range b.lines(&b.Groups[n], labels) {
		line.put(set.row(), b.Groups[n].After.VersionID)
	}
	if set.empty() {
		return nil
	}
	return db.later(ctx, insertHistory+`, chosen AS MATERIALIZED (
			SELECT r.id, r.contact_id, r.plan_id FROM {each $3} CROSS JOIN enrollment r WHERE r.id = CAST(j.value AS BIGINT))`+
		historyOf+`FROM chosen e CROSS JOIN g`, b.Account, set.String(), ids(b.ids[n]))
}
