package store

import (
	"context"

	"tactus/internal/account"
	"tactus/internal/fault"
)

var _ account.Store = (*DB)(nil)

const accountColumns = `name, zone, country, phone, email, website, postal, owner_id, settings`

func accountArgs(a account.Account) []any {
	return []any{a.Name, a.Zone, a.Country, a.Phone, a.Email, a.Website, a.Postal, a.OwnerID, toJSON(a.Settings)}
}

// CreateAccount implements account.Store.
func (db *DB) CreateAccount(ctx context.Context, a account.Account) (int64, error) {
	return db.insert(ctx, `INSERT INTO account (`+accountColumns+`, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		append(accountArgs(a), milli(a.CreatedAt))...)
}

// Account implements account.Store.
func (db *DB) Account(ctx context.Context, id int64) (account.Account, error) {
	a := account.Account{ID: id}
	var settings string
	var created int64
	err := db.get(ctx, `SELECT `+accountColumns+`, rev, created_at FROM account WHERE id = $1`, []any{id},
		&a.Name, &a.Zone, &a.Country, &a.Phone, &a.Email, &a.Website, &a.Postal, &a.OwnerID, &settings, &a.Rev, &created)
	if err != nil {
		return a, orNotFound(err, "account")
	}
	a.CreatedAt = fromMilli(created)
	a.Settings, err = account.ReadSettings(settings)
	return a, err
}

// UpdateAccount implements account.Store.
func (db *DB) UpdateAccount(ctx context.Context, a account.Account) error {
	db.changed(ctx)
	n, err := db.exec(ctx, `UPDATE account SET name = $1, zone = $2, country = $3, phone = $4, email = $5, website = $6, postal = $7,
		owner_id = $8, settings = $9, rev = rev + 1 WHERE id = $10`, append(accountArgs(a), a.ID)...)
	return one(n, err, "account")
}

// AccountIDs implements account.Store.
func (db *DB) AccountIDs(ctx context.Context) ([]int64, error) {
	return list(ctx, db, `SELECT id FROM account ORDER BY id`, nil, scanID)
}

const accountRev = `SELECT rev FROM account WHERE id = $1`

// AccountRev returns the account's revision, which grows with every change that snapshots must not miss.
func (db *DB) AccountRev(ctx context.Context, id int64) (rev int64, err error) {
	return db.known(ctx).rev(id, func() (int64, error) {
		return rev, orNotFound(db.get(ctx, accountRev, []any{id}, &rev), "account")
	})
}

// bump marks that what snapshots of the account hold has changed.
func (db *DB) bump(ctx context.Context, id int64) error {
	db.changed(ctx)
	return db.later(ctx, `UPDATE account SET rev = rev + 1 WHERE id = $1`, id)
}

// PlansUsing implements account.Store.
func (db *DB) PlansUsing(ctx context.Context, acct int64, kind string, id int64) ([]string, error) {
	return list(ctx, db, `SELECT name FROM plan WHERE account_id = $1 AND id IN (
			SELECT plan_id FROM plan_ref WHERE account_id = $1 AND kind = $2 AND ref_id = $3
			UNION SELECT plan_id FROM start_rule WHERE account_id = $1 AND kind = $2 AND ref_id = $3) ORDER BY name`,
		[]any{acct, kind, id}, scanText)
}

func scanID(scan scanFunc) (id int64, err error)   { return id, scan(&id) }
func scanText(scan scanFunc) (s string, err error) { return s, scan(&s) }

// one turns "no row was changed" into fault.NotFound.
func one(n int64, err error, what string) error {
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "there is no such %s", what)
	}
	return err
}
