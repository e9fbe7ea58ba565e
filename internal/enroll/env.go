package enroll

import (
	"maps"
	"slices"
	"time"

	"tactus/internal/action"
	"tactus/internal/calendar"
	"tactus/internal/contact"
	"tactus/internal/gate"
	"tactus/internal/merge"
	"tactus/internal/plan"
)

// env answers Advance's questions for one row of a batch.
type env struct {
	b     *batch
	row   *Row
	p     *Program
	facts contact.Facts // with the effects of this move's earlier steps
	// personal: an answer depended on the contact itself, so the move is this contact's alone.
	personal bool
	tagsOwn  bool
	started  map[int64]plan.Status // plans that this move's earlier steps started or paused
}

var _ Env = (*env)(nil)

// Zones implements Env.
func (e *env) Zones() (*time.Location, func(*Step) *time.Location) {
	return e.zone(), func(s *Step) *time.Location {
		in := e.input(s, Ask{AssignedBy: e.row.AssignedBy, Now: e.b.now})
		in.Render = func(text string) (string, error) { return text, nil }
		user := e.b.account.Responsible(e.facts.Assigned)
		for _, eff := range s.Action.Do(in).Effects {
			if task, ok := eff.(action.CreateTask); ok && task.Assignee.User != 0 {
				user = task.Assignee.User
			}
		}
		return e.b.account.UserZone(user)
	}
}

func (e *env) zone() *time.Location {
	if e.facts.Zone == "" {
		return e.b.account.Zone
	}
	z, err := calendar.Zone(e.facts.Zone)
	if err != nil {
		return e.b.account.Zone
	}
	return z
}

// Off implements Env.
func (e *env) Off(s *Step) bool {
	a := e.b.account
	return s.Info.Planned || a.ActionsOff[s.Step.Action] || s.Role.Channel != "" && a.Policy.ChannelsOff[s.Role.Channel]
}

// Stage implements Env.
func (e *env) Stage() int64 {
	id := e.p.Refs.Stages[e.p.Document.Stage]
	if id == e.facts.Stage || e.b.account.Labels[id] == "" {
		return 0
	}
	e.remember(action.ChangeContact{Stage: id})
	return id
}

// Condition implements Env.
func (e *env) Condition(s *Step, outcomes map[string]string) (bool, error) {
	e.personal = true
	data := e.data()
	steps := make(map[string]any, len(outcomes))
	for id, o := range outcomes {
		steps[id] = map[string]any{"outcome": o}
	}
	data["steps"] = steps
	return s.OnlyIf.Eval(data, e.options(merge.Plain))
}

// Gate implements Env.
func (e *env) Gate(s *Step, ask Ask) gate.Decision {
	req := gate.Request{
		Channel: s.Role.Channel, Class: gate.Plan, Now: ask.Now, Limit: ask.Limit, Enrollment: e.row.ID,
		RunActive: true, DueAtRunStart: ask.AtRunStart, BusinessHours: s.BusinessHours,
	}
	if s.Role.Channel != "" {
		e.personal = true
		req.AddressKind = e.b.s.gateKind(s.Role.Channel)
		req.Contact = GateContact(e.b.s.AddressKind(s.Role.Channel), e.b.gateFacts(s.Role.Channel)[e.row.ContactID])
	}
	return gate.Decide(&e.b.account.Policy, req)
}

// Do implements Env.
func (e *env) Do(s *Step, ask Ask) action.Outcome {
	in := e.input(s, ask)
	out := s.Action.Do(in)
	if out.Skip == "" && out.Fail == "" {
		for _, eff := range out.Effects {
			e.remember(eff)
		}
	}
	return out
}

func (e *env) input(s *Step, ask Ask) action.Input {
	a := e.b.account
	return action.Input{
		Account: a.ID, Contact: &e.facts, Refs: &e.p.Refs, StepID: s.ID, Now: ask.Now, Due: ask.Due, Round: ask.Round,
		Enrollment: e.row.ID, AssignedBy: ask.AssignedBy, Owner: a.Owner,
		Alive:  a.Alive,
		OnPlan: e.onPlan, OnNext: e.onNext,
		MayAssign: func(id int64) bool {
			e.personal = true
			return e.mayStart(id, "plan")
		},
		Render: func(text string) (string, error) {
			t, err := merge.Parse(text)
			if err != nil || t.Literal() {
				return text, err
			}
			e.personal = true
			res, err := t.Render(e.data(), e.options(merge.Plain))
			return res.Text, err
		},
	}
}

func (e *env) change(c action.ChangeContact) {
	if c.Stage != 0 {
		e.facts.Stage = c.Stage
	}
	if c.AssignUser != 0 {
		e.facts.Assigned = c.AssignUser
	}
	if c.UnassignUser {
		e.facts.Assigned = 0
	}
	if len(c.AddTags)+len(c.RemoveTags) > 0 {
		if !e.tagsOwn {
			e.facts.Tags, e.tagsOwn = maps.Clone(e.facts.Tags), true
			if e.facts.Tags == nil {
				e.facts.Tags = contact.TagSet{}
			}
		}
		for _, id := range c.AddTags {
			e.facts.Tags[id] = struct{}{}
		}
		for _, id := range c.RemoveTags {
			delete(e.facts.Tags, id)
		}
	}
	if e.facts.Full != nil {
		e.facts.Full = e.b.changed(e.facts)
	}
}

// Occurrence implements Env.
func (e *env) Occurrence(after time.Time) (time.Time, bool) {
	return nextOccurrence(e.dateSource(), after)
}

// Gone implements Env.
func (e *env) Gone() bool { return e.b.events[e.row.EventID].Deleted }

func (e *env) options(sink merge.Sink) merge.Options {
	return merge.Options{Sink: sink, Now: e.b.now, Zone: e.zone()}
}

// data are the merge fields of this row.
func (e *env) data() map[string]any {
	full := e.fullContact()
	d := MergeData(e.b.account, full, e.b.account.Responsible(e.facts.Assigned))
	d["plan"] = map[string]any{"name": e.p.Document.Name, "kind": string(e.p.Document.Kind)}
	st, err := DecodeState(e.row.Raw)
	if err == nil {
		d["event"] = EventData(e.b.events[e.row.EventID], st.Date.Time(), &e.p.Document, e.b.account.Zone, e.zone())
	}
	return d
}

func (e *env) fullContact() *contact.Contact {
	if e.facts.Full == nil {
		e.facts.Full = e.b.fullContacts()[e.row.ContactID]
		if e.facts.Full == nil {
			e.facts.Full = &contact.Contact{ID: e.row.ContactID, AccountID: e.b.account.ID}
		}
		e.facts.Full = e.b.changed(e.facts)
	}
	return e.facts.Full
}

// changed is the whole contact with the facts of this move laid over it.
func (b *batch) changed(f contact.Facts) *contact.Contact {
	c := *f.Full
	c.StageID, c.Stage = f.Stage, b.account.Labels[f.Stage]
	c.Assigned = f.Assigned
	known := map[string]bool{}
	for _, p := range b.programs {
		for name, id := range p.Refs.Tags {
			if n := b.account.Labels[id]; n != "" {
				name = n
			}
			known[name] = f.Tags.Has(id)
		}
	}
	var tags []string
	for _, t := range c.Tags {
		if has, named := known[t]; !named || has {
			tags = append(tags, t)
		}
		delete(known, t)
	}
	for _, t := range slices.Sorted(maps.Keys(known)) {
		if known[t] {
			tags = append(tags, t)
		}
	}
	c.Tags = tags
	return &c
}

func (b *batch) contacts() []int64 { return contactsOf(b.rows) }

func (b *batch) fullContacts() map[int64]*contact.Contact {
	if b.full == nil {
		full, err := b.s.store.FullContacts(b.ctx, b.account.ID, b.contacts())
		if err != nil {
			panic(loadError{err})
		}
		b.full = full
	}
	return b.full
}

func (b *batch) gateFacts(channel string) map[int64]GateFacts {
	if b.gates[channel] == nil {
		g, err := b.s.store.GateFacts(b.ctx, b.account.ID, channel, b.s.AddressKind(channel), b.contacts(), b.now.Add(-GateWindow(&b.account.Policy)))
		if err != nil {
			panic(loadError{err})
		}
		b.gates[channel] = g
	}
	return b.gates[channel]
}

func (b *batch) plansOf() map[int64]map[int64]Standing {
	if b.onPlan == nil {
		var plans []int64
		for _, p := range b.programs {
			for _, id := range p.Refs.Plans {
				plans = append(plans, id)
			}
		}
		on, err := b.s.store.PlansOf(b.ctx, b.account.ID, b.contacts(), plans)
		if err != nil {
			panic(loadError{err})
		}
		b.onPlan = on
	}
	return b.onPlan
}

func sortedIDs(s contact.TagSet) []int64 { return slices.Sorted(maps.Keys(s)) }
