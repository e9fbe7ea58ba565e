package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tactus/internal/action"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func TestWriteMovesRows(t *testing.T) { // ENG-2
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 3)
		r.enroll(r.people...)
		rows := r.claim(start, 10)
		m := enroll.Move{After: after(rows[0]), Entries: []enroll.Entry{fired("a", 1), {
			Kind: enroll.StatusEntry, Run: 1, Round: 1, Outcome: "paused", Reason: `re"ply`, At: start.Add(time.Hour), Detail: "näh\x00",
		}}}
		m.After.Status, m.After.DueAt = plan.Paused, time.Time{}
		m.After.Holders, m.After.VersionID, m.After.Problems = []enroll.Holder{enroll.HeldByReply, enroll.HeldByPlan}, 8, 2
		r.ok(r.write(rows[:2], m))
		got, err := db.LockEnrollments(t.Context(), r.id, enroll.Selection{IDs: []int64{rows[0].ID, rows[1].ID}})
		r.ok(err)
		if len(got) != 2 {
			t.Fatal(got)
		}
		for _, row := range got {
			if row.Status != plan.Paused || !row.DueAt.IsZero() || !slices.Equal(row.Holders, m.After.Holders) || row.VersionID != 8 || row.Problems != 2 ||
				row.Raw != enroll.EncodeState(m.After.State) {
				t.Errorf("%+v", row)
			}
		}
		r.is(`SELECT (enrollment_id - (SELECT MIN(id) FROM enrollment)) || ' ' || kind || ' ' || step || ' ' || outcome || ' ' || reason || ' ' || version_id || ' ' || author || ' ' || detail
			FROM history WHERE kind IN ('step', 'status') AND outcome <> 'active' ORDER BY contact_id, id`,
			"0 step a fired  8 engine ", `0 status  paused re"ply 8 engine näh`, "1 step a fired  8 engine ", `1 status  paused re"ply 8 engine näh`)
		r.is(`SELECT run || ' ' || round || ' ' || step FROM guard`, "1 1 a", "1 1 a")
		if c := r.counts(); c != "1 2 0 0" {
			t.Error(c)
		}
	})
}

func TestWriteRefusesASecondFiring(t *testing.T) { // ENG-2, DEC-4
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 2)
		r.enroll(r.people...)
		rows := r.claim(start, 10)
		m := enroll.Move{After: after(rows[0]), Entries: []enroll.Entry{fired("a", 1)}}
		r.ok(r.write(rows[:1], m))
		m.Entries = append(m.Entries, fired("b", 1))
		if err := r.write(rows, m); !fault.Is(err, fault.Internal) {
			t.Fatal(err)
		}
		r.is(`SELECT step FROM guard`, "a") // nothing of the second batch stays
		r.is(`SELECT step FROM history WHERE kind = 'step'`, "a")
		skipped := fired("a", 1)
		skipped.Outcome = "skipped"
		m.Entries = []enroll.Entry{skipped} // a skip has no guard
		r.ok(r.write(rows, m))
		m.Entries = []enroll.Entry{fired("c", 1)}
		m.EndedRun, m.After.Status, m.After.DueAt = 1, plan.Completed, time.Time{}
		r.ok(r.write(rows[:1], m))
		r.is(`SELECT step FROM guard`)
	})
}

func TestWriteYearlyRunKeepsTheNewGuards(t *testing.T) { // DEC-7
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 1)
		r.enroll(r.people...)
		rows := r.claim(start, 10)
		r.ok(r.write(rows, enroll.Move{After: after(rows[0]), Entries: []enroll.Entry{fired("a", 1)}}))
		m := enroll.Move{After: after(rows[0]), Entries: []enroll.Entry{fired("b", 1), fired("a", 2)}, EndedRun: 1}
		m.Entries[1].Due = start.Add(time.Minute)
		m.After.Run = 2
		m.Effects = []enroll.Effect{
			{Step: "b", Run: 1, Round: 1, Due: start, Do: action.CreateTask{Kind: "task", Title: "last"}},
			{Step: "a", Run: 1, Round: 1, Due: start, Do: action.CreateTask{Kind: "task", Title: "same"}},
			{Step: "a", Run: 2, Round: 1, Due: start, Do: action.CreateTask{Kind: "task", Title: "next"}},
		}
		r.ok(r.write(rows, m))
		r.is(`SELECT run || step FROM guard`, "2a")
		r.is(`SELECT title || run FROM task ORDER BY id`, "last1", "same1", "next2")
	})
}

// TestWriteLargeBatch writes 1,000 rows of 5 entries each, as one case and as a case each, and finds exactly these.
func TestWriteLargeBatch(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const n = 1000
		r := newRunner(t, db, n)
		r.enroll(r.people...)
		rows := r.claim(start, n)
		m := enroll.Move{After: after(rows[0])}
		for i := range 5 {
			m.Entries = append(m.Entries, fired(fmt.Sprintf("s%d", i), 1))
		}
		r.ok(r.write(rows, m))
		if got := r.one(`SELECT COUNT(*) FROM history h JOIN enrollment e ON e.id = h.enrollment_id AND e.contact_id = h.contact_id WHERE h.kind = 'step'`); got != 5*n {
			t.Errorf("%d lines of history", got)
		}
		if got := r.one(`SELECT COUNT(*) FROM guard`); got != 5*n {
			t.Errorf("%d guards", got)
		}
		rows = r.claim(start.Add(24*time.Hour), n)
		if len(rows) != n {
			t.Fatalf("%d are due again", len(rows))
		}
		w := &enroll.Writes{Account: r.id, Now: start, Author: "engine"}
		for i := range rows {
			own := enroll.Move{After: after(rows[i]), EndedRun: 1, Effects: []enroll.Effect{{Step: "m", Run: 1, Round: 1, Due: start, Do: action.SendMessage{Channel: "email"}}}}
			own.After.Status, own.After.DueAt, own.After.EndedAt = plan.Completed, time.Time{}, start.Add(time.Duration(i)*time.Second)
			for s := range 5 {
				own.Entries = append(own.Entries, fired(fmt.Sprintf("t%d", s), 1))
			}
			r.group(w, rows[i:i+1], own)
		}
		r.ok(db.Write(t.Context(), w))
		if got := r.one(`SELECT COUNT(*) FROM history WHERE kind = 'step'`); got != 10*n {
			t.Errorf("%d lines of history", got)
		}
		if got := r.one(`SELECT COUNT(*) FROM guard`); got != 0 {
			t.Errorf("%d guards of ended runs", got)
		}
		if got := r.one(`SELECT COUNT(DISTINCT ended_at) FROM enrollment WHERE status = 'completed'`); got != n {
			t.Errorf("%d ends", got)
		}
		if got := r.one(`SELECT COUNT(*) FROM message m JOIN enrollment e ON e.id = m.enrollment_id AND e.contact_id = m.contact_id WHERE m.status = 'ready'`); got != n {
			t.Errorf("%d messages", got)
		}
		if c := r.counts(); c != "0 0 0 1000" {
			t.Error(c)
		}
	})
}

func TestWriteMessages(t *testing.T) { // ENG-4
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 2)
		r.enroll(r.people...)
		rows := r.claim(start, 10)
		wake, cancel := db.Subscribe(enroll.TopicDelivery)
		defer cancel()
		m := enroll.Move{After: after(rows[0])}
		m.After.DueAt, m.After.Wait, m.After.State.Hand = time.Time{}, enroll.ForMessage, "a"
		m.After.State.Sent, m.After.Lane = map[string]int{"a": 2}, 0
		send := enroll.Effect{Step: "a", Run: 1, Round: 1, Due: start, Do: action.SendMessage{Channel: "email", Thread: true}}
		m.Effects = []enroll.Effect{send}
		r.ok(r.write(rows, m))
		<-wake
		line := `SELECT status || ' ' || channel || ' lane ' || lane || ' nth ' || nth || ' ' || version_id || ' ' || run || ' ' || round || ' ' || step || ' ' || class || ' ' ||
			CASE WHEN thread THEN 'thread' ELSE '' END || ' ' || COALESCE(CAST((try_at - due_at) AS TEXT), '-') FROM message ORDER BY id`
		r.is(line, "ready email lane 0 nth 2 7 1 1 a plan thread 3600000", "ready email lane 0 nth 2 7 1 1 a plan thread 3600000")

		r.exec(`UPDATE message SET status = 'handing', try_at = NULL, handed_at = $1, address = 'x@y.z' WHERE contact_id = $2`, start.UnixMilli(), r.people[1])
		m.Effects = []enroll.Effect{{Step: "a", Run: 1, Round: 1, Due: start, Do: enroll.WithdrawMessage{}}}
		r.ok(r.write(rows, m))
		r.is(`SELECT status || ' ' || COALESCE(CAST(try_at AS TEXT), '-') FROM message ORDER BY id`, "withdrawn -", "handing -")
		hands, err := db.Handing(t.Context(), r.id, []int64{rows[0].ID, rows[1].ID})
		r.ok(err)
		if h := hands[rows[1].ID]; len(hands) != 1 || h.Address != "x@y.z" || !h.Since.Equal(start) || h.Message == 0 {
			t.Errorf("%+v", hands)
		}

		// A run that was started with a crowd is backlog (ENG-8).
		crowd := m
		crowd.After.Lane, crowd.Effects = 1, []enroll.Effect{send}
		r.ok(r.write(rows[:1], crowd))
		r.is(`SELECT 'lane ' || lane FROM message WHERE status = 'ready'`, "lane 1")

		// Taken back, or to be tried again: the same row, with its bytes.
		r.exec(`INSERT INTO message_body (message_id, account_id, envelope_from, envelope_to, preview, raw) SELECT id, account_id, 'f', 't', '', '' FROM message`)
		send.Due = start.Add(time.Minute)
		m.After.VersionID = 9
		m.Effects = []enroll.Effect{send}
		r.ok(r.write(rows[:1], m))
		r.is(line, "ready email lane 1 nth 2 9 1 1 a plan thread 3540000", "handing email lane 0 nth 2 7 1 1 a plan thread -")
		if r.one(`SELECT COUNT(*) FROM message_body`) != 2 {
			t.Error("the bytes are gone")
		}
		if err := r.write(rows, m); !fault.Is(err, fault.Internal) {
			t.Errorf("a message that is being handed over was offered again: %v", err)
		}

		m.Effects = []enroll.Effect{{Step: "b", Run: 1, Round: 1, Due: start, Do: enroll.NotifyUser{}}}
		r.ok(r.write(rows[:1], m))
		r.is(`SELECT class || ' ' || channel || ' ' || status || ' ' || content || ' ' || sender_id || ' ' || step FROM message WHERE class <> 'plan'`,
			`notice email ready {"user":0} 0 b`)
	})
}

func TestWriteTasks(t *testing.T) { // PLAN-13
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 1)
		r.enroll(r.people...)
		rows := r.claim(start, 10)
		do := func(effects ...enroll.Effect) {
			t.Helper()
			r.ok(r.write(rows, enroll.Move{After: after(rows[0]), Effects: effects}))
		}
		soon, later := start.Add(30*time.Minute), start.Add(3*time.Hour) // it is 10:00
		task := action.CreateTask{Kind: "task", Title: "Call", Notes: "n", Assignee: action.Assignee{User: 4}, CompletionEmail: 3}
		at := func(step string, due time.Time, do any) enroll.Effect {
			return enroll.Effect{Step: step, Run: 1, Round: 1, Due: due, Do: do}
		}
		do(at("a", later, enroll.OpenTask{Task: task}), at("b", later, enroll.OpenTask{Task: task}), at("c", soon, enroll.OpenTask{Task: task}))
		do(at("a", later, enroll.OpenTask{Task: task})) // it is there
		line := fmt.Sprintf(`SELECT step || ' ' || ((due_at - %d) / 60000) || ' u' || user_id || ' p' || partner_id || ' ' || status || CASE WHEN fired THEN ' fired' ELSE '' END FROM task ORDER BY step`, start.UnixMilli())
		r.is(line, "a 180 u4 p0 open", "b 180 u4 p0 open", "c 30 u4 p0 open")
		r.is(`SELECT kind || title || notes || completion_id FROM task WHERE step = 'a'`, "taskCalln3")

		r.exec(`UPDATE task SET edited = TRUE WHERE step = 'b'`)
		do(at("a", later.Add(time.Hour), enroll.RetimeTask{}), at("b", later.Add(time.Hour), enroll.RetimeTask{}))
		r.is(line, "a 240 u4 p0 open", "b 180 u4 p0 open", "c 30 u4 p0 open")

		task.Assignee = action.Assignee{Partner: 5}
		do(at("a", soon, task), at("b", soon, task), at("d", soon, task))
		r.is(line, "a 30 u0 p5 open fired", "b 180 u4 p0 open fired", "c 30 u4 p0 open", "d 30 u0 p5 open fired")
		r.exec(`UPDATE task SET status = 'done' WHERE step = 'd'`)
		do(at("d", later, task))
		r.is(line, "a 30 u0 p5 open fired", "b 180 u4 p0 open fired", "c 30 u4 p0 open", "d 30 u0 p5 done fired")

		do(at("e", later, enroll.OpenTask{Task: task}), at("f", later, enroll.OpenTask{Task: task}))
		do(at("e", later, enroll.DropTask{}), at("a", later, enroll.DropTask{}))
		r.is(`SELECT step FROM task ORDER BY step`, "a", "b", "c", "d", "f")
		do(enroll.Effect{Run: 1, Round: 1, Due: start, Do: enroll.DropTasks{}}) // what is overdue or fallen due stays
		r.is(`SELECT step FROM task ORDER BY step`, "a", "b", "c", "d")
	})
}

func TestWriteChangesContacts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := newRunner(t, db, 3)
		label := func(kind, name string) int64 {
			return r.one(`INSERT INTO label (account_id, kind, name, name_key, created_at) VALUES ($1, $2, $3, $3, 0) RETURNING id`, r.id, kind, name)
		}
		hot, cold, sold := label("tag", "hot"), label("tag", "cold"), label("stage", "sold")
		r.exec(`INSERT INTO contact_label (account_id, contact_id, label_id) VALUES ($1, $2, $3), ($1, $2, $4), ($1, $5, $4)`, r.id, r.people[0], hot, cold, r.people[2])
		r.enroll(r.people...)
		rows := r.claim(start, 10)
		eff := func(do action.ChangeContact) enroll.Effect {
			return enroll.Effect{Step: "a", Run: 1, Round: 1, Due: start, Do: do}
		}
		r.ok(r.write(rows[:2], enroll.Move{After: after(rows[0]), Effects: []enroll.Effect{
			eff(action.ChangeContact{AddTags: []int64{hot}, Stage: sold}), eff(action.ChangeContact{RemoveTags: []int64{cold}}),
			eff(action.ChangeContact{AssignUser: 8}), eff(action.ChangeContact{UnassignUser: true}), eff(action.ChangeContact{Note: "hello"}),
		}}))
		r.is(`SELECT COALESCE(t.name, '-') || ' ' || c.stage_id || ' ' || c.assigned_id || ' ' || c.updated_at FROM contact c
			LEFT JOIN contact_label l ON l.contact_id = c.id LEFT JOIN label t ON t.id = l.label_id ORDER BY c.id, t.name`,
			fmt.Sprintf("hot %d 0 %d", sold, start.Add(time.Hour).UnixMilli()), fmt.Sprintf("hot %d 0 %d", sold, start.Add(time.Hour).UnixMilli()), "cold 5 6 0")
		r.is(fmt.Sprintf(`SELECT kind || ' ' || outcome || ' ' || detail || ' ' || author || ' ' || step FROM history WHERE contact_id = %d AND kind <> 'status' ORDER BY id`, r.people[0]),
			fmt.Sprintf("stage entered sold plan:%d a", r.plan), fmt.Sprintf(`contact updated {"tags_added":["hot"]} plan:%d a`, r.plan),
			fmt.Sprintf(`contact updated {"tags_removed":["cold"]} plan:%d a`, r.plan), fmt.Sprintf(`contact updated {"assigned_user":8} plan:%d a`, r.plan),
			fmt.Sprintf(`contact updated {"assigned_user":0} plan:%d a`, r.plan), fmt.Sprintf("note  hello plan:%d a", r.plan))

		// One contact twice in a batch: the later one goes over the earlier one.
		w := &enroll.Writes{Account: r.id, Now: start, Author: "engine"}
		first, second := rows[2], rows[2]
		second.ID = r.one(`INSERT INTO enrollment (account_id, contact_id, plan_id, version_id, status, due_at, state, created_at, started_at)
			SELECT account_id, contact_id, plan_id + 1, version_id, status, due_at, state, 0, 0 FROM enrollment WHERE id = $1 RETURNING id`, first.ID)
		r.group(w, []enroll.Row{first}, enroll.Move{After: after(first), Effects: []enroll.Effect{eff(action.ChangeContact{AddTags: []int64{hot}, AssignUser: 3})}})
		r.group(w, []enroll.Row{second}, enroll.Move{After: after(second), Effects: []enroll.Effect{eff(action.ChangeContact{RemoveTags: []int64{hot}, Stage: sold})}})
		r.ok(db.Write(t.Context(), w))
		r.is(fmt.Sprintf(`SELECT (stage_id - %d) || ' ' || assigned_id FROM contact WHERE id = %d`, sold, r.people[2]), "0 3")
		r.is(fmt.Sprintf(`SELECT t.name FROM contact_label l JOIN label t ON t.id = l.label_id WHERE contact_id = %d`, r.people[2]), "cold")
	})
}
