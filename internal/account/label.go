package account

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"tactus/internal/fault"
)

// maxLabelName bounds names, so that they fit lists and indexes.
const maxLabelName = 100

// EnsureLabels returns the ids of labels by the names as given, making those that are missing.
func (s *Service) EnsureLabels(ctx context.Context, account int64, kind LabelKind, names []string) (map[string]int64, error) {
	if err := checkKind(kind); err != nil {
		return nil, err
	}
	var bad []fault.Field
	for i, name := range names {
		bad = append(bad, CheckLabel(fmt.Sprintf("names[%d]", i), name)...)
	}
	if err := fault.InvalidFields(bad); err != nil {
		return nil, err
	}
	var found map[string]int64
	err := s.store.InTx(ctx, func(ctx context.Context) (err error) {
		found, err = s.store.EnsureLabels(ctx, account, kind, names)
		return err
	})
	return found, err
}

// FindLabels returns the ids of those names that exist.
func (s *Service) FindLabels(ctx context.Context, account int64, kind LabelKind, names []string) (map[string]int64, error) {
	return s.store.FindLabels(ctx, account, kind, names)
}

// Labels returns the labels of a kind with the number of contacts; stages in their order, others by name.
func (s *Service) Labels(ctx context.Context, account int64, kind LabelKind) ([]Label, error) {
	if err := checkKind(kind); err != nil {
		return nil, err
	}
	return s.store.Labels(ctx, account, kind)
}

// LabelPatch is a change of a label; what is nil stays.
type LabelPatch struct {
	Name     *string
	Position *int
}

// UpdateLabel renames a label or moves a stage. Plans name labels by id, so they follow.
func (s *Service) UpdateLabel(ctx context.Context, account, id int64, p LabelPatch) error {
	if p.Name != nil {
		if err := fault.InvalidFields(CheckLabel("name", *p.Name)); err != nil {
			return err
		}
	}
	return s.alone(ctx, account, func(ctx context.Context) error {
		l, err := s.store.Label(ctx, account, id)
		if err != nil {
			return err
		}
		if p.Name != nil {
			l.Name = strings.Join(strings.Fields(*p.Name), " ")
		}
		if p.Position != nil {
			l.Position = *p.Position
		}
		return s.store.SaveLabel(ctx, l)
	})
}

// DeleteLabel deletes a label that no plan names (PLAN-20). Tags and groups go from the contacts; a stage or source
// that contacts have cannot go, because they would lose where they stand or come from.
func (s *Service) DeleteLabel(ctx context.Context, account, id int64) error {
	return s.alone(ctx, account, func(ctx context.Context) error {
		l, err := s.store.Label(ctx, account, id)
		if err != nil {
			return err
		}
		if err := s.unused(ctx, account, string(l.Kind), id, l.Name); err != nil {
			return err
		}
		if (l.Kind == Stage || l.Kind == Source) && l.Contacts > 0 {
			return fault.New(fault.Conflict, "%s cannot be deleted: %d contacts have this %s; move them first, or rename it", l.Name, l.Contacts, l.Kind)
		}
		return s.store.DeleteLabel(ctx, account, id)
	})
}

// CheckLabel returns what is wrong with a label's name.
func CheckLabel(field, name string) []fault.Field {
	switch n := len([]rune(strings.TrimSpace(name))); {
	case n == 0:
		return []fault.Field{{Name: field, Message: "give a name"}}
	case n > maxLabelName:
		return []fault.Field{{Name: field, Message: fmt.Sprintf("a name has at most %d characters", maxLabelName)}}
	case strings.ContainsFunc(name, hidden):
		return []fault.Field{{Name: field, Message: fmt.Sprintf("%q holds control characters; write the name without them", name)}}
	}
	return nil
}

// hidden are characters that nobody sees and no name needs: two names would look the same, and the database drops NUL. White space, line ends
// among it, becomes single spaces.
func hidden(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }

func checkKind(kind LabelKind) error {
	switch kind {
	case Stage, Tag, Source, Group:
		return nil
	}
	return fault.New(fault.Invalid, "there are labels of the kinds stage, tag, source and group, not %q", kind)
}
