package store

import (
	"context"
	"reflect"

	"tactus/internal/contact"
	"tactus/internal/plan"
	"tactus/internal/planbook"
)

// A page of a plan's contacts may be looked for among all of the plan's enrollments, or of the account's contacts, when one in oneIn of these is
// wanted: it is soon full. Where they are fewer than that, or no crowd at all, they are looked up first, which costs as many as they are.
const (
	crowd = 20_000
	oneIn = 20
)

// byPlanAlone reports whether a filter asks for the contacts of a plan and nothing else.
func byPlanAlone(f contact.Filter) bool {
	return f.PlanID != 0 && reflect.DeepEqual(f, contact.Filter{PlanID: f.PlanID, PlanStatus: f.PlanStatus})
}

// addPlan keeps the contacts of the filter's plan.
func (db *DB) addPlan(ctx context.Context, w *selection, acct int64, f contact.Filter, byID bool) error {
	counts, err := db.planCounts(ctx, acct, f.PlanID)
	if err != nil {
		return err
	}
	on := int64(counts.Of(plan.Status(f.PlanStatus)))
	planID, status := w.arg(f.PlanID), ""
	if f.PlanStatus != "" {
		status = w.arg(f.PlanStatus)
	}
	if byID && byPlanAlone(f) && on*oneIn >= int64(counts.All()) {
		// The plan's own key has its contacts in order: a page costs its own size, whoever else there is. For who is on it for several
		// events, the first of them stands.
		w.from, w.id = `enrollment d CROSS JOIN contact c`, `d.contact_id`
		w.add(`d.account_id = $1 AND d.plan_id = ` + planID + ` AND c.id = d.contact_id` + hasStatus(`d`, status) + `
			AND NOT EXISTS (SELECT 1 FROM enrollment e WHERE e.account_id = $1 AND e.plan_id = ` + planID + `
				AND e.contact_id = d.contact_id AND e.event_id < d.event_id` + hasStatus(`e`, status) + `)`)
		return nil
	}
	crowded, err := db.crowded(ctx, acct, on)
	if err != nil {
		return err
	}
	if crowded { // each contact is asked for it
		w.add(`EXISTS (SELECT 1 FROM enrollment e WHERE e.account_id = $1 AND e.plan_id = ` + planID + ` AND e.contact_id = c.id` + hasStatus(`e`, status) + `)`)
		return nil
	}
	if status != "" {
		status = ` AND e.status = ` + status
	}
	w.add(`c.id IN (SELECT e.contact_id FROM enrollment e WHERE e.account_id = $1 AND e.plan_id = ` + planID + status + `)`)
	return nil
}

// hasStatus asks an enrollment that is found by its contact for a status, if there is one. The index by status must not know: without
// statistics SQLite would rather go through all of the plan's that have it.
func hasStatus(enrollment, status string) string {
	if status == "" {
		return ""
	}
	return ` AND (CASE WHEN ` + enrollment + `.status = ` + status + ` THEN TRUE END)`
}

// crowded reports whether so many are a crowd, and a good part of the account's contacts.
func (db *DB) crowded(ctx context.Context, acct, many int64) (bool, error) {
	if many <= crowd {
		return false, nil
	}
	all, err := db.CountContacts(ctx, acct, contact.Filter{})
	return many*oneIn >= all, err
}

func (db *DB) planCounts(ctx context.Context, acct, planID int64) (planbook.Counts, error) {
	counts, err := db.PlanCounts(ctx, acct, []int64{planID})
	return counts[planID], err
}

// onPlan is how many contacts of a status a plan has, from its counts; ok is false when these may tell one of them several times: once for each event.
func (db *DB) onPlan(ctx context.Context, acct int64, f contact.Filter) (n int64, ok bool, err error) {
	// Most plans have nothing to do with events, which the few documents of their versions tell: inside of a text a quote is escaped, so this
	// finds the key alone. A version that was made for one contact is dated as the plan is.
	byEvents := false
	if err := db.get(ctx, `SELECT EXISTS (SELECT 1 FROM plan_version WHERE account_id = $1 AND plan_id = $2 AND NOT private AND document LIKE '%"event":%')`,
		[]any{acct, f.PlanID}, &byEvents); err != nil {
		return 0, false, err
	}
	if byEvents {
		if err := db.get(ctx, `SELECT EXISTS (SELECT 1 FROM enrollment WHERE account_id = $1 AND event_id > 0 AND (CASE WHEN plan_id = $2 THEN TRUE END))`,
			[]any{acct, f.PlanID}, &byEvents); err != nil || byEvents {
			return 0, false, err
		}
	}
	counts, err := db.planCounts(ctx, acct, f.PlanID)
	return int64(counts.Of(plan.Status(f.PlanStatus))), err == nil, err
}
