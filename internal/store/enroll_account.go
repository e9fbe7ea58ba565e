package store

import (
	"context"
	"slices"
	"time"

	"tactus/internal/enroll"
	"tactus/internal/plan"
)

// LoadAccount implements enroll.Store. The revision is read first: what changes while the rest is read has a later one.
func (db *DB) LoadAccount(ctx context.Context, id int64) (*enroll.Account, error) {
	conf, err := db.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	a := &enroll.Account{
		ID: id, Rev: conf.Rev, Name: conf.Name, Phone: conf.Phone, Email: conf.Email, Website: conf.Website, Postal: conf.Postal,
		Zone: enroll.ZoneOf(conf.Zone, time.UTC), Country: conf.Country, Owner: conf.OwnerID, Policy: conf.Policy(), ActionsOff: map[string]bool{},
		Sender: conf.Settings.SenderAddress, SenderDomains: conf.Settings.Verified(), BaseURL: conf.Settings.BaseURL,
		FromAssigned: conf.Settings.FromAssignedUser, MaxStarts: conf.Settings.MaxStartsPerDay, Limits: conf.Settings.Limits.Windows(),
		Users: map[int64]enroll.User{}, Partners: map[int64]enroll.Partner{}, Plans: map[int64]enroll.Plan{},
		Templates: map[int64]enroll.Template{}, Rules: map[enroll.RuleKey][]int64{}, Labels: map[int64]string{},
	}
	for _, name := range conf.Settings.ActionsOff {
		a.ActionsOff[name] = true
	}
	for _, load := range []func(context.Context, *enroll.Account) error{db.loadPeople, db.loadPlans, db.loadTexts} {
		if err := load(ctx, a); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (db *DB) loadPeople(ctx context.Context, a *enroll.Account) error {
	members, err := db.Members(ctx, a.ID)
	if err != nil {
		return err
	}
	for _, m := range members {
		a.Users[m.ID] = enroll.User{
			ID: m.ID, Email: m.Email, FirstName: m.FirstName, LastName: m.LastName, Phone: m.Phone, Signature: m.Signature,
			Zone: enroll.ZoneOf(m.Zone, nil), Active: m.Active,
		}
	}
	partners, err := db.Partners(ctx, a.ID)
	for _, p := range partners {
		a.Partners[p.ID] = enroll.Partner{ID: p.ID, Name: p.Name, Email: p.Email, Phone: p.Phone}
	}
	return err
}

func (db *DB) loadPlans(ctx context.Context, a *enroll.Account) error {
	err := db.each(ctx, `SELECT id, name, ready, archived, version_id FROM plan WHERE account_id = $1`, []any{a.ID}, func(scan scanFunc) error {
		var p enroll.Plan
		err := scan(&p.ID, &p.Name, &p.Ready, &p.Archived, &p.VersionID)
		a.Plans[p.ID] = p
		return err
	})
	if err != nil {
		return err
	}
	return db.each(ctx, `SELECT r.kind, r.ref_id, r.event_kind, r.plan_id FROM start_rule r JOIN plan p ON p.id = r.plan_id
		WHERE r.account_id = $1 AND p.ready AND NOT p.archived ORDER BY r.plan_id`, []any{a.ID}, func(scan scanFunc) error {
		var k enroll.RuleKey
		var id int64
		err := scan(&k.Kind, &k.Ref, &k.EventKind, &id)
		a.Rules[k] = append(a.Rules[k], id)
		return err
	})
}

func (db *DB) loadTexts(ctx context.Context, a *enroll.Account) error {
	err := db.each(ctx, `SELECT id, name, channel, subject, body, html, on_empty = 'hold' FROM template WHERE account_id = $1`, []any{a.ID},
		func(scan scanFunc) error {
			var t enroll.Template
			err := scan(&t.ID, &t.Name, &t.Channel, &t.Subject, &t.Body, &t.HTML, &t.Hold)
			a.Templates[t.ID] = t
			return err
		})
	if err != nil {
		return err
	}
	return db.each(ctx, `SELECT id, name FROM label WHERE account_id = $1`, []any{a.ID}, func(scan scanFunc) error {
		var id int64
		var name string
		err := scan(&id, &name)
		a.Labels[id] = name
		return err
	})
}

// LoadVersions implements enroll.Store. A version whose document cannot be read is left out, so that it holds up its own
// enrollments alone (ENG-8).
func (db *DB) LoadVersions(ctx context.Context, acct int64, versions []int64) ([]*plan.Version, error) {
	all, err := list(ctx, db, ofAccount+`SELECT v.id, v.account_id, v.plan_id, v.number, v.document, v.refs, v.private, v.author, v.created_at
		FROM s CROSS JOIN plan_version v WHERE v.id = s.id AND v.account_id = s.account_id ORDER BY v.id`, []any{acct, ids(versions)},
		func(scan scanFunc) (*plan.Version, error) {
			read := false
			v, err := scanPlanVersion(func(dest ...any) error {
				err := scan(dest...)
				read = err == nil
				return err
			})
			if err != nil && read {
				return nil, nil
			}
			return v, err
		})
	return slices.DeleteFunc(all, func(v *plan.Version) bool { return v == nil }), err
}
