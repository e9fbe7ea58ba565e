package contact

import (
	"context"
	"slices"

	"tactus/internal/account"
	"tactus/internal/fault"
)

// vocabulary gathers the labels that a change or a batch names and finds them in one go per kind.
type vocabulary struct {
	needed map[account.LabelKind][]string // made when missing
	known  map[account.LabelKind][]string // only looked up
	found  map[account.LabelKind]map[string]int64
}

// need notes names that are made when they are missing.
func (v *vocabulary) need(kind account.LabelKind, names ...string) {
	if v.needed == nil {
		v.needed = map[account.LabelKind][]string{}
	}
	v.needed[kind] = append(v.needed[kind], names...)
}

// know notes names that are only looked up.
func (v *vocabulary) know(kind account.LabelKind, names ...string) {
	if v.known == nil {
		v.known = map[account.LabelKind][]string{}
	}
	v.known[kind] = append(v.known[kind], names...)
}

// check returns the names that no label can have.
func (v *vocabulary) check() []fault.Field {
	var bad []fault.Field
	for _, kind := range []account.LabelKind{account.Source, account.Tag, account.Group} {
		for _, name := range v.needed[kind] {
			bad = append(bad, account.CheckLabel(string(kind), name)...)
		}
	}
	return bad
}

func (v *vocabulary) load(ctx context.Context, store Store, acct int64) error {
	v.found = map[account.LabelKind]map[string]int64{}
	for _, kind := range []account.LabelKind{account.Stage, account.Source, account.Tag, account.Group} {
		found := map[string]int64{}
		for _, get := range []struct {
			names []string
			how   func(context.Context, int64, account.LabelKind, []string) (map[string]int64, error)
		}{{v.needed[kind], store.EnsureLabels}, {v.known[kind], store.FindLabels}} {
			slices.Sort(get.names)
			names := slices.Compact(get.names)
			if len(names) == 0 {
				continue
			}
			ids, err := get.how(ctx, acct, kind, names)
			if err != nil {
				return err
			}
			for name, id := range ids {
				found[name] = id
			}
		}
		v.found[kind] = found
	}
	return nil
}

// id is the label of a name, 0 when there is none.
func (v *vocabulary) id(kind account.LabelKind, name string) int64 { return v.found[kind][name] }

func (v *vocabulary) ids(kind account.LabelKind, names []string) []int64 {
	var out []int64
	for _, name := range names {
		if id := v.id(kind, name); id != 0 {
			out = append(out, id)
		}
	}
	return out
}
