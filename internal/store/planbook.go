package store

import (
	"context"
	"time"

	"tactus/internal/account"
	"tactus/internal/plan"
	"tactus/internal/planbook"
)

var _ planbook.Store = (*DB)(nil)

const planColumns = `id, account_id, name, kind, ready, archived, version_id, number, next_step, problem, created_at, updated_at`

func scanHead(scan scanFunc) (h planbook.Head, err error) {
	var next int
	var created, updated int64
	err = scan(&h.ID, &h.AccountID, &h.Name, &h.Kind, &h.Ready, &h.Archived, &h.VersionID, &h.Number, &next, &h.Problem, &created, &updated)
	h.Steps, h.CreatedAt, h.UpdatedAt = next-1, fromMilli(created), fromMilli(updated)
	return h, err
}

// PlanHeads implements planbook.Store.
func (db *DB) PlanHeads(ctx context.Context, acct int64) ([]planbook.Head, error) {
	return list(ctx, db, `SELECT `+planColumns+` FROM plan WHERE account_id = $1 ORDER BY name`, []any{acct}, scanHead)
}

// PlanHead implements planbook.Store.
func (db *DB) PlanHead(ctx context.Context, acct, id int64) (planbook.Head, error) {
	return single(ctx, db, "plan", `SELECT `+planColumns+` FROM plan WHERE account_id = $1 AND id = $2`, []any{acct, id}, scanHead)
}

// InsertPlan implements planbook.Store.
func (db *DB) InsertPlan(ctx context.Context, p plan.Plan, steps int) (int64, error) {
	id, err := db.insert(ctx, `INSERT INTO plan (account_id, name, kind, ready, archived, version_id, number, next_step, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		p.AccountID, p.Name, string(p.Kind), p.Ready, p.Archived, p.VersionID, p.Number, steps+1, milli(p.CreatedAt), milli(p.UpdatedAt))
	if err != nil {
		return 0, orTaken(err, "there is a plan %q already", p.Name)
	}
	return id, db.bump(ctx, p.AccountID)
}

// UpdatePlan implements planbook.Store.
func (db *DB) UpdatePlan(ctx context.Context, p plan.Plan, steps int) error {
	n, err := db.exec(ctx, `UPDATE plan SET name = $1, kind = $2, ready = $3, archived = $4, version_id = $5, number = $6, next_step = $7, updated_at = $8
		WHERE account_id = $9 AND id = $10`,
		p.Name, string(p.Kind), p.Ready, p.Archived, p.VersionID, p.Number, steps+1, milli(p.UpdatedAt), p.AccountID, p.ID)
	if err := one(n, orTaken(err, "there is a plan %q already", p.Name), "plan"); err != nil {
		return err
	}
	return db.bump(ctx, p.AccountID)
}

// DeletePlan implements planbook.Store.
func (db *DB) DeletePlan(ctx context.Context, acct, id int64) error {
	for _, table := range []string{"plan_version", "plan_ref", "start_rule", "plan_count", "start_count"} {
		if _, err := db.exec(ctx, `DELETE FROM `+table+` WHERE account_id = $1 AND plan_id = $2`, acct, id); err != nil {
			return err
		}
	}
	n, err := db.exec(ctx, `DELETE FROM plan WHERE account_id = $1 AND id = $2`, acct, id)
	if err := one(n, err, "plan"); err != nil {
		return err
	}
	return db.bump(ctx, acct)
}

// InsertVersion implements planbook.Store.
func (db *DB) InsertVersion(ctx context.Context, v *plan.Version) (int64, error) {
	return db.insert(ctx, `INSERT INTO plan_version (account_id, plan_id, number, document, refs, private, author, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		v.AccountID, v.PlanID, v.Number, toJSON(v.Document), toJSON(v.Refs), v.Private, v.Author, milli(v.CreatedAt))
}

const versionColumns = `id, account_id, plan_id, number, document, refs, private, author, created_at`

func scanPlanVersion(scan scanFunc) (*plan.Version, error) {
	v := &plan.Version{}
	var document, refs string
	var created int64
	if err := scan(&v.ID, &v.AccountID, &v.PlanID, &v.Number, &document, &refs, &v.Private, &v.Author, &created); err != nil {
		return nil, err
	}
	v.CreatedAt = fromMilli(created)
	if err := fromJSON(document, &v.Document); err != nil {
		return nil, err
	}
	return v, fromJSON(refs, &v.Refs)
}

// VersionsByID implements planbook.Store.
func (db *DB) VersionsByID(ctx context.Context, acct int64, versions []int64) ([]*plan.Version, error) {
	if len(versions) == 0 {
		return nil, nil
	}
	return list(ctx, db, `SELECT `+versionColumns+` FROM plan_version WHERE account_id = $1 AND id IN (SELECT CAST(j.value AS BIGINT) FROM {each $2}) ORDER BY id`,
		[]any{acct, ids(versions)}, scanPlanVersion)
}

// VersionByNumber implements planbook.Store.
func (db *DB) VersionByNumber(ctx context.Context, acct, planID int64, number int) (*plan.Version, error) {
	return single(ctx, db, "version of the plan", `SELECT `+versionColumns+` FROM plan_version
		WHERE account_id = $1 AND plan_id = $2 AND number = $3 AND NOT private`, []any{acct, planID, number}, scanPlanVersion)
}

// VersionHeads implements planbook.Store.
func (db *DB) VersionHeads(ctx context.Context, acct, planID int64) ([]planbook.VersionHead, error) {
	return list(ctx, db, `SELECT id, number, author, created_at FROM plan_version WHERE account_id = $1 AND plan_id = $2 AND NOT private ORDER BY number DESC`,
		[]any{acct, planID}, func(scan scanFunc) (v planbook.VersionHead, err error) {
			var created int64
			err = scan(&v.ID, &v.Number, &v.Author, &created)
			v.CreatedAt = fromMilli(created)
			return v, err
		})
}

// LabelNames implements planbook.Store.
func (db *DB) LabelNames(ctx context.Context, acct int64, kind account.LabelKind) ([]string, error) {
	return list(ctx, db, `SELECT name FROM label WHERE account_id = $1 AND kind = $2 ORDER BY position, id`, []any{acct, string(kind)}, scanText)
}

// TemplateHeads implements planbook.Store.
func (db *DB) TemplateHeads(ctx context.Context, acct int64) ([]planbook.Template, error) {
	return list(ctx, db, `SELECT id, name, channel, '', '', '' FROM template WHERE account_id = $1 ORDER BY name`, []any{acct}, scanTemplateFile)
}

// TemplatesNamed implements planbook.Store.
func (db *DB) TemplatesNamed(ctx context.Context, acct int64, given []string) ([]planbook.Template, error) {
	if len(given) == 0 {
		return nil, nil
	}
	return list(ctx, db, `SELECT id, name, channel, subject, body, html FROM template
		WHERE account_id = $1 AND name IN (SELECT j.value->>0 FROM {each $2}) ORDER BY name`, []any{acct, names(given)}, scanTemplateFile)
}

func scanTemplateFile(scan scanFunc) (t planbook.Template, err error) {
	return t, scan(&t.ID, &t.Name, &t.Channel, &t.Subject, &t.Body, &t.HTML)
}

// SaveTemplateFile implements planbook.Store.
func (db *DB) SaveTemplateFile(ctx context.Context, acct int64, t plan.Template, now time.Time) (int64, error) {
	id, err := db.insert(ctx, `INSERT INTO template (account_id, name, channel, subject, body, html, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		ON CONFLICT (account_id, name) DO UPDATE SET channel = excluded.channel, subject = excluded.subject, body = excluded.body,
			html = excluded.html, updated_at = excluded.updated_at RETURNING id`,
		acct, t.Name, t.Channel, t.Subject, t.Body, t.HTML, milli(now))
	if err != nil {
		return 0, err
	}
	return id, db.bump(ctx, acct)
}
