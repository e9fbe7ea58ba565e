package planbook

import (
	"context"
	"encoding/json"
	"strings"

	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// renamed gives the plans that name a renamed plan a new version with its new name, so that their files and next edits
// find it. It means the same as the version before, so nobody's run changes.
func (s *Service) renamed(ctx context.Context, cat *catalog, h Head, was, author string) error {
	if err := s.record(ctx, h.Plan, wasRenamed, author, "was %s", was); err != nil {
		return err
	}
	naming, err := s.store.PlansNaming(ctx, h.AccountID, Ref{form.Plan, h.ID})
	if err != nil {
		return err
	}
	for _, id := range naming {
		other, err := cat.byID(id)
		if err != nil || id == h.ID {
			continue
		}
		v, err := s.version(ctx, h.AccountID, other.VersionID)
		if err != nil {
			return err
		}
		if v.Refs.Plans[was] != h.ID {
			continue // only an older version names it, by its id
		}
		if err := replacePlan(&v.Document, s.actions, was, h.Name); err != nil {
			return err
		}
		delete(v.Refs.Plans, was)
		v.Refs.Plans[h.Name] = h.ID
		v.Number, v.Author, v.CreatedAt = other.Number+1, author, s.clock.Now()
		if other.VersionID, err = s.store.InsertVersion(ctx, v); err != nil {
			return err
		}
		other.Number, other.UpdatedAt = v.Number, v.CreatedAt
		if err := s.store.UpdatePlan(ctx, other.Plan, other.Steps); err != nil {
			return err
		}
		cat.heads[other.Name] = other
		if err := s.record(ctx, other.Plan, wasEdited, author, "the plan %s is now called %s", was, h.Name); err != nil {
			return err
		}
	}
	return nil
}

// replacePlan writes another name wherever the document names a plan.
func replacePlan(d *plan.Document, actions plan.Actions, was, is string) error {
	if d.NextPlan == was {
		d.NextPlan = is
	}
	for _, ref := range d.References(actions) {
		step := stepOf(ref.Field)
		if ref.Ref != form.Plan || ref.Name != was || step == 0 {
			continue
		}
		st := &d.Steps[step-1]
		var config map[string]json.RawMessage
		if err := json.Unmarshal(st.Config, &config); err != nil {
			return fault.Wrap(fault.Internal, err, "a stored step cannot be read")
		}
		name, err := json.Marshal(is)
		if err != nil {
			return fault.Wrap(fault.Internal, err, "a name cannot be written")
		}
		config[ref.Field[strings.LastIndexByte(ref.Field, '.')+1:]] = name
		if st.Config, err = json.Marshal(config); err != nil {
			return fault.Wrap(fault.Internal, err, "a step cannot be written")
		}
	}
	return nil
}
