package enroll

import (
	"context"
	"fmt"
	"slices"

	"tactus/internal/action"
	"tactus/internal/plan"
)

// commit writes the batch as sets, then does what its moves cause elsewhere: other plans that start or pause, by step, by next
// plan, or by a start rule on what a step changed. All of it is one transaction (ENG-2).
func (b *batch) commit(ctx context.Context) error {
	if len(b.writes.Rows) == 0 {
		return nil
	}
	b.writes.Author = b.author
	if err := b.s.store.Write(ctx, &b.writes); err != nil {
		return err
	}
	c := b.consequences()
	for _, k := range c.starts.order {
		if _, err := b.s.start(ctx, b.account.ID, StartRequest{
			Plan: k.plan, Contacts: c.starts.contacts[k], Cause: k.cause, Author: k.author, Automatic: true, Trigger: k.trigger,
		}); err != nil {
			return err
		}
	}
	for _, k := range c.pauses.order {
		if err := b.pauseOthers(ctx, k, c.pauses.contacts[k], c.pausers[k]); err != nil {
			return err
		}
	}
	b.s.store.Signal(ctx, TopicEngine)
	for i := range b.writes.Groups {
		if b.writes.Groups[i].After.Wait == ForMessage {
			b.s.store.Signal(ctx, TopicDelivery)
			break
		}
	}
	return nil
}

type startKey struct {
	plan    int64
	cause   string
	author  string
	trigger Trigger
}

type pauseKey struct {
	plan, from int64 // plan 0 = all
}

// sets are contacts by what happens to them, in the order in which it was first asked for: what a step starts first begins first.
type sets[K comparable] struct {
	order    []K
	contacts map[K][]int64
}

func (s *sets[K]) add(k K, contact int64) {
	if s.contacts == nil {
		s.contacts = map[K][]int64{}
	}
	if _, known := s.contacts[k]; !known {
		s.order = append(s.order, k)
	}
	s.contacts[k] = append(s.contacts[k], contact)
}

// consequences are what the batch's effects cause on other plans, by contact.
type consequences struct {
	starts  sets[startKey]
	pauses  sets[pauseKey]
	pausers map[pauseKey]map[int64][]int64 // the enrollments that ask for it, by contact
}

func (c *consequences) pause(k pauseKey, row WriteRow) {
	c.pauses.add(k, row.Contact)
	if c.pausers[k] == nil {
		c.pausers[k] = map[int64][]int64{}
	}
	c.pausers[k][row.Contact] = append(c.pausers[k][row.Contact], row.ID)
}

func (b *batch) consequences() *consequences {
	c := &consequences{pausers: map[pauseKey]map[int64][]int64{}}
	for _, row := range b.writes.Rows {
		g := &b.writes.Groups[row.Group]
		author := fmt.Sprintf("plan:%d", row.Plan)
		for _, eff := range g.Move.Effects {
			switch do := eff.Do.(type) {
			case action.CommandPlans:
				switch do.Op {
				case "assign":
					c.starts.add(startKey{plan: do.Plan, cause: "plan", author: author}, row.Contact)
				case "pause", "pause_all":
					c.pause(pauseKey{plan: do.Plan, from: row.Plan}, row)
				}
			case action.ChangeContact:
				b.triggered(c, do, row)
			}
		}
		if g.Move.Next {
			b.next(c, g.After.VersionID, row.Contact, author)
		}
	}
	return c
}

// next starts the plan's next plan after a completed run (PLAN-3).
func (b *batch) next(c *consequences, version, contact int64, author string) {
	p := b.programs[version]
	if p == nil || p.Document.NextPlan == "" || p.Document.RepeatsYearly() {
		return
	}
	if id := p.Refs.Plans[p.Document.NextPlan]; id != 0 {
		c.starts.add(startKey{plan: id, cause: "next_plan", author: author}, contact)
	}
}

// triggered finds the start rules on what a step changed (PLAN-4). The step's own plan is not among them: the contact was live on it then, even if
// this move has ended the run (PLAN-5).
func (b *batch) triggered(c *consequences, do action.ChangeContact, row WriteRow) {
	for _, key := range changedKeys(do) {
		for _, id := range b.account.Rules[key] {
			if id != row.Plan {
				c.starts.add(startKey{plan: id, cause: "rule", author: "rule:" + key.Kind, trigger: Trigger(key)}, row.Contact)
			}
		}
	}
}

// pauseOthers pauses one or all other plans of the contacts (pause_plan, pause_all_plans), and what other events have them on the same plan for.
// Who alone asks for it is left out: the plan's own step says what becomes of that one.
func (b *batch) pauseOthers(ctx context.Context, k pauseKey, contacts []int64, pausers map[int64][]int64) error {
	rows, err := b.s.store.LockEnrollments(ctx, b.account.ID, Selection{
		Contacts: contacts, Plan: k.plan, Status: []plan.Status{plan.Active},
	})
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r Row) bool {
		return r.PlanID == k.from && !slices.ContainsFunc(pausers[r.ContactID], func(id int64) bool { return id != r.ID })
	})
	return b.s.interrupt(ctx, b.account.ID, rows, fmt.Sprintf("plan:%d", k.from), func(_ *Row, _ *Program, handing bool) Event {
		return Hold{Holder: HeldByPlan, Reason: "plan", Handing: handing}
	})
}
