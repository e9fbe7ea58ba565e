package store

import (
	"context"

	"tactus/internal/delivery"
)

// Unanswered implements delivery.Reconciler. Only enrollments that wait for a message are looked at, which are few at any moment.
func (db *DB) Unanswered(ctx context.Context, limit int) ([]delivery.Unanswered, error) {
	return list(ctx, db, `SELECT m.account_id, m.enrollment_id, m.step, m.run, m.round, m.status, m.reason, m.answer
		FROM enrollment e JOIN message m ON m.account_id = e.account_id AND m.enrollment_id = e.id AND m.run = e.run AND m.class = 'plan'
		WHERE e.wait = 'message' AND e.status = 'active' AND m.id = (SELECT MAX(n.id) FROM message n
			WHERE n.account_id = e.account_id AND n.enrollment_id = e.id AND n.class = 'plan')
			AND m.status IN ('accepted', 'refused', 'failed', 'uncertain', 'skipped')
		ORDER BY e.id LIMIT $1`, []any{limit}, func(scan scanFunc) (u delivery.Unanswered, err error) {
		var status string
		err = scan(&u.Account, &u.Enrollment, &u.Step, &u.Run, &u.Round, &status, &u.Reason, &u.Answer)
		u.Status = delivery.Status(status)
		return u, err
	})
}
