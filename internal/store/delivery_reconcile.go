package store

import (
	"context"

	"tactus/internal/delivery"
	"tactus/internal/enroll"
)

// Unanswered implements delivery.Reconciler. Only enrollments that wait for a message are looked at, which are few at any moment, and of
// those the ones with no message that anybody is still about to hand over.
func (db *DB) Unanswered(ctx context.Context, limit int) ([]delivery.Unanswered, error) {
	var found []delivery.Unanswered
	err := db.each(ctx, `SELECT m.account_id, m.enrollment_id, m.id, m.step, m.run, m.round, m.status, m.reason, m.answer, e.state
		FROM enrollment e CROSS JOIN message m
		WHERE e.wait = 'message' AND m.account_id = e.account_id AND m.enrollment_id = e.id AND m.enrollment_id > 0 AND m.run = e.run
			AND m.class = 'plan' AND m.status NOT IN ('ready', 'handing', 'held') AND NOT EXISTS (SELECT 1 FROM message n
			WHERE n.account_id = e.account_id AND n.enrollment_id = e.id AND n.enrollment_id > 0 AND n.run = e.run AND n.class = 'plan'
				AND n.status IN ('ready', 'handing', 'held'))
		ORDER BY e.id`, nil, func(scan scanFunc) error {
		var u delivery.Unanswered
		var status, raw string
		if err := scan(&u.Account, &u.Enrollment, &u.Message, &u.Step, &u.Run, &u.Round, &status, &u.Reason, &u.Answer, &raw); err != nil {
			return err
		}
		u.Status = delivery.Status(status)
		st, err := enroll.DecodeState(raw)
		if err == nil && st.Hand == u.Step && st.Round == u.Round && len(found) < limit {
			found = append(found, u)
		}
		return nil
	})
	return found, err
}
