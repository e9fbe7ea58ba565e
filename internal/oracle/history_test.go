package oracle_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/fault"
	"tactus/internal/oracle"
	"tactus/internal/plan"
	"tactus/internal/planbook"
)

// history is one random life of one to three contacts on one or two plans, told to the model and to the engine.
type history struct {
	*rapid.T
	*rig
	ctx      context.Context //nolint:containedctx // a history is one call
	draws    drawer
	account  int64
	zone     *time.Location
	settings oracle.Settings
	people   []*person
	plans    map[string]int64
	newest   map[string]*oracle.Plan
	versions map[string]int64 // the newest ones
	drafts   map[string]bool
	two      bool
	crashed  bool // what happened last happened twice
	calm     bool // nothing happens by chance
	deaf     bool // the answer of an operation that went well is lost
	dies     *int // how often the next operation looks at its context before it dies
	script   []oracle.Answer
	story    []string
}

// person is one contact, real and in the model.
type person struct {
	n       int
	id      int64
	email   string
	world   *oracle.World
	event   event.Event
	seen    int64 // the newest history row that was compared
	logged  int   // the model's lines that were compared
	serials map[int64]int
	gone    bool // deleted
}

func (h *history) say(format string, args ...any) {
	h.story = append(h.story, h.clock.Now().Format("2006-01-02T15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// differ fails with the whole history, readably.
func (h *history) differ(format string, args ...any) {
	h.Fatalf("%s\n\naccount zone %s, the carrier says %v\n%s\n", fmt.Sprintf(format, args...), h.zone, h.script, strings.Join(h.story, "\n"))
}

func (h *history) ok(err error) {
	if err != nil {
		h.differ("%v", err)
	}
}

// live makes a history of so many happenings and holds the two tellings against each other after each.
func live(t *rapid.T, r *rig, ctx context.Context) {
	h := &history{T: t, rig: r, ctx: ctx, plans: map[string]int64{}, newest: map[string]*oracle.Plan{}, versions: map[string]int64{}, drafts: map[string]bool{}}
	r.clock.Set(drawStart(t))
	h.zone = zone(pick(t, "account zone", zones...))
	h.settings = drawSettings(t)
	h.say("%s", h.settings)
	h.script = drawAnswers(t)
	r.carrier.begin(r.clock, h.answer)
	var err error
	h.account, err = r.account(ctx, h.zone.String(), h.settings)
	h.ok(err)
	defer h.leave()
	h.two = chance(t, "two plans", 3)
	h.draws.two = h.two
	h.furnish()
	for range number(t, "happenings", 3, 25) {
		h.happen()
		for _, p := range h.people {
			h.compare(p)
		}
	}
}

func (h *history) answer(n int) oracle.Answer { return h.script[n%len(h.script)] }

// leave takes everybody off the plans, so that nothing of this history is due in the next.
func (h *history) leave() {
	for _, p := range h.people {
		if _, err := h.app.Runs.Do(context.WithoutCancel(h.ctx), h.account, enroll.CmdRemove, enroll.Selection{Contacts: []int64{p.id}}, "test", 0); err != nil {
			h.Logf("leaving: %v", err)
		}
	}
}

func (h *history) furnish() {
	names := []string{"A"}
	if h.two {
		names = append(names, "B")
	}
	dated := false
	var plans []*oracle.Plan
	for _, name := range names {
		p := h.draws.plan(h.T, name, h.clock.Now(), h.zone)
		dated = dated || p.Event
		plans = append(plans, p)
	}
	if !h.apply(plans...) { // a circle (PLAN-14)
		for _, p := range plans {
			uncircled(p)
		}
		if !h.apply(plans...) {
			h.differ("the plans are refused: %v", plans)
		}
	}
	n := 1
	if chance(h.T, "several contacts", 3) {
		n = number(h.T, "contacts", 2, 3)
	}
	if h.sendings = nil; n == 1 && !h.two && chance(h.T, "limit", 5) { // who has which turn in a line is not told
		l := oracle.Limit{Max: number(h.T, "most", 1, 2), Per: time.Duration(pick(h.T, "per hours", 24, 1)) * time.Hour}
		h.settings.Limit, h.sendings = l, map[time.Duration]int{l.Per: l.Max}
		h.say("%s", h.settings)
	}
	for i, a := range h.script {
		if n > 1 && a == oracle.Down { // whose failures are in a row would be nobody's promise
			h.script[i] = oracle.Later
		}
	}
	for i := range n {
		h.person(i, dated, !chance(h.T, "never asked", 12))
	}
}

// apply makes plans ready; false when the rules for plans refuse them.
func (h *history) apply(plans ...*oracle.Plan) bool {
	files := make([]*plan.File, len(plans))
	for i, p := range plans {
		files[i] = h.file(p)
	}
	applied, err := h.app.Plans.Apply(h.ctx, h.account, files, planbook.ApplyOptions{ApplyTo: planbook.NewRuns, Author: "test"})
	if fault.Is(err, fault.Invalid) {
		return false
	}
	h.ok(err)
	for i, p := range plans {
		h.say("%s", p)
		h.plans[p.Name], h.newest[p.Name], h.versions[p.Name] = applied.Files[i].ID, p, applied.Files[i].Saved.Plan.VersionID
	}
	return true
}

func (h *history) file(p *oracle.Plan) *plan.File {
	f, problems := plan.Load(p.Name+".yaml", []byte(p.File()), h.app.Actions)
	if len(problems) > 0 {
		h.differ("not a plan: %v\n%s", problems, p.File())
	}
	return f
}

// save writes a version; false when the rules for plans refuse it, or nothing has changed.
func (h *history) save(p *oracle.Plan, to planbook.ApplyTo) bool {
	f, was := h.file(p), h.versions[p.Name]
	var saved *planbook.Saved
	err := h.try(func(ctx context.Context) (err error) {
		saved, err = h.app.Plans.Save(ctx, h.account, f.Document, planbook.SaveOptions{ID: h.plans[p.Name], ApplyTo: to, Author: "test"})
		return err
	})
	if fault.Is(err, fault.Invalid) {
		return false
	}
	h.ok(err)
	h.say("save for %s: %s", to, p)
	h.newest[p.Name], h.versions[p.Name] = p, saved.Plan.VersionID
	return saved.Plan.VersionID != was
}

func (h *history) person(n int, dated, consents bool) {
	z := pick(h.T, "zone", append(zones, "")...)
	p := &person{n: n, email: fmt.Sprintf("ann%d@example.com", n), serials: map[int64]int{}}
	p.world = &oracle.World{
		Now: h.clock.Now(), AccountZone: h.zone, Plans: map[string]*oracle.Plan{}, Drafts: h.drafts,
		Settings: h.settings,
	}
	if z != "" {
		p.world.Zone = zone(z)
	}
	for name, pl := range h.newest {
		p.world.Plans[name] = pl
	}
	lead := contact.Lead{
		Contact:  contact.Contact{FirstName: "Ann", Zone: z, Emails: []contact.Email{{Address: p.email}}},
		Consents: []contact.Consent{{Channel: channel.Email, Act: contact.Grant, Basis: "express", Method: "hand"}},
	}
	if !consents {
		lead.Consents, p.world.Bars.NoConsent = nil, true
	}
	if chance(h.T, "tagged", 2) {
		lead.Tags = []string{oracle.Tag}
	}
	res, err := h.app.Contacts.Upsert(h.ctx, h.account, lead, "test")
	h.ok(err)
	p.id = res.ID
	p.world.SetTag(len(lead.Tags) > 0)
	if dated {
		p.world.Event, p.world.EveryYear = h.clock.Now().Add(drawAhead(h.T)), chance(h.T, "every year", 4)
		p.event, err = h.app.Events.Create(h.ctx, event.Event{
			AccountID: h.account, Title: "Closing", Kind: "closing", ContactID: p.id, At: p.world.Event, Yearly: p.world.EveryYear,
		}, "test")
		h.ok(err)
	}
	h.people = append(h.people, p)
	h.say("contact %d in %q, tagged %t, event %s, every year %t", n, z, p.world.Tagged, p.world.Event, p.world.EveryYear)
	for _, name := range h.names() {
		if f := h.newest[name].Field; f != "" && chance(h.T, "known", 2) {
			h.drawsField(p, f, true)
		}
	}
	for _, name := range h.names() {
		if name == "A" || chance(h.T, "both", 2) {
			h.assign(p, name)
		}
	}
}
