package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func TestEnroll(t *testing.T) { // PLAN-5, ENG-11
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 5)
		if n := r.enroll(r.people[:2]...); n != 2 {
			t.Fatal(n)
		}
		if n := r.enroll(r.people[1:4]...); n != 2 { // one is on it already
			t.Fatal(n)
		}
		if n := r.enroll(); n != 0 {
			t.Fatal(n)
		}
		r.is(`SELECT status || ' ' || run || ' ' || version_id || ' ' || lane || ' ' || (due_at - started_at) || ' ' || (created_at - started_at) || ' ' || state FROM enrollment WHERE id = (SELECT MIN(id) FROM enrollment)`,
			"active 1 7 1 0 0 "+fresh)
		r.is(`SELECT (h.contact_id - e.contact_id) || ' ' || h.kind || ' ' || h.outcome || ' ' || h.reason || ' ' || h.author || ' ' || h.run || ' ' || h.plan_id
			FROM history h JOIN enrollment e ON e.id = h.enrollment_id ORDER BY h.id`, slices.Repeat([]string{fmt.Sprintf("0 status active assigned user:1 1 %d", r.plan)}, 4)...)
		if c := r.counts(); c != "4 0 0 0" {
			t.Error(c)
		}
		made, err := db.Enroll(t.Context(), enroll.Insert{Account: r.id, Plan: r.plan, Version: 7, Event: 3, Contacts: r.people, State: fresh, Now: start})
		slices.Sort(made)
		if err != nil || !slices.Equal(made, r.people) { // each event is an enrollment of its own
			t.Error(made, err)
		}
	})
}

func TestCountStarts(t *testing.T) { // PLAN-14
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 3)
		count := func(day int64, contacts ...int64) []int64 {
			over, err := db.CountStarts(t.Context(), r.id, r.plan, contacts, day, 2)
			r.ok(err)
			return over
		}
		p := r.people
		count(10, p[0], p[1])
		if over := count(10, p[1], p[0]); over != nil {
			t.Error(over)
		}
		if over := count(10, p[2], p[1], p[0]); !slices.Equal(over, []int64{p[0], p[1]}) {
			t.Error(over)
		}
		if over := count(11, p...); over != nil {
			t.Error(over)
		}
		gone, err := db.ForgetStarts(t.Context(), 11)
		if n := r.one(`SELECT COUNT(*) FROM start_count`); n != 3 || gone != 3 || err != nil {
			t.Error(n, gone, err)
		}
	})
}

func TestRemove(t *testing.T) { // PLAN-13, PLAN-15
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 3)
		r.enroll(r.people...)
		all := r.many(`SELECT id FROM enrollment ORDER BY id`)
		r.exec(`UPDATE enrollment SET status = 'stopped', due_at = NULL WHERE id = $1`, all[1])
		r.exec(`INSERT INTO plan_count (account_id, plan_id, active, stopped) VALUES ($1, $2, -1, 1)`, r.id, r.plan)
		for i, status := range []string{"ready", "handing", "held", "accepted"} {
			r.exec(`INSERT INTO message (account_id, contact_id, enrollment_id, run, round, step, class, channel, status, due_at, try_at, created_at)
				VALUES ($1, $2, $3, 1, 1, $4, 'plan', 'email', $5, 0, 0, 0)`, r.id, r.people[0], all[0], fmt.Sprint(i), status)
		}
		r.exec(`INSERT INTO message (account_id, contact_id, enrollment_id, class, channel, status, due_at, created_at) VALUES ($1, $2, $3, 'notice', 'email', 'ready', 0, 0)`, r.id, r.people[0], all[0])
		for i, due := range []time.Time{start, start.Add(time.Minute)} {
			r.exec(`INSERT INTO task (account_id, contact_id, enrollment_id, step, kind, title, due_at, status, created_at)
				VALUES ($1, $2, $3, $4, 'task', 't', $5, 'open', 0)`, r.id, r.people[0], all[0], fmt.Sprint(i), due.UnixMilli())
		}
		r.exec(`INSERT INTO guard (account_id, enrollment_id, run, round, step) VALUES ($1, $2, 1, 1, 'a'), ($1, $3, 1, 1, 'a')`, r.id, all[0], all[2])
		n, err := db.Remove(t.Context(), r.id, append(all[:2:2], 999), start, "user:2")
		if err != nil || n != 2 {
			t.Fatal(n, err)
		}
		if left := r.many(`SELECT id FROM enrollment`); !slices.Equal(left, all[2:]) {
			t.Error(left)
		}
		if left := r.many(`SELECT enrollment_id FROM guard`); !slices.Equal(left, all[2:]) {
			t.Error(left)
		}
		r.is(`SELECT class || ' ' || status FROM message ORDER BY id`, "plan withdrawn", "plan handing", "plan withdrawn", "plan accepted", "notice ready")
		r.is(`SELECT step FROM task`, "0")
		r.is(`SELECT outcome || ' ' || author FROM history WHERE outcome = 'removed'`, "removed user:2", "removed user:2")
		if c := r.counts(); c != "1 0 0 0" {
			t.Error(c)
		}
		if n := r.enroll(r.people...); n != 2 {
			t.Error("assigning again:", n)
		}
	})
}

func TestFail(t *testing.T) { // ENG-8
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 2)
		r.enroll(r.people...)
		all := r.many(`SELECT id FROM enrollment ORDER BY id`)
		line := `SELECT status || ' ' || holders || ' ' || tries || ' ' || error || ' ' || COALESCE(CAST(due_at - started_at AS TEXT), '-') FROM enrollment ORDER BY id`
		r.ok(db.Fail(t.Context(), r.id, all[0], 1, start.Add(time.Minute), "", "boom"))
		r.is(line, "active  1 boom 60000", "active  0  0")
		r.ok(db.Fail(t.Context(), r.id, all[0], 5, time.Time{}, "", "bang"))
		r.is(line, "paused engine 5 bang -", "active  0  0")
		r.is(`SELECT outcome || ' ' || reason || ' ' || detail || ' ' || author FROM history WHERE outcome = 'paused'`, "paused engine_error bang engine")
		if c := r.counts(); c != "1 1 0 0" {
			t.Error(c)
		}
		r.ok(db.Fail(t.Context(), r.id, all[0], 1, start.Add(time.Minute), "", "a command failed")) // paused stays paused
		r.ok(db.Fail(t.Context(), r.id, all[0], 5, time.Time{}, "", "a command failed"))
		r.is(line, "paused engine 5 a command failed -", "active  0  0")
		if c := r.counts(); c != "1 1 0 0" {
			t.Error(c)
		}
		if err := db.Fail(t.Context(), r.id, 999, 1, start, "", ""); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		r.ok(db.SetPlanProblem(t.Context(), r.id, r.plan, "engine error"))
		r.is(`SELECT problem FROM plan`, "engine error")

		rows := r.claim(start, 10)
		r.exec(`UPDATE enrollment SET tries = 3, error = 'old' WHERE id = $1`, rows[0].ID)
		r.ok(r.write(rows, enroll.Move{After: after(rows[0])})) // a move that works begins anew
		r.is(`SELECT tries || error FROM enrollment WHERE status = 'active'`, "0")
	})
}

func TestFoldCounts(t *testing.T) { // DEC-11
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 40)
		for _, id := range r.people {
			r.enroll(id)
		}
		rows := r.claim(start, 5)
		m := enroll.Move{After: after(rows[0])}
		m.After.Status, m.After.DueAt = plan.Stopped, time.Time{}
		r.ok(r.write(rows, m))
		r.exec(`INSERT INTO plan_count (account_id, plan_id, active) VALUES ($1, 99, 3)`, r.id)
		n, err := db.FoldCounts(t.Context())
		if err != nil || n != 1 {
			t.Fatal(n, err)
		}
		if got := r.texts(`SELECT plan_id || ' ' || active || ' ' || stopped FROM plan_count ORDER BY plan_id`); strings.Join(got, ",") != fmt.Sprintf("%d 35 5,99 3 0", r.plan) {
			t.Error(got)
		}
		if n, err := db.FoldCounts(t.Context()); err != nil || n != 0 {
			t.Error(n, err)
		}
	})
}
