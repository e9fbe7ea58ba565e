package store

import (
	"context"
	"maps"
	"slices"
)

// addCounts appends the differences; nobody waits for anybody (DEC-11).
func (db *DB) addCounts(ctx context.Context, account int64, d deltas) error {
	set := &rowsJSON{}
	for _, id := range slices.Sorted(maps.Keys(d)) {
		if c := d[id]; *c != [4]int64{} {
			set.row().num(id).num(c[0]).num(c[1]).num(c[2]).num(c[3])
		}
	}
	if set.empty() {
		return nil
	}
	return db.later(ctx, `INSERT INTO plan_count (account_id, plan_id, active, paused, stopped, completed)
		SELECT $1, CAST(j.value->>0 AS BIGINT), CAST(j.value->>1 AS BIGINT), CAST(j.value->>2 AS BIGINT), CAST(j.value->>3 AS BIGINT), CAST(j.value->>4 AS BIGINT)
		FROM {each $2}`, account, set.String())
}

// foldAt is how many lines a plan has before folding is worth it; foldPlans how many plans one transaction folds.
const (
	foldAt    = 8
	foldPlans = 200
)

// FoldCounts makes one line of the lines of each plan that has many, and returns how many plans it folded. It is
// called now and then; lines that others write meanwhile stay as they are, and two nodes that fold at once share the lines.
func (db *DB) FoldCounts(ctx context.Context) (int, error) {
	folded := 0
	err := db.InTx(ctx, func(ctx context.Context) error {
		folded = 0
		type key struct{ account, plan int64 }
		plans, err := list(ctx, db, `SELECT account_id, plan_id FROM plan_count GROUP BY account_id, plan_id HAVING COUNT(*) >= $1 LIMIT $2`,
			[]any{foldAt, foldPlans}, func(scan scanFunc) (k key, err error) { return k, scan(&k.account, &k.plan) })
		if err != nil || len(plans) == 0 {
			return err
		}
		set := &rowsJSON{}
		for _, k := range plans {
			set.row().num(k.account).num(k.plan)
		}
		sums := map[int64]deltas{}
		err = db.each(ctx, `DELETE FROM plan_count WHERE id IN (
				SELECT p.id FROM {each $1} CROSS JOIN plan_count p
				WHERE p.account_id = CAST(j.value->>0 AS BIGINT) AND p.plan_id = CAST(j.value->>1 AS BIGINT) {skip p})
			RETURNING account_id, plan_id, active, paused, stopped, completed`, []any{set.String()}, func(scan scanFunc) error {
			var k key
			var c [4]int64
			if err := scan(&k.account, &k.plan, &c[0], &c[1], &c[2], &c[3]); err != nil {
				return err
			}
			if sums[k.account] == nil {
				sums[k.account] = deltas{}
			}
			sum := sums[k.account][k.plan]
			if sum == nil {
				sum = new([4]int64)
				sums[k.account][k.plan] = sum
				folded++
			}
			for i := range c {
				sum[i] += c[i]
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, account := range slices.Sorted(maps.Keys(sums)) {
			if err := db.addCounts(ctx, account, sums[account]); err != nil {
				return err
			}
		}
		return nil
	})
	return folded, err
}
