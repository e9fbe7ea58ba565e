package oracle_test

import (
	"context"
	"slices"
	"time"

	"tactus/internal/account"
	"tactus/internal/calendar"
	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/oracle"
	"tactus/internal/planbook"
	"tactus/internal/task"
)

func (h *history) rezone(p *person, z string) {
	h.say("contact %d moves to %s", p.n, z)
	h.patch(p, contact.Patch{Zone: &z})
	p.world.Rezone(zone(z))
}

func (h *history) patch(p *person, patch contact.Patch) {
	h.do(h.update(p, patch))
}

func (h *history) tag(p *person) {
	patch := contact.Patch{AddTags: []string{oracle.Tag}}
	if p.world.Tagged {
		patch = contact.Patch{RemoveTags: []string{oracle.Tag}}
	}
	h.say("contact %d tagged: %t", p.n, !p.world.Tagged)
	h.patch(p, patch)
	p.world.SetTag(!p.world.Tagged)
}

// bar opens or shuts one of the gates that are the contact's own.
func (h *history) bar(p *person) {
	b := &p.world.Bars
	what := pick(h.T, "bar", "opt out", "consent", "silence", "bounce", "do not contact", "address")
	if b.NoAddress && what != "silence" {
		what = "address"
	}
	f := h.barring(p, what)
	h.say("contact %d: %s, now %+v", p.n, what, *b)
	h.do(f)
}

// barring changes the model and returns what changes the engine.
func (h *history) barring(p *person, what string) func(ctx context.Context) error {
	b := &p.world.Bars
	entry := func(reason contact.Reason, on bool) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			if on {
				return h.app.Contacts.Suppress(ctx, contact.Suppression{AccountID: h.account, Channel: channel.Email, Address: p.email, Reason: reason, Author: "test"})
			}
			return h.app.Contacts.Allow(ctx, h.account, channel.Email, p.email, reason, "test")
		}
	}
	switch what {
	case "silence":
		b.Silenced = !b.Silenced
		return h.update(p, contact.Patch{Killed: &b.Silenced})
	case "bounce":
		b.Bounced = !b.Bounced
		return entry(contact.Bounce, b.Bounced)
	case "do not contact":
		b.DoNotContact = !b.DoNotContact
		return entry(contact.DoNotContact, b.DoNotContact)
	case "address":
		b.NoAddress = !b.NoAddress
		var emails []contact.Email
		if !b.NoAddress {
			emails = []contact.Email{{Address: p.email}}
		}
		return h.update(p, contact.Patch{Emails: &emails})
	case "consent": // by the ledger: a consent does not lift an opt-out, which is the address's
		grant := b.NoConsent
		line := contact.Consent{Channel: channel.Email, Act: contact.Revoke, Method: "hand"}
		if grant {
			line = contact.Consent{Channel: channel.Email, Act: contact.Grant, Basis: "express", Method: "hand"}
		} else {
			b.OptedOut = true
		}
		b.NoConsent = !grant
		return func(ctx context.Context) error {
			return h.app.Contacts.RecordConsent(ctx, h.account, p.id, []contact.Consent{line}, "test")
		}
	}
	out := !b.OptedOut
	b.OptedOut, b.NoConsent = out, out
	return func(ctx context.Context) error {
		if out {
			return h.app.Contacts.OptOut(ctx, h.account, channel.Email, p.email, "", "test")
		}
		_, err := h.app.Contacts.OptIn(ctx, h.account, channel.Email, p.email, contact.Consent{Basis: "express"}, "test")
		return err
	}
}

func (h *history) update(p *person, patch contact.Patch) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		_, err := h.app.Contacts.Update(ctx, h.account, p.id, patch, "test")
		return err
	}
}

// switches changes the account's settings.
func (h *history) switches() {
	h.settings = drawSwitches(h.T, h.settings)
	h.say("settings: %s", h.settings)
	h.changeAccount(func(a *account.Account) { a.Settings = settings(h.settings) })
	for _, p := range h.people {
		p.world.Change(h.settings)
	}
}

func (h *history) changeAccount(change func(a *account.Account)) {
	h.do(func(ctx context.Context) error {
		a, err := h.app.Accounts.Account(ctx, h.account)
		if err != nil {
			return err
		}
		change(&a)
		return h.app.Accounts.Update(ctx, a, "test")
	})
}

func (h *history) moveEvent(p *person) {
	if p.world.Event.IsZero() {
		return
	}
	if chance(h.T, "delete", 6) {
		h.say("the event of contact %d is deleted", p.n)
		h.do(func(ctx context.Context) error { return h.app.Events.Delete(ctx, h.account, p.event.ID, "test") })
		p.world.DeleteEvent()
		return
	}
	to, yearly := p.world.Event, p.world.EveryYear != chance(h.T, "yearly or not", 6)
	if yearly == p.world.EveryYear || chance(h.T, "both", 2) {
		to = h.clock.Now().Add(drawAhead(h.T))
	}
	h.say("the event of contact %d moves to %s, every year %t", p.n, to, yearly)
	h.do(func(ctx context.Context) error {
		e := p.event
		e.At, e.Yearly = to, yearly
		_, err := h.app.Events.Update(ctx, e, "test")
		return err
	})
	p.world.MoveEvent(to, yearly)
}

// drawsField writes one of the contact's dates, or takes it away.
func (h *history) drawsField(p *person, name string, known bool) {
	var wall *calendar.Wall
	if known {
		wall = drawField(h.T, name, h.clock.Now(), h.zone)
	}
	h.setField(p, name, wall)
}

// setField writes one of the contact's dates; nil takes it away.
func (h *history) setField(p *person, name string, wall *calendar.Wall) {
	text := ""
	if wall != nil {
		if text = wall.Date.String(); wall.Time != 0 {
			text += "T" + wall.Time.String()
		}
	}
	h.say("contact %d: %s is %q", p.n, name, text)
	patch := contact.Patch{Dates: map[string]string{name: text}}
	if name == oracle.Birthday {
		patch = contact.Patch{Birthday: &text}
	}
	h.patch(p, patch)
	p.world.SetField(name, wall)
}

// moveOffice gives the account another zone.
func (h *history) moveOffice(z string) {
	if z == h.zone.String() {
		return
	}
	h.say("the office moves to %s", z)
	h.zone = zone(z)
	h.changeAccount(func(a *account.Account) { a.Zone = z })
	for _, p := range h.people {
		if !p.gone {
			p.world.RezoneAccount(h.zone)
		}
	}
}

func (h *history) edit() {
	name := pick(h.T, "plan", h.names()...)
	if h.drafts[name] {
		return // of a draft less is asked
	}
	h.inHand()
	to := pick(h.T, "apply to", planbook.Everyone, planbook.Everyone, planbook.NewRuns)
	p := h.draws.edit(h.T, h.newest[name], h.clock.Now(), h.zone)
	h.saves(p, to)
}

func (h *history) saves(p *oracle.Plan, to planbook.ApplyTo) {
	if !h.save(p, to) {
		return
	}
	for _, who := range h.people {
		who.world.Edit(p, to == planbook.Everyone)
	}
}

// draft takes a plan back, or makes it ready again, unless it names one that is a draft (PLAN-2).
func (h *history) draft(name string) {
	back := !h.drafts[name]
	h.say("plan %s is a draft: %t", name, back)
	err := h.try(func(ctx context.Context) (err error) {
		if back {
			_, err = h.app.Plans.Draft(ctx, h.account, h.plans[name], "test")
		} else {
			_, err = h.app.Plans.Ready(ctx, h.account, h.plans[name], 0, "test")
		}
		return err
	})
	if !back && fault.Is(err, fault.Invalid) {
		h.say("(it cannot be ready)")
		return
	}
	h.ok(err)
	h.drafts[name] = back
}

// task lets a person work on one of the contact's open tasks.
func (h *history) task(p *person) {
	var open []int
	for n, t := range p.world.Tasks {
		if !t.Done {
			open = append(open, n)
		}
	}
	if len(open) == 0 {
		return
	}
	n := open[number(h.T, "task", 0, len(open)-1)]
	h.workOn(p, n, pick(h.T, "work", "edit", "complete", "delete"), time.Duration(number(h.T, "hours", -2, 100))*time.Hour)
}

// workOn edits, completes or deletes the model's nth task.
func (h *history) workOn(p *person, n int, what string, ahead time.Duration) {
	t := p.world.Tasks[n]
	all, err := h.db.ListTasks(h.ctx, h.account, task.Query{ContactID: p.id, Status: task.Open, Limit: 500})
	h.ok(err)
	at := slices.IndexFunc(all, func(r task.Task) bool {
		return p.serials[r.EnrollmentID] == t.Serial && r.Run == t.Run && r.Round == t.Round && r.Step == t.Step
	})
	id := all[at].ID
	switch what {
	case "edit":
		due := h.clock.Now().Add(ahead)
		h.say("task %s of contact %d gets the date %s", t.Step, p.n, due)
		h.do(func(ctx context.Context) error {
			_, err := h.app.Tasks.Update(ctx, h.account, id, task.Patch{DueAt: &due}, "test")
			return err
		})
		p.world.EditTask(n, due)
	case "complete":
		h.say("task %s of contact %d is completed", t.Step, p.n)
		h.do(func(ctx context.Context) error {
			_, err := h.app.Tasks.Complete(ctx, h.account, []int64{id}, "test")
			return err
		})
		p.world.CompleteTask(n)
	case "delete":
		h.say("task %s of contact %d is deleted", t.Step, p.n)
		h.do(func(ctx context.Context) error {
			_, err := h.app.Tasks.Delete(ctx, h.account, []int64{id}, "test")
			return err
		})
		p.world.DeleteTask(n)
	}
}

// leaves deletes the contact.
func (h *history) leaves(p *person) {
	h.say("contact %d is deleted", p.n)
	h.do(func(ctx context.Context) error {
		_, err := h.app.Contacts.Delete(ctx, h.account, []int64{p.id}, "test")
		return err
	})
	p.world.Leave()
	p.gone = true
}
