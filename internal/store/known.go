package store

import (
	"context"
	"slices"

	"tactus/internal/delivery"
)

// known is what a transaction has learnt and need not ask again: the contacts that it has locked, which nobody else can delete until its end, and
// the revisions of accounts. On PostgreSQL another transaction may have changed an account while this one waited for a lock, so each lock that
// was waited for makes the revisions unknown.
type known struct {
	locked map[contactKey]bool // whether it exists
	revs   map[int64]int64
	shared int64 // the account that it shares with others, and that nobody locks until its end
	// circuits are what the transaction has read or written of them.
	circuits map[delivery.Lane]delivery.Circuit
}

type contactKey struct{ account, contact int64 }

// forget is for what was undone: locks end with the savepoint that took them.
func (k *known) forget() { *k = known{} }

// known returns that of the transaction of ctx, nil outside of one.
func (db *DB) known(ctx context.Context) *known {
	if s := db.tx(ctx); s != nil && !s.reading {
		return &s.known
	}
	return nil
}

// held returns which of the contacts exist, when the transaction has locked them all.
func (k *known) held(account int64, contacts []int64) (there []int64, all bool) {
	if k == nil {
		return nil, false
	}
	for _, id := range contacts {
		exists, ok := k.locked[contactKey{account, id}]
		if !ok {
			return nil, false
		}
		if exists {
			there = append(there, id)
		}
	}
	slices.Sort(there)
	return there, true
}

// hold remembers contacts that were locked just now; there are those of them that exist.
func (k *known) hold(account int64, contacts, there []int64) {
	if k == nil {
		return
	}
	k.revs = nil
	if k.locked == nil {
		k.locked = make(map[contactKey]bool, len(contacts))
	}
	for _, id := range contacts {
		k.locked[contactKey{account, id}] = false
	}
	for _, id := range there {
		k.locked[contactKey{account, id}] = true
	}
}

// changed says that an account has another revision now, or may have.
func (db *DB) changed(ctx context.Context) {
	if k := db.known(ctx); k != nil {
		k.revs = nil
	}
}

// circuit remembers one.
func (k *known) circuit(l delivery.Lane, c delivery.Circuit) {
	if k == nil {
		return
	}
	if k.circuits == nil {
		k.circuits = map[delivery.Lane]delivery.Circuit{}
	}
	k.circuits[l] = c
}

// rev returns the account's revision, which ask tells when it is not known.
func (k *known) rev(account int64, ask func() (int64, error)) (int64, error) {
	if k != nil {
		if rev, ok := k.revs[account]; ok {
			return rev, nil
		}
	}
	rev, err := ask()
	if err == nil && k != nil {
		if k.revs == nil {
			k.revs = map[int64]int64{}
		}
		k.revs[account] = rev
	}
	return rev, err
}
