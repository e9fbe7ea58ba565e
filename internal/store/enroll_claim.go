package store

import (
	"context"
	"database/sql"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"tactus/internal/enroll"
)

var _ enroll.Store = (*DB)(nil)

const rowColumns = `e.id, e.account_id, e.contact_id, e.plan_id, e.version_id, e.event_id, e.status, e.holders, e.run, e.due_at,
	e.wait, e.lane, e.state, e.tries, e.problems, e.assigned_by, e.started_at, e.ended_at, c.zone_now, c.stage_id, c.assigned_id`

func scanRow(scan scanFunc) (r enroll.Row, err error) {
	var holders string
	var due, ended sql.NullInt64
	var started int64
	err = scan(&r.ID, &r.AccountID, &r.ContactID, &r.PlanID, &r.VersionID, &r.EventID, &r.Status, &holders, &r.Run, &due,
		&r.Wait, &r.Lane, &r.Raw, &r.Tries, &r.Problems, &r.AssignedBy, &started, &ended, &r.Facts.Zone, &r.Facts.Stage, &r.Facts.Assigned)
	if holders != "" {
		for h := range strings.SplitSeq(holders, ",") {
			r.Holders = append(r.Holders, enroll.Holder(h))
		}
	}
	r.DueAt, r.StartedAt, r.EndedAt = fromNull(due), fromMilli(started), fromNull(ended)
	return r, err
}

// lanes of enrollment: 0 what has just started, 1 the backlog (ENG-8).
const lanes = 2

// maxPages bounds how far a claim looks past what others hold.
const maxPages = 16

// backlogPart is the part of a batch that the backlog has when there is more than enough that has just started: a flood of leads
// does not keep old work waiting for ever.
const backlogPart = 4

// candidate is an enrollment that may be claimed.
type candidate struct {
	id, contact, due int64
}

// ClaimDue implements enroll.Store. It never waits: what others hold is left to them, and it looks further.
func (db *DB) ClaimDue(ctx context.Context, account int64, now time.Time, fresh bool, limit int) ([]enroll.Row, error) {
	c := claim{db: db, account: account, now: now, seen: map[int64]bool{}}
	for lane := range c.last {
		c.last[lane].due = math.MinInt64
	}
	turns := []struct{ lane, upTo int }{{0, limit - limit/backlogPart}, {1, limit}, {0, limit}}
	if fresh {
		turns = turns[2:]
	}
	for _, t := range turns {
		if err := c.lane(ctx, t.lane, t.upTo); err != nil {
			return nil, err
		}
	}
	return c.rows, nil
}

// claim is one claim of due enrollments under way.
type claim struct {
	db      *DB
	account int64
	now     time.Time
	seen    map[int64]bool // contacts: one enrollment each
	pages   int
	last    [lanes]candidate // how far each lane was looked at
	over    [lanes]bool
	rows    []enroll.Row
}

// lane claims of one lane until there are limit rows in all.
func (c *claim) lane(ctx context.Context, lane, limit int) error {
	for len(c.rows) < limit && c.pages < maxPages && !c.over[lane] {
		c.pages++
		want := limit - len(c.rows)
		page, err := c.db.due(ctx, c.account, lane, c.now, c.last[lane], want)
		if err != nil {
			return err
		}
		c.over[lane] = len(page) < want
		if len(page) == 0 {
			return nil
		}
		c.last[lane] = page[len(page)-1]
		claimed, err := c.db.claim(ctx, c.account, c.now, once(page, c.seen))
		if err != nil {
			return err
		}
		c.rows = append(c.rows, claimed...)
	}
	return nil
}

// due returns the next due enrollments of a lane after one, in due order.
func (db *DB) due(ctx context.Context, account int64, lane int, now time.Time, after candidate, limit int) ([]candidate, error) {
	return list(ctx, db, `SELECT id, contact_id, due_at FROM enrollment
		WHERE account_id = $1 AND lane = $2 AND due_at <= $3 AND (due_at, id) > ($4, $5) ORDER BY due_at, id LIMIT $6`,
		[]any{account, lane, milli(now), after.due, after.id, limit}, func(scan scanFunc) (c candidate, err error) {
			return c, scan(&c.id, &c.contact, &c.due)
		})
}

// once keeps the first candidate of each contact.
func once(page []candidate, seen map[int64]bool) []candidate {
	kept := make([]candidate, 0, len(page))
	for _, c := range page {
		if !seen[c.contact] {
			seen[c.contact] = true
			kept = append(kept, c)
		}
	}
	return kept
}

// claim locks contacts, then those of their enrollments that are still due (DEC-10), without waiting; in due order.
func (db *DB) claim(ctx context.Context, account int64, now time.Time, page []candidate) ([]enroll.Row, error) {
	if db.Nodes() && len(page) > 0 {
		contacts := make([]int64, len(page))
		for i, c := range page {
			contacts[i] = c.contact
		}
		free := make(map[int64]bool, len(page))
		err := db.each(ctx, ofAccount+`SELECT c.id FROM s CROSS JOIN contact c WHERE c.id = s.id AND c.account_id = s.account_id ORDER BY c.id {skip c}`, []any{account, ids(contacts)}, func(scan scanFunc) error {
			var id int64
			err := scan(&id)
			free[id] = true
			return err
		})
		if err != nil {
			return nil, err
		}
		page = slices.DeleteFunc(page, func(c candidate) bool { return !free[c.contact] })
		there := slices.Collect(maps.Keys(free))
		db.known(ctx).hold(account, there, there)
	}
	if len(page) == 0 {
		return nil, nil
	}
	set := make([]int64, len(page))
	for i, c := range page {
		set[i] = c.id
	}
	rows, err := list(ctx, db, ofAccount+`SELECT `+rowColumns+` FROM s CROSS JOIN enrollment e CROSS JOIN contact c
		WHERE e.id = s.id AND e.account_id = s.account_id AND c.id = e.contact_id AND (CASE WHEN e.due_at <= $3 THEN TRUE END) {skip e}`,
		[]any{account, ids(set), milli(now)}, scanRow)
	slices.SortFunc(rows, func(a, b enroll.Row) int {
		if a.Lane != b.Lane {
			return a.Lane - b.Lane
		}
		if c := a.DueAt.Compare(b.DueAt); c != 0 {
			return c
		}
		return int(a.ID - b.ID)
	})
	return rows, err
}

// DueWork implements enroll.Store: a few steps of the due index per account.
func (db *DB) DueWork(ctx context.Context, now time.Time) (due enroll.Due, err error) {
	least := func(lane, and string) string {
		return `(SELECT e.due_at FROM enrollment e WHERE e.account_id = a.id AND e.lane = ` + lane + ` AND e.due_at ` + and + ` $1 ORDER BY e.due_at LIMIT 1)`
	}
	var soonest sql.NullInt64
	err = db.each(ctx, `SELECT a.id, `+least("0", "<=")+`, `+least("1", "<=")+`, `+least("0", ">")+`, `+least("1", ">")+` FROM account a ORDER BY a.id`,
		[]any{milli(now)}, func(scan scanFunc) error {
			var id int64
			var first, backlog sql.NullInt64
			var later [lanes]sql.NullInt64
			if err := scan(&id, &first, &backlog, &later[0], &later[1]); err != nil {
				return err
			}
			if first.Valid {
				due.Fresh = append(due.Fresh, id)
			}
			if backlog.Valid {
				due.Backlog = append(due.Backlog, id)
			}
			for _, l := range later {
				if l.Valid && (!soonest.Valid || l.Int64 < soonest.Int64) {
					soonest = l
				}
			}
			return nil
		})
	due.Next = fromNull(soonest)
	return due, err
}

// LockEnrollments implements enroll.Store. A selection that names neither enrollments, contacts, plan nor event selects nothing; an
// empty set that is not nil is a filter like any other.
func (db *DB) LockEnrollments(ctx context.Context, account int64, sel enroll.Selection) ([]enroll.Row, error) {
	if sel.IDs == nil && sel.Contacts == nil && sel.Plan == 0 && sel.Event == 0 ||
		sel.IDs != nil && len(sel.IDs) == 0 || sel.Contacts != nil && len(sel.Contacts) == 0 {
		return nil, nil
	}
	if db.Nodes() { // who holds the contacts waits for nobody any more
		contacts := sorted(sel.Contacts)
		if contacts == nil {
			q := selected(account, sel)
			var err error
			if contacts, err = list(ctx, db, q.with+`SELECT DISTINCT e.contact_id FROM `+q.from+` WHERE `+q.text(), q.args, scanID); err != nil {
				return nil, err
			}
			slices.Sort(contacts)
		}
		held, err := db.LockContacts(ctx, account, contacts)
		if err != nil || len(held) == 0 {
			return nil, err
		}
		sel.Contacts = held
	}
	return db.rows(ctx, account, sel, `{lock e}`)
}

// PeekEnrollments implements enroll.Store.
func (db *DB) PeekEnrollments(ctx context.Context, account int64, ids []int64) ([]enroll.Row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return db.rows(ctx, account, enroll.Selection{IDs: ids}, ``)
}

// rows loads what is selected, ascending.
func (db *DB) rows(ctx context.Context, account int64, sel enroll.Selection, lock string) ([]enroll.Row, error) {
	q := selected(account, sel)
	return list(ctx, db, q.with+`SELECT `+rowColumns+` FROM `+q.from+` CROSS JOIN contact c WHERE c.id = e.contact_id AND `+q.text()+
		` ORDER BY e.id `+lock, q.args, scanRow)
}

// pick is a statement's parts for a selection.
type pick struct {
	with, from string
	where
}

// selected leads with the smallest set.
func selected(account int64, sel enroll.Selection) *pick {
	q := &pick{from: `enrollment e`, where: where{args: []any{account}}}
	in := func(column string, set []int64) {
		q.add(`(CASE WHEN `+column+` IN (SELECT CAST(j.value AS BIGINT) FROM {each ?}) THEN TRUE END)`, ids(set))
	}
	lead := func(column string, set []int64) {
		q.with, q.from = ofAccount, `s CROSS JOIN enrollment e`
		q.arg(ids(sorted(set)))
		q.add(`e.account_id = s.account_id AND ` + column + ` = s.id`)
	}
	switch {
	case sel.IDs != nil:
		lead(`e.id`, sel.IDs)
		if sel.Contacts != nil {
			in(`e.contact_id`, sel.Contacts)
		}
	case sel.Contacts != nil:
		lead(`e.contact_id`, sel.Contacts)
	default:
		q.add(`e.account_id = $1`)
		q.addIf(sel.Plan != 0, `e.plan_id = ?`, sel.Plan)
		q.addIf(sel.Event != 0, `e.event_id > 0 AND e.event_id = ?`, sel.Event)
		sel.Plan, sel.Event = 0, 0
	}
	q.addIf(sel.Plan != 0, `(CASE WHEN e.plan_id = ? THEN TRUE END)`, sel.Plan)
	q.addIf(sel.Event != 0, `(CASE WHEN e.event_id = ? THEN TRUE END)`, sel.Event)
	if len(sel.Status) > 0 {
		set := make([]string, len(sel.Status))
		for i, s := range sel.Status {
			set[i] = string(s)
		}
		q.add(`(CASE WHEN e.status IN (SELECT j.value->>0 FROM {each ?}) THEN TRUE END)`, names(set))
	}
	return q
}

// sorted is an ascending copy without doubles; nil stays nil.
func sorted(set []int64) []int64 {
	set = slices.Clone(set)
	slices.Sort(set)
	return slices.Compact(set)
}
