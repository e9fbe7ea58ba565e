package store

import (
	"context"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// LockAccount keeps other transactions waiting that lock or share the account, until this one ends. It comes before all other locks.
func (db *DB) LockAccount(ctx context.Context, id int64) error {
	defer db.changed(ctx)
	if db.Nodes() {
		if err := db.later(ctx, `SELECT pg_advisory_xact_lock($1)`, lockKey("account", id, "")); err != nil {
			return err
		}
	}
	return orNotFound(db.get(ctx, `SELECT id FROM account WHERE id = $1 {lock}`, []any{id}, new(int64)), "account")
}

// ShareAccount keeps those waiting that lock the account, and nobody who shares it too: leads, for which LockAddresses follows, and starts of
// plans. On SQLite the one writer is lock enough. Once in a transaction is enough, too.
func (db *DB) ShareAccount(ctx context.Context, id int64) error {
	k := db.known(ctx)
	if !db.Nodes() || k != nil && k.shared == id {
		return nil
	}
	if k != nil {
		k.shared = id
	}
	defer db.changed(ctx)
	return db.later(ctx, `SELECT pg_advisory_xact_lock_shared($1)`, lockKey("account", id, ""))
}

// LockAddresses keeps other leads with one of these addresses waiting, so that two of the same person become one contact. They are few: each
// takes a place in the server's table of locks.
func (db *DB) LockAddresses(ctx context.Context, account int64, addresses []string) error {
	if !db.Nodes() || len(addresses) == 0 {
		return nil
	}
	keys := make([]int64, len(addresses))
	for i, a := range addresses {
		keys[i] = lockKey("address", account, strings.ToLower(a))
	}
	slices.Sort(keys) // everybody in one order
	defer db.changed(ctx)
	return db.later(ctx, `SELECT pg_advisory_xact_lock(CAST(j.value AS BIGINT)) FROM {each $1}`, ids(slices.Compact(keys)))
}

// lockKey is the number of a lock. That two things share one by chance makes somebody wait, and nothing worse.
func lockKey(kind string, account int64, name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("tactus " + kind + " " + strconv.FormatInt(account, 10) + " " + name)) // it never fails
	return int64(h.Sum64())                                                                      //nolint:gosec // any number will do
}
