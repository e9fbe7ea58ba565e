package contact

import (
	"context"
	"slices"

	"tactus/internal/account"
	"tactus/internal/fault"
)

// Many is one change of many contacts. Labels are names; tags and groups to add are made when they are missing, a stage must exist.
type Many struct {
	Stage        string   `json:"stage,omitempty"`    // "" = as it is
	Assigned     *int64   `json:"assigned,omitempty"` // 0 = nobody
	AddTags      []string `json:"add_tags,omitempty"`
	RemoveTags   []string `json:"remove_tags,omitempty"`
	AddGroups    []string `json:"add_groups,omitempty"`
	RemoveGroups []string `json:"remove_groups,omitempty"`
}

// Changes says what became of many contacts.
type Changes struct {
	Changed int
	Same    int // were so already
	Gone    int // are no more
}

// ChangeMany changes contacts alike, in one transaction and as sets; start rules see what was really new (PLAN-4). Without contacts it
// checks the change and makes its tags and groups.
func (s *Service) ChangeMany(ctx context.Context, acct int64, ids []int64, m Many, author string) (Changes, error) {
	var out Changes
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		names, err := s.readMany(ctx, acct, m)
		if err != nil || len(ids) == 0 {
			return err
		}
		ids = slices.Clone(ids)
		slices.Sort(ids)
		ids = slices.Compact(ids)
		locked, err := s.store.LockContacts(ctx, acct, ids)
		if err != nil {
			return err
		}
		found, err := s.store.FullContacts(ctx, acct, locked)
		if err != nil {
			return err
		}
		var changes []*change
		for _, id := range locked {
			if found[id] == nil {
				continue
			}
			ch := newChange(found[id])
			m.apply(ch, names)
			if ch.settle(s.zone); ch.dirty() {
				changes = append(changes, ch)
			}
		}
		out = Changes{Changed: len(changes), Same: len(found) - len(changes), Gone: len(ids) - len(found)}
		return s.commit(ctx, acct, changes, author)
	})
	return out, err
}

func (m Many) apply(ch *change, names *vocabulary) {
	if m.Stage != "" {
		ch.after.Stage, ch.after.StageID = m.Stage, names.id(account.Stage, m.Stage)
	}
	set(&ch.after.Assigned, m.Assigned)
	ch.addTags(names.ids(account.Tag, m.AddTags))
	ch.addGroups(names.ids(account.Group, m.AddGroups))
	ch.remove(append(names.ids(account.Tag, m.RemoveTags), names.ids(account.Group, m.RemoveGroups)...))
}

// readMany checks the change and finds its labels.
func (s *Service) readMany(ctx context.Context, acct int64, m Many) (*vocabulary, error) {
	names := &vocabulary{}
	names.need(account.Tag, m.AddTags...)
	names.need(account.Group, m.AddGroups...)
	names.know(account.Stage, value(&m.Stage)...)
	names.know(account.Tag, m.RemoveTags...)
	names.know(account.Group, m.RemoveGroups...)
	bad := names.check()
	if m.Assigned != nil && *m.Assigned != 0 {
		f, err := s.checkAssigned(ctx, acct, *m.Assigned)
		if err != nil {
			return nil, err
		}
		bad = append(bad, f...)
	}
	if len(bad) == 0 {
		if err := names.load(ctx, s.store, acct); err != nil {
			return nil, err
		}
		if m.Stage != "" && names.id(account.Stage, m.Stage) == 0 {
			bad = append(bad, noStage(m.Stage))
		}
	}
	return names, fault.InvalidFields(bad)
}
