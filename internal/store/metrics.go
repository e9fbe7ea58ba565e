package store

import (
	"context"
	"database/sql"
	"time"
)

// Work is how much work of one account there is at a moment.
type Work struct {
	Account                            int64
	Active, Paused, Stopped, Completed int       // enrollments
	OldestDue                          time.Time // of what is due; zero: nothing is
	Overdue                            int       // enrollments that are late, counted up to a bound
	Queued                             int       // messages that wait for their sender or a carrier's next try, counted up to a bound
	Handing, Uncertain                 int       // messages that are being handed over; that a person must settle
	OpenCircuits                       []string  // channels whose carrier is down
}

// mostCounted bounds what a scrape counts of one account: past it, "very many" is all that an operator needs to know.
const mostCounted = 100_000

// WorkByAccount is what an operator watches, by account; late is the moment before which what was due is overdue. Each figure is a few steps of an index; what may be many is counted up to a bound.
func (db *DB) WorkByAccount(ctx context.Context, now, late time.Time) ([]Work, error) {
	var all []Work
	at := map[int64]int{}
	least := func(lane string) string {
		return `(SELECT e.due_at FROM enrollment e WHERE e.account_id = a.id AND e.lane = ` + lane + ` AND e.due_at <= $1 ORDER BY e.due_at LIMIT 1)`
	}
	behind := func(lane string) string {
		return `(SELECT COUNT(*) FROM (SELECT 1 FROM enrollment e WHERE e.account_id = a.id AND e.lane = ` + lane + ` AND e.due_at < $2 LIMIT $3) q)`
	}
	err := db.ReadTx(ctx, func(ctx context.Context) error {
		err := db.each(ctx, `SELECT a.id, `+least("0")+`, `+least("1")+`, `+behind("0")+` + `+behind("1")+`,
				(SELECT COUNT(*) FROM (SELECT 1 FROM message m WHERE m.account_id = a.id AND m.try_at IS NOT NULL LIMIT $3) q)
					+ (SELECT COUNT(*) FROM (SELECT 1 FROM message m WHERE m.account_id = a.id AND m.status = 'waiting' LIMIT $3) q)
			FROM account a ORDER BY a.id`, []any{milli(now), milli(late), mostCounted}, func(scan scanFunc) error {
			var a Work
			var first, backlog sql.NullInt64
			if err := scan(&a.Account, &first, &backlog, &a.Overdue, &a.Queued); err != nil {
				return err
			}
			if a.OldestDue = fromNull(first); backlog.Valid && (!first.Valid || backlog.Int64 < first.Int64) {
				a.OldestDue = fromNull(backlog)
			}
			at[a.Account] = len(all)
			all = append(all, a)
			return nil
		})
		if err != nil {
			return err
		}
		of := func(id int64, f func(*Work)) {
			if i, ok := at[id]; ok {
				f(&all[i])
			}
		}
		if err := db.each(ctx, `SELECT account_id, SUM(active), SUM(paused), SUM(stopped), SUM(completed) FROM plan_count GROUP BY account_id`, nil, func(scan scanFunc) error {
			var id int64
			var n [4]int
			err := scan(&id, &n[0], &n[1], &n[2], &n[3])
			of(id, func(a *Work) { a.Active, a.Paused, a.Stopped, a.Completed = n[0], n[1], n[2], n[3] })
			return err
		}); err != nil {
			return err
		}
		for status, figure := range map[string]func(*Work) *int{
			"handing":   func(a *Work) *int { return &a.Handing },
			"uncertain": func(a *Work) *int { return &a.Uncertain },
		} {
			// The status stands in the text: it is the condition of a partial index. (+account_id: or SQLite groups by an index of all messages.)
			if err := db.each(ctx, `SELECT account_id, COUNT(*) FROM message WHERE status = '`+status+`' GROUP BY account_id, +account_id`, nil, func(scan scanFunc) error {
				var id int64
				var n int
				err := scan(&id, &n)
				of(id, func(a *Work) { *figure(a) = n })
				return err
			}); err != nil {
				return err
			}
		}
		return db.each(ctx, `SELECT account_id, channel FROM circuit WHERE opened_at IS NOT NULL ORDER BY channel`, nil, func(scan scanFunc) error {
			var id int64
			var name string
			err := scan(&id, &name)
			of(id, func(a *Work) { a.OpenCircuits = append(a.OpenCircuits, name) })
			return err
		})
	})
	return all, err
}
