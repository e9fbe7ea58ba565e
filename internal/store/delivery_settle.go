package store

import (
	"context"
	"time"

	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/history"
)

var _ delivery.SettleStore = (*DB)(nil)

// SettleUncertain implements delivery.SettleStore. A message that goes again leaves its run, which has gone on: it is a person's own from now on.
// A run that has not gone on would never hear of it, so it cannot go yet. Its token rises, so that a late answer to the first time is not taken for the
// second one's.
func (db *DB) SettleUncertain(ctx context.Context, acct, id int64, again bool, author string, now time.Time) (bool, error) {
	var contact, enrollment, plan int64
	var status, subject string
	err := db.get(ctx, `SELECT contact_id, enrollment_id, plan_id, status, subject FROM message WHERE account_id = $1 AND id = $2 {lock}`,
		[]any{acct, id}, &contact, &enrollment, &plan, &status, &subject)
	if err != nil || status != string(delivery.Uncertain) {
		return false, orNotFound(err, "message")
	}
	if again {
		waits, err := db.waitsFor(ctx, acct, id)
		if err != nil {
			return false, err
		}
		if waits {
			return false, fault.New(fault.Conflict, "its plan has not taken in yet that the message is in doubt; try again in a minute")
		}
	}
	what, text := "arrived", `UPDATE message SET status = 'accepted', reason = '', done_at = $3 WHERE account_id = $1 AND id = $2`
	if again {
		what, text = "send_again", `UPDATE message SET status = 'ready', class = 'manual', reason = '', lease_until = 0, token = token + 1, try_at = created_at, due_at = $3, first_try_at = NULL, done_at = NULL
			WHERE account_id = $1 AND id = $2`
	}
	if _, err := db.exec(ctx, text, acct, id, milli(now)); err != nil {
		return false, err
	}
	return true, db.AppendHistory(ctx, []history.Row{{
		AccountID: acct, ContactID: contact, EnrollmentID: enrollment, PlanID: plan, Kind: "message", Outcome: what,
		At: now, Author: author, Detail: subject,
	}})
}

// waitsFor reports whether the message's run still waits for its answer (Unanswered): the program died, or could not apply it.
func (db *DB) waitsFor(ctx context.Context, acct, id int64) (waits bool, err error) {
	err = db.each(ctx, `SELECT e.state, m.step, m.round FROM message m CROSS JOIN enrollment e
		WHERE m.account_id = $1 AND m.id = $2 AND m.class = 'plan' AND e.id = m.enrollment_id AND e.account_id = m.account_id AND e.run = m.run AND e.wait = 'message'`,
		[]any{acct, id}, func(scan scanFunc) error {
			var raw, step string
			var round int
			if err := scan(&raw, &step, &round); err != nil {
				return err
			}
			st, err := enroll.DecodeState(raw)
			waits = st.Hand == step && st.Round == round
			return err
		})
	return waits, err
}
