package store

import (
	"context"

	"tactus/internal/delivery"
	"tactus/internal/history"
)

var _ delivery.SettleStore = (*DB)(nil)

// SettleUncertain implements delivery.SettleStore. A message that goes again leaves its run, which has gone on: it is a person's own from now on.
func (db *DB) SettleUncertain(ctx context.Context, acct, id int64, again bool, author string) (bool, error) {
	var contact, enrollment, plan, now int64
	var status, subject string
	err := db.get(ctx, `SELECT contact_id, enrollment_id, plan_id, status, subject, {now} FROM message WHERE account_id = $1 AND id = $2 {lock}`,
		[]any{acct, id}, &contact, &enrollment, &plan, &status, &subject, &now)
	if err != nil || status != string(delivery.Uncertain) {
		return false, orNotFound(err, "message")
	}
	what, text := "arrived", `UPDATE message SET status = 'accepted', reason = '', done_at = {now} WHERE account_id = $1 AND id = $2`
	if again {
		what, text = "send_again", `UPDATE message SET status = 'ready', class = 'manual', reason = '', lease_until = 0, try_at = created_at, due_at = {now}, first_try_at = NULL, done_at = NULL
			WHERE account_id = $1 AND id = $2`
	}
	if _, err := db.exec(ctx, text, acct, id); err != nil {
		return false, err
	}
	return true, db.AppendHistory(ctx, []history.Row{{
		AccountID: acct, ContactID: contact, EnrollmentID: enrollment, PlanID: plan, Kind: "message", Outcome: what,
		At: fromMilli(now), Author: author, Detail: subject,
	}})
}
