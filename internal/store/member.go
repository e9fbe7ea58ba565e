package store

import (
	"context"
	"database/sql"

	"tactus/internal/account"
)

// EnsureUser implements account.Store.
func (db *DB) EnsureUser(ctx context.Context, u account.User) (int64, error) {
	if _, err := db.exec(ctx, `INSERT INTO app_user (email, first_name, last_name, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (email) DO NOTHING`, u.Email, u.FirstName, u.LastName, milli(u.CreatedAt)); err != nil {
		return 0, err
	}
	found, err := db.UserByEmail(ctx, u.Email)
	return found.ID, err
}

// UserByEmail implements account.Store.
func (db *DB) UserByEmail(ctx context.Context, email string) (account.User, error) {
	u := account.User{Email: email}
	var created int64
	err := db.get(ctx, `SELECT id, first_name, last_name, created_at FROM app_user WHERE email = $1`, []any{email},
		&u.ID, &u.FirstName, &u.LastName, &created)
	u.CreatedAt = fromMilli(created)
	return u, orNotFound(err, "user")
}

// SaveUser implements account.Store.
func (db *DB) SaveUser(ctx context.Context, u account.User) error {
	db.changed(ctx)
	if _, err := db.exec(ctx, `UPDATE account SET rev = rev + 1 WHERE id IN (SELECT account_id FROM membership WHERE user_id = $1)`, u.ID); err != nil {
		return err
	}
	n, err := db.exec(ctx, `UPDATE app_user SET first_name = $1, last_name = $2 WHERE id = $3`, u.FirstName, u.LastName, u.ID)
	return one(n, err, "user")
}

// AddMember implements account.Store.
func (db *DB) AddMember(ctx context.Context, m account.Member) error {
	_, err := db.exec(ctx, `INSERT INTO membership (account_id, user_id, role, phone, zone, signature, active, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, m.AccountID, m.ID, string(m.Role), m.Phone, m.Zone, m.Signature, m.Active, milli(m.CreatedAt))
	if err != nil {
		return orTaken(err, "%s is a member of this account already", m.Email)
	}
	return db.bump(ctx, m.AccountID)
}

const memberQuery = `SELECT u.id, u.email, u.first_name, u.last_name, u.created_at, m.account_id, m.role, m.phone, m.zone, m.signature, m.active
	FROM membership m JOIN app_user u ON u.id = m.user_id WHERE m.account_id = $1`

func scanMember(scan scanFunc) (m account.Member, err error) {
	var created int64
	err = scan(&m.ID, &m.Email, &m.FirstName, &m.LastName, &created, &m.AccountID, &m.Role, &m.Phone, &m.Zone, &m.Signature, &m.Active)
	m.CreatedAt = fromMilli(created)
	return m, err
}

// Members implements account.Store.
func (db *DB) Members(ctx context.Context, acct int64) ([]account.Member, error) {
	return list(ctx, db, memberQuery+` ORDER BY u.first_name, u.last_name, u.email`, []any{acct}, scanMember)
}

// Member implements account.Store.
func (db *DB) Member(ctx context.Context, acct, user int64) (account.Member, error) {
	return single(ctx, db, "user", memberQuery+` AND m.user_id = $2`, []any{acct, user}, scanMember)
}

// SaveMember implements account.Store.
func (db *DB) SaveMember(ctx context.Context, m account.Member) error {
	n, err := db.exec(ctx, `UPDATE membership SET role = $1, phone = $2, zone = $3, signature = $4, active = $5 WHERE account_id = $6 AND user_id = $7`,
		string(m.Role), m.Phone, m.Zone, m.Signature, m.Active, m.AccountID, m.ID)
	if err := one(n, err, "user"); err != nil {
		return err
	}
	return db.bump(ctx, m.AccountID)
}

// RemoveMember implements account.Store.
func (db *DB) RemoveMember(ctx context.Context, acct, user int64) error {
	n, err := db.exec(ctx, `DELETE FROM membership WHERE account_id = $1 AND user_id = $2`, acct, user)
	if err := one(n, err, "user"); err != nil {
		return err
	}
	return db.bump(ctx, acct)
}

// CreatePartner implements account.Store.
func (db *DB) CreatePartner(ctx context.Context, p account.Partner) (int64, error) {
	id, err := db.insert(ctx, `INSERT INTO partner (account_id, name, email, phone, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		p.AccountID, p.Name, p.Email, p.Phone, milli(p.CreatedAt))
	if err != nil {
		return 0, orTaken(err, "there is a partner with the email address %s already", p.Email)
	}
	return id, db.bump(ctx, p.AccountID)
}

const partnerQuery = `SELECT id, account_id, name, email, phone, created_at FROM partner WHERE account_id = $1`

func scanPartner(scan scanFunc) (p account.Partner, err error) {
	var created int64
	err = scan(&p.ID, &p.AccountID, &p.Name, &p.Email, &p.Phone, &created)
	p.CreatedAt = fromMilli(created)
	return p, err
}

// Partners implements account.Store.
func (db *DB) Partners(ctx context.Context, acct int64) ([]account.Partner, error) {
	return list(ctx, db, partnerQuery+` ORDER BY name, id`, []any{acct}, scanPartner)
}

// Partner implements account.Store.
func (db *DB) Partner(ctx context.Context, acct, id int64) (account.Partner, error) {
	return single(ctx, db, "partner", partnerQuery+` AND id = $2`, []any{acct, id}, scanPartner)
}

// SavePartner implements account.Store.
func (db *DB) SavePartner(ctx context.Context, p account.Partner) error {
	n, err := db.exec(ctx, `UPDATE partner SET name = $1, email = $2, phone = $3 WHERE account_id = $4 AND id = $5`, p.Name, p.Email, p.Phone, p.AccountID, p.ID)
	if err := one(n, orTaken(err, "there is a partner with the email address %s already", p.Email), "partner"); err != nil {
		return err
	}
	return db.bump(ctx, p.AccountID)
}

// DeletePartner implements account.Store. Tasks of the partner go to the account owner.
func (db *DB) DeletePartner(ctx context.Context, acct, id int64) error {
	if _, err := db.exec(ctx, `UPDATE task SET partner_id = 0, user_id = (SELECT owner_id FROM account WHERE id = $1)
		WHERE account_id = $1 AND partner_id = $2 AND status = 'open'`, acct, id); err != nil {
		return err
	}
	n, err := db.exec(ctx, `DELETE FROM partner WHERE account_id = $1 AND id = $2`, acct, id)
	if err := one(n, err, "partner"); err != nil {
		return err
	}
	return db.bump(ctx, acct)
}

// CreateKey implements account.Store.
func (db *DB) CreateKey(ctx context.Context, k account.Key, hash string) (int64, error) {
	return db.insert(ctx, `INSERT INTO api_key (account_id, name, prefix, hash, scopes, user_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		k.AccountID, k.Name, k.Prefix, hash, toJSON(k.Scopes), k.UserID, milli(k.CreatedAt))
}

type keyRow struct {
	account.Key
	hash string
}

const keyQuery = `SELECT id, account_id, name, prefix, hash, scopes, user_id, created_at, revoked_at FROM api_key`

func scanKey(scan scanFunc) (k keyRow, err error) {
	var scopes string
	var created int64
	var revoked sql.NullInt64
	if err := scan(&k.ID, &k.AccountID, &k.Name, &k.Prefix, &k.hash, &scopes, &k.UserID, &created, &revoked); err != nil {
		return k, err
	}
	k.CreatedAt, k.RevokedAt = fromMilli(created), fromNull(revoked)
	return k, fromJSON(scopes, &k.Scopes)
}

// KeyByPrefix implements account.Store.
func (db *DB) KeyByPrefix(ctx context.Context, prefix string) (account.Key, string, error) {
	k, err := single(ctx, db, "API key", keyQuery+` WHERE prefix = $1`, []any{prefix}, scanKey)
	return k.Key, k.hash, err
}

// Keys implements account.Store.
func (db *DB) Keys(ctx context.Context, acct int64) ([]account.Key, error) {
	return list(ctx, db, keyQuery+` WHERE account_id = $1 ORDER BY id DESC`, []any{acct}, func(scan scanFunc) (account.Key, error) {
		k, err := scanKey(scan)
		return k.Key, err
	})
}

// RevokeKey implements account.Store.
func (db *DB) RevokeKey(ctx context.Context, k account.Key) error {
	n, err := db.exec(ctx, `UPDATE api_key SET revoked_at = COALESCE(revoked_at, $1) WHERE account_id = $2 AND id = $3`, milli(k.RevokedAt), k.AccountID, k.ID)
	return one(n, err, "API key")
}
