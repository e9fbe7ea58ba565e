package enroll

import (
	"context"
	"strconv"
	"strings"
	"time"

	"tactus/internal/contact"
)

// batch is one set of enrollments of one account on the move, in one transaction. What Advance may ask is loaded once
// for all of them, when it is first asked; equal cases are advanced once (DEC-5).
type batch struct {
	s        *Service
	ctx      context.Context //nolint:containedctx // the batch lives within one call; Env has no context of its own
	account  *Account
	now      time.Time
	author   string
	rows     []Row
	programs map[int64]*Program
	bad      map[int64]error
	events   map[int64]DatedEvent

	full   map[int64]*contact.Contact
	gates  map[string]map[int64]GateFacts
	onPlan map[int64]map[int64]Standing

	memo   map[string]memoized
	writes Writes
}

type memoized struct {
	move  Move
	group int
}

func (s *Service) batch(ctx context.Context, account int64, rows []Row) (*batch, error) {
	b := &batch{
		s: s, ctx: ctx, now: s.clock.Now(), rows: rows,
		gates: map[string]map[int64]GateFacts{}, memo: map[string]memoized{},
	}
	var err error
	if b.account, err = s.Account(ctx, account); err != nil {
		return nil, err
	}
	versions, contacts, events := map[int64]bool{}, []int64{}, []int64{}
	var vids []int64
	for i := range rows {
		r := &rows[i]
		if !versions[r.VersionID] {
			versions[r.VersionID] = true
			vids = append(vids, r.VersionID)
		}
		contacts = append(contacts, r.ContactID)
		if r.EventID != 0 {
			events = append(events, r.EventID)
		}
	}
	if b.programs, b.bad, err = s.Programs(ctx, account, vids); err != nil {
		return nil, err
	}
	if len(events) > 0 {
		if b.events, err = s.store.Events(ctx, account, events); err != nil {
			return nil, err
		}
	}
	if err := b.loadTags(contacts); err != nil {
		return nil, err
	}
	b.writes = Writes{Account: account, Now: b.now}
	return b, nil
}

// loadTags loads which of the tags that the batch's versions name each contact has.
func (b *batch) loadTags(contacts []int64) error {
	seen := map[int64]bool{}
	var tags []int64
	for _, p := range b.programs {
		for _, id := range p.Refs.Tags {
			if !seen[id] {
				seen[id] = true
				tags = append(tags, id)
			}
		}
	}
	if len(tags) == 0 {
		return nil
	}
	has, err := b.s.store.TagsOf(b.ctx, b.account.ID, contacts, tags)
	if err != nil {
		return err
	}
	for i := range b.rows {
		b.rows[i].Facts.Tags = has[b.rows[i].ContactID]
	}
	return nil
}

// advance answers from the memo when an equal case was advanced before, and returns the group of its writes.
func (b *batch) advance(ctx context.Context, r *Row, p *Program, ev Event) (Move, int, error) {
	_, tick := ev.(Tick)
	shared := tick && !p.NeedsContact && p.Document.DateField == "" && r.EventID == 0
	key := ""
	if shared {
		key = caseKey(r)
		if m, ok := b.memo[key]; ok {
			return m.move, m.group, nil
		}
	}
	st, err := DecodeState(r.Raw)
	if err != nil {
		return Move{}, 0, err
	}
	before := r.Enrollment
	before.State = st
	env := &env{b: b, row: r, p: p, facts: r.Facts}
	m, err := guarded(before, p, ev, b.now, env)
	if err != nil {
		return Move{}, 0, err
	}
	if len(b.rows) == 1 {
		b.rows[0].State = m.After.State
	}
	group := len(b.writes.Groups)
	b.writes.Groups = append(b.writes.Groups, WriteGroup{
		Before: before.Status, After: m.After, Raw: EncodeState(m.After.State), Move: m,
	})
	if shared && !env.personal {
		b.memo[key] = memoized{m, group}
	}
	return m, group, nil
}

func (b *batch) add(r *Row, group int) {
	b.writes.Rows = append(b.writes.Rows, WriteRow{ID: r.ID, Contact: r.ContactID, Plan: r.PlanID, Group: group})
}

// caseKey is equal for rows that Advance cannot tell apart.
func caseKey(r *Row) string {
	var k strings.Builder
	k.Grow(len(r.Raw) + 128)
	num := func(n int64) {
		k.WriteString(strconv.FormatInt(n, 36))
		k.WriteByte('|')
	}
	num(r.VersionID)
	num(r.PlanID)
	k.WriteString(string(r.Status))
	num(int64(r.Run))
	num(r.AssignedBy)
	num(int64(r.Lane))
	num(int64(r.Problems))
	num(r.Facts.Stage)
	num(r.Facts.Assigned)
	num(r.StartedAt.UnixMilli())
	k.WriteString(r.Facts.Zone)
	for _, h := range r.Holders {
		k.WriteByte('|')
		k.WriteString(string(h))
	}
	for _, id := range sortedIDs(r.Facts.Tags) {
		k.WriteByte('#')
		num(id)
	}
	k.WriteString(r.Raw)
	return k.String()
}
