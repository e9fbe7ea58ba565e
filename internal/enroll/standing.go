package enroll

import (
	"slices"
	"time"

	"tactus/internal/action"
	"tactus/internal/plan"
)

// onPlan is the contact's status on a plan, with what this move's earlier steps did to it.
func (e *env) onPlan(id int64) plan.Status {
	e.personal = true
	if st, ok := e.started[id]; ok {
		return st
	}
	if id == e.row.PlanID {
		return plan.Active
	}
	return e.standing(id).Status
}

func (e *env) standing(id int64) Standing { return e.b.plansOf()[e.row.ContactID][id] }

// onNext is the contact's status on a plan as a start now would find it: of a plan dated by events that for the contact's next event (PLAN-5).
func (e *env) onNext(id int64) plan.Status {
	e.personal = true
	if st, ok := e.started[id]; ok {
		return st
	}
	if p := e.newest(id); p != nil && p.Document.DatedByEvent() {
		on, _ := e.standingByEvent(id, p)
		return on.Status
	}
	return e.onPlan(id)
}

// mayStart reports whether an automatic start now would put the contact on a plan that it is not on (PLAN-5).
func (e *env) mayStart(id int64, cause string) bool {
	p := e.newest(id)
	if p == nil {
		return true // the start itself tells
	}
	var on Standing
	if !p.Document.DatedByEvent() {
		on = e.standing(id)
	} else if byEvent, found := e.standingByEvent(id, p); found {
		on = byEvent
	} else {
		return false
	}
	return on.Status == "" || startsAgain(p.Document.Again, cause, on.EndedAt, e.zone(), e.b.now)
}

// newest is the plan's newest version, nil when it cannot be run.
func (e *env) newest(id int64) *Program {
	p, err := e.b.s.Program(e.b.ctx, e.b.account.ID, e.b.account.Plans[id].VersionID)
	if err != nil {
		return nil
	}
	return p
}

// standingByEvent is how the contact stands on a plan for its next event of the plan's kind; false when it has none.
func (e *env) standingByEvent(id int64, p *Program) (on Standing, found bool) {
	b, contact := e.b, e.row.ContactID
	next, err := b.s.store.NextEvents(b.ctx, b.account.ID, []int64{contact}, plan.EventKind(p.Document.Event), b.now)
	if err != nil {
		panic(loadError{err})
	}
	if next[contact] == 0 {
		return on, false
	}
	rows, err := b.s.store.LockEnrollments(b.ctx, b.account.ID, Selection{Contacts: []int64{contact}, Plan: id, Event: next[contact]})
	if err != nil {
		panic(loadError{err})
	}
	if len(rows) > 0 {
		on = Standing{Status: rows[0].Status, EndedAt: rows[0].EndedAt}
	}
	return on, true
}

// remember lets later steps of the same move see what this one does, on other plans too.
func (e *env) remember(eff action.Effect) {
	switch eff := eff.(type) {
	case action.ChangeContact:
		e.change(eff)
		e.triggered(eff)
	case action.CommandPlans:
		switch eff.Op {
		case "assign":
			e.nowOn(eff.Plan, plan.Active)
		case "pause":
			e.nowOn(eff.Plan, plan.Paused)
		}
	}
}

// triggered remembers the plans that start by a rule on what changed (PLAN-4), as far as this plan's steps name them.
func (e *env) triggered(do action.ChangeContact) {
	for _, key := range changedKeys(do) {
		for _, id := range e.b.account.Rules[key] {
			if !e.names(id) {
				continue
			}
			if !e.onNext(id).Live() && e.mayStart(id, "rule") {
				e.nowOn(id, plan.Active)
			}
		}
	}
}

func (e *env) names(id int64) bool {
	for _, other := range e.p.Refs.Plans {
		if other == id {
			return true
		}
	}
	return false
}

func (e *env) nowOn(id int64, st plan.Status) {
	if e.started == nil {
		e.started = map[int64]plan.Status{}
	}
	e.started[id] = st
}

// changedKeys are the triggers that a step's change of the contact touches.
func changedKeys(do action.ChangeContact) []RuleKey {
	keys := make([]RuleKey, 0, len(do.AddTags)+1)
	for _, tag := range do.AddTags {
		keys = append(keys, RuleKey{Kind: "tag", Ref: tag})
	}
	if do.Stage != 0 {
		keys = append(keys, RuleKey{Kind: "stage", Ref: do.Stage})
	}
	return slices.Clip(keys)
}

// startsAgain is the plan's "again": whether an automatic start restarts what ended at a moment (PLAN-5).
func startsAgain(again plan.Again, cause string, ended time.Time, zone *time.Location, now time.Time) bool {
	switch again.Mode {
	case plan.AgainNever:
		return false
	case plan.AgainAfter:
		return !addDays(ended, again.Days, zone).After(now)
	case plan.AgainFinished:
		return true
	default:
		return cause != "source"
	}
}
