package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/enroll"
	"tactus/internal/plan"
	"tactus/internal/store"
)

// runner is an account with plan 1 on version 7 and n contacts, whose ids are in order.
type runner struct {
	*office
	plan, version int64
	people        []int64
}

func newRunner(t *testing.T, db *store.DB, n int) *runner {
	t.Helper()
	r := &runner{office: newOffice(t, db)}
	r.version = 7
	r.plan = r.one(`INSERT INTO plan (account_id, name, kind, ready, version_id, created_at, updated_at) VALUES ($1, 'Follow', 'general', TRUE, 7, 0, 0) RETURNING id`, r.id)
	rows := make([][2]string, n)
	for i := range rows {
		rows[i] = [2]string{fmt.Sprintf("p%05d@example.com", i), fmt.Sprintf("+1212555%04d", i)}
	}
	r.exec(`INSERT INTO contact (account_id, first_name, email, phone, zone, zone_now, stage_id, assigned_id, created_at, updated_at)
		SELECT $1, 'P', j.value->>0, j.value->>1, 'Europe/Paris', 'Europe/Paris', 5, 6, 0, 0 FROM {each $2}`, r.id, toJSON(t, rows))
	r.people = r.many(`SELECT id FROM contact WHERE account_id = $1 ORDER BY id`, r.id)
	return r
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (r *runner) exec(query string, args ...any) int64 {
	r.Helper()
	n, err := r.db.Exec(r.Context(), query, args...)
	r.ok(err)
	return n
}

// one is the number that a query gives.
func (r *runner) one(query string, args ...any) (n int64) {
	r.Helper()
	r.ok(r.db.Get(r.Context(), query, args, &n))
	return n
}

// many are the numbers that a query gives.
func (r *runner) many(query string, args ...any) []int64 {
	r.Helper()
	var out []int64
	for _, s := range r.texts(query, args...) {
		var n int64
		r.ok(json.Unmarshal([]byte(s), &n))
		out = append(out, n)
	}
	return out
}

// texts are the texts that a query gives.
func (r *runner) texts(query string, args ...any) []string {
	r.Helper()
	out, err := r.db.Strings(r.Context(), query, args...)
	r.ok(err)
	return out
}

// is compares what a query gives, line by line.
func (r *runner) is(query string, want ...string) {
	r.Helper()
	if got := r.texts(query); !slices.Equal(got, want) {
		r.Errorf("%s:\n got %s\nwant %s", query, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// enroll puts contacts on the plan.
func (r *runner) enroll(contacts ...int64) int {
	r.Helper()
	made, err := r.db.Enroll(r.Context(), enroll.Insert{
		Account: r.id, Plan: r.plan, Version: r.version, Contacts: contacts, State: fresh, Now: start, Lane: 1, Author: "user:1",
	})
	r.ok(err)
	return len(made)
}

const fresh = `{"b":1,"s":1,"r":1}`

// claim claims in a transaction of its own.
func (r *runner) claim(now time.Time, limit int) []enroll.Row {
	r.Helper()
	var rows []enroll.Row
	r.ok(r.db.InTx(r.Context(), func(ctx context.Context) (err error) {
		rows, err = r.db.ClaimDue(ctx, r.id, now, false, limit)
		return err
	}))
	return rows
}

// write makes the move of all rows, one group.
func (r *runner) write(rows []enroll.Row, m enroll.Move) error {
	w := &enroll.Writes{Account: r.id, Now: m.After.DueAt, Author: "engine"}
	w.Now = start.Add(time.Hour)
	r.group(w, rows, m)
	return r.db.InTx(r.Context(), func(ctx context.Context) error { return r.db.Write(ctx, w) })
}

func (r *runner) group(w *enroll.Writes, rows []enroll.Row, m enroll.Move) {
	g := len(w.Groups)
	w.Groups = append(w.Groups, enroll.WriteGroup{Before: rows[0].Status, After: m.After, Raw: enroll.EncodeState(m.After.State), Move: m})
	for _, row := range rows {
		w.Rows = append(w.Rows, enroll.WriteRow{ID: row.ID, Contact: row.ContactID, Plan: row.PlanID, Group: g})
	}
}

// after is a row's enrollment as a move might leave it: active, due tomorrow.
func after(row enroll.Row) enroll.Enrollment {
	e := row.Enrollment
	e.State = enroll.State{Began: enroll.MillisOf(start), Start: enroll.MillisOf(start), Round: 1}
	e.Status, e.DueAt, e.Wait, e.Lane = plan.Active, start.Add(24*time.Hour), "", 1
	return e
}

func fired(step string, run int) enroll.Entry {
	return enroll.Entry{Kind: enroll.StepEntry, Step: step, Run: run, Round: 1, Outcome: "fired", Due: start, At: start.Add(time.Hour)}
}

// counts are the plan's counts: active, paused, stopped, completed.
func (r *runner) counts() string {
	r.Helper()
	return r.texts(`SELECT CAST(SUM(active) AS TEXT) || ' ' || CAST(SUM(paused) AS TEXT) || ' ' || CAST(SUM(stopped) AS TEXT) || ' ' ||
		CAST(SUM(completed) AS TEXT) FROM plan_count WHERE plan_id = $1`, r.plan)[0]
}
