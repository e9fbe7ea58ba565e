package store

import (
	"context"
	"maps"
	"slices"

	"tactus/internal/action"
	"tactus/internal/enroll"
	"tactus/internal/history"
)

// effectLine is one line of a contact's timeline that an effect makes.
type effectLine struct{ kind, outcome, detail string }

// effectLines are the lines of a contact change, with the names that labels have now.
func effectLines(eff enroll.Effect, labels map[int64]string) []effectLine {
	do, ok := eff.Do.(action.ChangeContact)
	if !ok {
		return nil
	}
	var lines []effectLine
	if do.Stage != 0 {
		lines = append(lines, effectLine{history.Stage, "entered", labels[do.Stage]})
	}
	what := map[string]any{}
	if len(do.AddTags) > 0 {
		what["tags_added"] = named(do.AddTags, labels)
	}
	if len(do.RemoveTags) > 0 {
		what["tags_removed"] = named(do.RemoveTags, labels)
	}
	if do.AssignUser != 0 {
		what["assigned_user"] = do.AssignUser
	}
	if do.UnassignUser {
		what["assigned_user"] = 0
	}
	if len(what) > 0 {
		lines = append(lines, effectLine{history.Contact, "updated", toJSON(what)})
	}
	if do.Note != "" {
		lines = append(lines, effectLine{history.Note, "", do.Note})
	}
	return lines
}

func named(set []int64, labels map[int64]string) []string {
	out := make([]string, len(set))
	for i, id := range set {
		out[i] = labels[id]
	}
	return out
}

// labelNames loads the names of the labels that a batch's effects name.
func (db *DB) labelNames(ctx context.Context, b *writeBatch) (map[int64]string, error) {
	var set []int64
	b.effects(func(_ int, _ *enroll.WriteGroup, eff enroll.Effect) {
		if do, ok := eff.Do.(action.ChangeContact); ok {
			set = append(append(set, do.AddTags...), do.RemoveTags...)
			if do.Stage != 0 {
				set = append(set, do.Stage)
			}
		}
	})
	if len(set) == 0 {
		return nil, nil
	}
	out := map[int64]string{}
	err := db.each(ctx, ofAccount+`SELECT l.id, l.name FROM s CROSS JOIN label l WHERE l.id = s.id AND l.account_id = s.account_id`,
		[]any{b.Account, ids(sorted(set))}, func(scan scanFunc) error {
			var id int64
			var name string
			err := scan(&id, &name)
			out[id] = name
			return err
		})
	return out, err
}

// contactChange is what the effects of a batch make of one contact; a later effect goes over an earlier one.
type contactChange struct {
	stage    int64
	assigned int64
	assign   bool
	tags     map[int64]bool // true: it has the tag
}

func (c *contactChange) apply(do action.ChangeContact) {
	if do.Stage != 0 {
		c.stage = do.Stage
	}
	if do.AssignUser != 0 || do.UnassignUser {
		c.assigned, c.assign = do.AssignUser, true
	}
	if c.tags == nil && len(do.AddTags)+len(do.RemoveTags) > 0 {
		c.tags = map[int64]bool{}
	}
	for _, id := range do.AddTags {
		c.tags[id] = true
	}
	for _, id := range do.RemoveTags {
		c.tags[id] = false
	}
}

// fields reports whether columns of the contact itself change.
func (c *contactChange) fields() bool { return c.stage != 0 || c.assign || len(c.tags) > 0 }

// changes sums the effects by contact. Contacts of one group share their change unless they are in the batch more than once.
func (b *writeBatch) changes() map[*contactChange][]int64 {
	byContact := map[int64]*contactChange{}
	shared := map[*contactChange]bool{}
	b.groups(func(n int, g *enroll.WriteGroup) {
		var ours *contactChange
		for _, eff := range g.Move.Effects {
			if do, ok := eff.Do.(action.ChangeContact); ok {
				if ours == nil {
					ours = &contactChange{}
				}
				ours.apply(do)
			}
		}
		if ours == nil || !ours.fields() {
			return
		}
		shared[ours] = true
		for _, r := range b.members[n] {
			was := byContact[r.Contact]
			if was == nil {
				byContact[r.Contact] = ours
				continue
			}
			sum := &contactChange{stage: was.stage, assigned: was.assigned, assign: was.assign, tags: maps.Clone(was.tags)}
			for _, eff := range g.Move.Effects {
				if do, ok := eff.Do.(action.ChangeContact); ok {
					sum.apply(do)
				}
			}
			byContact[r.Contact] = sum
		}
	})
	out := map[*contactChange][]int64{}
	for id, c := range byContact {
		out[c] = append(out[c], id)
	}
	return out
}

// changeContacts writes stages, assigned users and tags.
func (db *DB) changeContacts(ctx context.Context, b *writeBatch) error {
	fields, gained, lost := &sharedRows{}, &sharedRows{}, &sharedRows{}
	for c, contacts := range b.changes() {
		slices.Sort(contacts)
		fields.row().num(c.stage).num(c.assigned).flag(c.assign)
		fields.to(0, contacts)
		for _, tag := range slices.Sorted(maps.Keys(c.tags)) {
			if c.tags[tag] {
				gained.row().num(tag)
				gained.to(0, contacts)
			} else {
				lost.row().num(tag)
				lost.to(0, contacts)
			}
		}
	}
	if fields.empty() {
		return nil
	}
	err := db.later(ctx, `WITH g AS MATERIALIZED (
			SELECT CAST(j.value->>0 AS BIGINT) AS stage, CAST(j.value->>1 AS BIGINT) AS assigned, CAST(j.value->>2 AS BOOLEAN) AS assign, j.value->4 AS members
			FROM {each $2}),
		m AS MATERIALIZED (SELECT CAST(i.value AS BIGINT) AS id, CAST($1 AS BIGINT) AS account_id, g.stage, g.assigned, g.assign FROM g CROSS JOIN {inner g.members})
		UPDATE contact AS c SET stage_id = CASE WHEN m.stage > 0 THEN m.stage ELSE c.stage_id END,
			assigned_id = CASE WHEN m.assign THEN m.assigned ELSE c.assigned_id END, updated_at = $3
		FROM m WHERE c.id = +m.id AND c.account_id = +m.account_id`, b.Account, fields.String(), milli(b.Now))
	if err == nil && !gained.empty() {
		err = db.later(ctx, `INSERT INTO contact_label (account_id, contact_id, label_id)
			WITH g AS MATERIALIZED (SELECT CAST(j.value->>0 AS BIGINT) AS tag, j.value->2 AS members FROM {each $2})
			SELECT $1, CAST(i.value AS BIGINT), g.tag FROM g CROSS JOIN {inner g.members} WHERE TRUE ON CONFLICT DO NOTHING`, b.Account, gained.String())
	}
	if err == nil && !lost.empty() {
		err = db.later(ctx, `DELETE FROM contact_label WHERE (account_id, contact_id, label_id) IN (
			WITH g AS MATERIALIZED (SELECT CAST(j.value->>0 AS BIGINT) AS tag, j.value->2 AS members FROM {each $2})
			SELECT CAST($1 AS BIGINT), CAST(i.value AS BIGINT), g.tag FROM g CROSS JOIN {inner g.members})`, b.Account, lost.String())
	}
	return err
}
