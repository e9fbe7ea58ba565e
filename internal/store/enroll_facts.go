package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"tactus/internal/account"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/plan"
)

// TagsOf implements enroll.Store.
func (db *DB) TagsOf(ctx context.Context, acct int64, contacts, tags []int64) (map[int64]contact.TagSet, error) {
	out := map[int64]contact.TagSet{}
	err := db.each(ctx, ofAccount+`SELECT l.contact_id, l.label_id FROM s CROSS JOIN contact_label l
		WHERE l.account_id = s.account_id AND l.contact_id = s.id AND (CASE WHEN l.label_id IN (SELECT CAST(j.value AS BIGINT) FROM {each $3}) THEN TRUE END)`,
		[]any{acct, ids(sorted(contacts)), ids(tags)}, func(scan scanFunc) error {
			var id, tag int64
			err := scan(&id, &tag)
			if out[id] == nil {
				out[id] = contact.TagSet{}
			}
			out[id][tag] = struct{}{}
			return err
		})
	return out, err
}

// PlansOf implements enroll.Store. Of several enrollments on a plan dated by events, a live one counts, else the one that ended last.
func (db *DB) PlansOf(ctx context.Context, acct int64, contacts, plans []int64) (map[int64]map[int64]enroll.Standing, error) {
	rank := map[plan.Status]int{plan.Active: 3, plan.Paused: 2, plan.Completed: 1, plan.Stopped: 1}
	out := map[int64]map[int64]enroll.Standing{}
	err := db.each(ctx, ofAccount+`SELECT e.contact_id, e.plan_id, e.status, e.ended_at FROM s CROSS JOIN enrollment e
		WHERE e.account_id = s.account_id AND e.contact_id = s.id AND (CASE WHEN e.plan_id IN (SELECT CAST(j.value AS BIGINT) FROM {each $3}) THEN TRUE END)
		ORDER BY e.ended_at, e.id`,
		[]any{acct, ids(sorted(contacts)), ids(plans)}, func(scan scanFunc) error {
			var id, planID int64
			var s enroll.Standing
			var ended sql.NullInt64
			err := scan(&id, &planID, &s.Status, &ended)
			s.EndedAt = fromNull(ended)
			if out[id] == nil {
				out[id] = map[int64]enroll.Standing{}
			}
			if rank[s.Status] >= rank[out[id][planID].Status] {
				out[id][planID] = s
			}
			return err
		})
	return out, err
}

// Events implements enroll.Store.
func (db *DB) Events(ctx context.Context, acct int64, set []int64) (map[int64]enroll.DatedEvent, error) {
	out := map[int64]enroll.DatedEvent{}
	err := db.each(ctx, ofAccount+`SELECT ev.id, ev.title, ev.kind, ev.at, ev.yearly, ev.deleted
		FROM s CROSS JOIN event ev WHERE ev.id = s.id AND ev.account_id = s.account_id`, []any{acct, ids(set)}, func(scan scanFunc) error {
		var ev enroll.DatedEvent
		var at int64
		err := scan(&ev.ID, &ev.Title, &ev.Kind, &at, &ev.Yearly, &ev.Deleted)
		ev.At = fromMilli(at)
		out[ev.ID] = ev
		return err
	})
	return out, err
}

// NextEvents implements enroll.Store. A yearly event counts with its next occurrence.
func (db *DB) NextEvents(ctx context.Context, acct int64, contacts []int64, kind string, from time.Time) (map[int64]int64, error) {
	type next struct {
		event int64
		at    time.Time
	}
	best := map[int64]next{}
	const wanted = `(CASE WHEN ev.kind = $3 AND NOT ev.deleted AND (ev.at >= $4 OR ev.yearly) THEN TRUE END)`
	err := db.each(ctx, ofAccount+`SELECT ev.contact_id, ev.id, ev.at FROM s CROSS JOIN event ev
			WHERE ev.account_id = s.account_id AND ev.contact_id = s.id AND `+wanted+`
		UNION ALL SELECT l.contact_id, ev.id, ev.at FROM s CROSS JOIN contact_label l CROSS JOIN event ev
			WHERE l.account_id = s.account_id AND l.contact_id = s.id
				AND ev.account_id = s.account_id AND ev.group_id > 0 AND ev.group_id = l.label_id AND `+wanted,
		[]any{acct, ids(sorted(contacts)), kind, milli(from)}, func(scan scanFunc) error {
			var id, event, ms int64
			if err := scan(&id, &event, &ms); err != nil {
				return err
			}
			at := fromMilli(ms)
			for first, years := at, 1; at.Before(from); years++ {
				at = first.AddDate(years, 0, 0)
			}
			if b, ok := best[id]; !ok || at.Before(b.at) || at.Equal(b.at) && event < b.event {
				best[id] = next{event, at}
			}
			return nil
		})
	out := make(map[int64]int64, len(best))
	for id, b := range best {
		out[id] = b.event
	}
	return out, err
}

// Handing implements enroll.Store.
func (db *DB) Handing(ctx context.Context, acct int64, enrollments []int64) (map[int64]enroll.Handing, error) {
	out := map[int64]enroll.Handing{}
	err := db.each(ctx, ofAccount+`SELECT m.enrollment_id, m.id, m.run, m.address, m.handed_at FROM s CROSS JOIN message m
		WHERE m.account_id = s.account_id AND m.enrollment_id = s.id AND m.enrollment_id > 0 AND m.class = 'plan'
			AND (CASE WHEN m.status = 'handing' THEN TRUE END)
		ORDER BY m.id`, []any{acct, ids(sorted(enrollments))}, func(scan scanFunc) error {
		var id int64
		var h enroll.Handing
		var since sql.NullInt64
		err := scan(&id, &h.Message, &h.Run, &h.Address, &since)
		h.Since = fromNull(since)
		out[id] = h
		return err
	})
	return out, err
}

// GateFacts implements enroll.Store. Recent holds the messages of all channels: what counts together is the policy's choice.
func (db *DB) GateFacts(ctx context.Context, acct int64, channel, kind string, contacts []int64, since time.Time) (map[int64]enroll.GateFacts, error) {
	set := ids(sorted(contacts))
	out := make(map[int64]enroll.GateFacts, len(contacts))
	holders := map[string][]int64{} // by normalised address
	facts := read{ofAccount + `SELECT c.id, c.zone, c.country, c.state, c.zip, c.phone, c.email, c.street, c.line2, c.city, c.killed, c.updated_at, COALESCE(p.granted, FALSE), COALESCE(NOT p.granted, FALSE)
		FROM s CROSS JOIN contact c LEFT JOIN permission p ON p.account_id = c.account_id AND p.contact_id = c.id AND p.channel = $3
		WHERE c.id = s.id AND c.account_id = s.account_id`, []any{acct, set, channel}, func(scan scanFunc) error {
		var f enroll.GateFacts
		var id, changed int64
		var email, street, line2, city string
		if err := scan(&id, &f.Zone, &f.Country, &f.State, &f.Zip, &f.Phone, &email, &street, &line2, &city, &f.Kill, &changed, &f.Consent, &f.OptedOut); err != nil {
			return err
		}
		f.Changed = fromMilli(changed)
		switch kind {
		case contact.EmailAddress:
			f.Address = email
		case contact.PhoneAddress:
			f.Address = f.Phone
		default:
			f.Address = oneLine(street, line2, city, strings.TrimSpace(f.State+" "+f.Zip), f.Country)
		}
		if key := suppressionKey(kind, f.Address); key != "" {
			holders[key] = append(holders[key], id)
		}
		out[id] = f
		return nil
	}}
	if err := db.eachOf(ctx, facts, recent(acct, set, since, out)); err != nil {
		return nil, err
	}
	return out, db.suppressed(ctx, acct, channel, holders, out)
}

func oneLine(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	if len(kept) == 1 && kept[0] == parts[len(parts)-1] {
		return "" // a country alone is no address
	}
	return strings.Join(kept, ", ")
}

// suppressionKey is an address as suppression entries have it.
func suppressionKey(kind, address string) string {
	if kind == contact.EmailAddress {
		return account.NormalEmail(address)
	}
	return address
}

// suppressed marks the contacts whose address must not be written to. An entry of channel "*" holds for all.
func (db *DB) suppressed(ctx context.Context, acct int64, channel string, holders map[string][]int64, out map[int64]enroll.GateFacts) error {
	if len(holders) == 0 {
		return nil
	}
	addresses := make([]string, 0, len(holders))
	for a := range holders {
		addresses = append(addresses, a)
	}
	return db.each(ctx, `WITH a AS MATERIALIZED (
			SELECT j.value->>0 AS address, CAST($1 AS BIGINT) AS account_id, c.channel
			FROM {each $3} CROSS JOIN (SELECT CAST($2 AS TEXT) AS channel UNION SELECT '*') c)
		SELECT s.address, s.reason FROM a CROSS JOIN suppression s
		WHERE s.account_id = a.account_id AND s.channel = a.channel AND s.address = a.address`, []any{acct, channel, names(addresses)}, func(scan scanFunc) error {
		var address string
		var reason contact.Reason
		if err := scan(&address, &reason); err != nil {
			return err
		}
		for _, id := range holders[address] {
			f := out[id]
			switch reason {
			case contact.OptOut:
				f.OptedOut = true
			case contact.DoNotContact:
				f.DoNotContact = true
			case contact.Bounce, contact.Complaint:
				f.Suppressed = true
			default:
				f.Suppressed = true // when in doubt, a gate is closed
			}
			out[id] = f
		}
		return nil
	})
}

// recent adds the plans' messages that were handed over, or are being.
func recent(acct int64, set string, since time.Time, out map[int64]enroll.GateFacts) read {
	return read{ofAccount + `SELECT m.contact_id, m.handed_at, m.enrollment_id, m.channel FROM s CROSS JOIN message m
		WHERE m.account_id = s.account_id AND m.contact_id = s.id AND m.handed_at >= $3
			AND (CASE WHEN m.class = 'plan' AND m.status IN ('handing', 'accepted', 'uncertain') THEN TRUE END) ORDER BY m.handed_at, m.id`, []any{acct, set, milli(since)}, func(scan scanFunc) error {
		var id, at int64
		var r enroll.Recent
		if err := scan(&id, &at, &r.Enrollment, &r.Channel); err != nil {
			return err
		}
		r.At = fromMilli(at)
		if f, ok := out[id]; ok {
			f.Recent = append(f.Recent, r)
			out[id] = f
		}
		return nil
	}}
}
