package oracle_test

import (
	"context"

	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/oracle"
	"tactus/internal/planbook"
)

func (h *history) patch(p *person, patch contact.Patch) {
	h.do(func(ctx context.Context) error {
		_, err := h.app.Contacts.Update(ctx, h.account, p.id, patch, "test")
		return err
	})
}

func (h *history) tag(p *person) {
	patch := contact.Patch{AddTags: []string{oracle.Tag}}
	if p.world.Tagged {
		patch = contact.Patch{RemoveTags: []string{oracle.Tag}}
	}
	h.say("contact %d tagged: %t", p.n, !p.world.Tagged)
	h.patch(p, patch)
	p.world.Tagged = !p.world.Tagged
}

func (h *history) optOut(p *person) {
	h.say("contact %d opted out: %t", p.n, !p.world.OptedOut)
	h.do(func(ctx context.Context) error {
		if p.world.OptedOut {
			_, err := h.app.Contacts.OptIn(ctx, h.account, channel.Email, p.email, contact.Consent{Basis: "express"}, "test")
			return err
		}
		return h.app.Contacts.OptOut(ctx, h.account, channel.Email, p.email, "", "test")
	})
	p.world.OptedOut = !p.world.OptedOut
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
	to := h.clock.Now().Add(drawAhead(h.T))
	if to.Equal(p.world.Event) {
		return
	}
	h.say("the event of contact %d moves to %s", p.n, to)
	h.do(func(ctx context.Context) error {
		e := p.event
		e.At = to
		_, err := h.app.Events.Update(ctx, e, "test")
		return err
	})
	p.world.MoveEvent(to)
}

func (h *history) edit() {
	name := pick(h.T, "plan", h.names()...)
	to := pick(h.T, "apply to", planbook.Everyone, planbook.Everyone, planbook.NewRuns)
	p := h.draws.edit(h.T, h.newest[name], h.clock.Now(), h.zone, h.two)
	if !h.save(p, to) {
		return
	}
	for _, who := range h.people {
		who.world.Edit(p, to == planbook.Everyone)
	}
}
