package store

import (
	"context"

	"tactus/internal/account"
)

// EnsureLabels implements account.Store.
func (db *DB) EnsureLabels(ctx context.Context, acct int64, kind account.LabelKind, names []string) (map[string]int64, error) {
	found, err := db.FindLabels(ctx, acct, kind, names)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var rows [][3]any
	for _, name := range names {
		key := account.NameKey(name)
		if _, ok := found[name]; !ok && !seen[key] {
			seen[key] = true
			rows = append(rows, [3]any{squeeze(name), key, len(rows) + 1})
		}
	}
	if len(rows) == 0 {
		return found, nil
	}
	// Somebody else may make the same label meanwhile: its row is as good.
	if _, err := db.exec(ctx, `INSERT INTO label (account_id, kind, name, name_key, position, created_at)
		SELECT $1, $2, j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT) +
			(SELECT COALESCE(MAX(position), 0) FROM label WHERE account_id = $1 AND kind = $2), {now}
		FROM {each $3} WHERE TRUE ORDER BY CAST(j.value->>2 AS BIGINT) ON CONFLICT (account_id, kind, name_key) DO NOTHING`, acct, string(kind), toJSON(rows)); err != nil {
		return nil, err
	}
	if err := db.bump(ctx, acct); err != nil {
		return nil, err
	}
	return db.FindLabels(ctx, acct, kind, names)
}

// FindLabels implements account.Store.
func (db *DB) FindLabels(ctx context.Context, acct int64, kind account.LabelKind, given []string) (map[string]int64, error) {
	if len(given) == 0 {
		return map[string]int64{}, nil
	}
	keys := make([]string, len(given))
	for i, name := range given {
		keys[i] = account.NameKey(name)
	}
	byKey := map[string]int64{}
	err := db.each(ctx, `SELECT name_key, id FROM label WHERE account_id = $1 AND kind = $2 AND name_key IN (SELECT j.value->>0 FROM {each $3})`,
		[]any{acct, string(kind), names(keys)}, func(scan scanFunc) error {
			var key string
			var id int64
			err := scan(&key, &id)
			byKey[key] = id
			return err
		})
	found := make(map[string]int64, len(given))
	for i, name := range given {
		if id := byKey[keys[i]]; id != 0 {
			found[name] = id
		}
	}
	return found, err
}

// Labels implements account.Store. Their counts may be a moment old where they are many.
func (db *DB) Labels(ctx context.Context, acct int64, kind account.LabelKind) ([]account.Label, error) {
	counts, err := tallied(ctx, db, tallyKey(acct, "labels", kind), func(ctx context.Context) (map[int64]int64, int64, error) {
		return db.countLabels(ctx, acct, kind)
	})
	if err != nil {
		return nil, err
	}
	order := `name_key`
	if kind == account.Stage {
		order = `position, id`
	}
	found, err := list(ctx, db, `SELECT id, account_id, kind, name, position, 0 FROM label WHERE account_id = $1 AND kind = $2 ORDER BY `+order,
		[]any{acct, string(kind)}, scanLabel)
	for i := range found {
		found[i].Contacts = counts[found[i].ID]
	}
	return found, err
}

// countLabels counts the contacts of each, and all of these.
func (db *DB) countLabels(ctx context.Context, acct int64, kind account.LabelKind) (counts map[int64]int64, all int64, err error) {
	count := `SELECT COUNT(*) FROM contact_label cl WHERE cl.account_id = l.account_id AND cl.label_id = l.id`
	switch kind {
	case account.Stage:
		count = `SELECT COUNT(*) FROM contact c WHERE c.account_id = l.account_id AND c.stage_id = l.id`
	case account.Source:
		count = `SELECT COUNT(*) FROM contact c WHERE c.account_id = l.account_id AND c.source_id = l.id`
	case account.Tag, account.Group:
	}
	counts = map[int64]int64{}
	err = db.each(ctx, `SELECT l.id, (`+count+`) FROM label l WHERE l.account_id = $1 AND l.kind = $2`, []any{acct, string(kind)}, func(scan scanFunc) error {
		var id, n int64
		err := scan(&id, &n)
		counts[id] = n
		all += n
		return err
	})
	return counts, all, err
}

func scanLabel(scan scanFunc) (l account.Label, err error) {
	return l, scan(&l.ID, &l.AccountID, &l.Kind, &l.Name, &l.Position, &l.Contacts)
}

// Label implements account.Store.
func (db *DB) Label(ctx context.Context, acct, id int64) (account.Label, error) {
	l, err := single(ctx, db, "label", `SELECT id, account_id, kind, name, position, 0 FROM label WHERE account_id = $1 AND id = $2`, []any{acct, id}, scanLabel)
	if err != nil {
		return l, err
	}
	count := `SELECT COUNT(*) FROM contact_label WHERE account_id = $1 AND label_id = $2`
	switch l.Kind {
	case account.Stage:
		count = `SELECT COUNT(*) FROM contact WHERE account_id = $1 AND stage_id = $2`
	case account.Source:
		count = `SELECT COUNT(*) FROM contact WHERE account_id = $1 AND source_id = $2`
	case account.Tag, account.Group:
	}
	return l, db.get(ctx, count, []any{acct, id}, &l.Contacts)
}

// SaveLabel implements account.Store.
func (db *DB) SaveLabel(ctx context.Context, l account.Label) error {
	n, err := db.exec(ctx, `UPDATE label SET name = $1, name_key = $2, position = $3 WHERE account_id = $4 AND id = $5`,
		l.Name, account.NameKey(l.Name), l.Position, l.AccountID, l.ID)
	if err := one(n, orTaken(err, "there is a %s named %s already", l.Kind, l.Name), "label"); err != nil {
		return err
	}
	return db.bump(ctx, l.AccountID)
}

// DeleteLabel implements account.Store.
func (db *DB) DeleteLabel(ctx context.Context, acct, id int64) error {
	if _, err := db.exec(ctx, `DELETE FROM contact_label WHERE account_id = $1 AND label_id = $2`, acct, id); err != nil {
		return err
	}
	n, err := db.exec(ctx, `DELETE FROM label WHERE account_id = $1 AND id = $2`, acct, id)
	if err := one(n, err, "label"); err != nil {
		return err
	}
	return db.bump(ctx, acct)
}
