package planbook

import (
	"context"
	"slices"

	"tactus/internal/account"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// catalog is what plans of an account may name, as it stands in this transaction.
type catalog struct {
	account   account.Account
	heads     map[string]Head
	templates map[string]Template
	users     map[string]account.Member  // by normal email
	partners  map[string]account.Partner // by normal email
	stages    []string
	labels    map[account.LabelKind]map[string]int64 // by the names as plans write them; only those that were looked up
}

func (s *Service) catalog(ctx context.Context, id int64) (*catalog, error) {
	c := &catalog{
		heads: map[string]Head{}, templates: map[string]Template{}, users: map[string]account.Member{},
		partners: map[string]account.Partner{}, labels: map[account.LabelKind]map[string]int64{},
	}
	var err error
	if c.account, err = s.store.Account(ctx, id); err != nil {
		return nil, err
	}
	heads, err := s.store.PlanHeads(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		c.heads[h.Name] = h
	}
	templates, err := s.store.TemplateHeads(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, t := range templates {
		c.templates[t.Name] = t
	}
	members, err := s.store.Members(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		c.users[account.NormalEmail(m.Email)] = m
	}
	partners, err := s.store.Partners(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, p := range partners {
		c.partners[account.NormalEmail(p.Email)] = p
	}
	c.stages, err = s.store.LabelNames(ctx, id, account.Stage)
	return c, err
}

// labelKind is the kind of label that a reference means; false when it means something else.
func labelKind(ref form.Ref) (account.LabelKind, bool) {
	switch ref {
	case form.Stage:
		return account.Stage, true
	case form.Tag:
		return account.Tag, true
	case plan.RefGroup:
		return account.Group, true
	case plan.RefSource:
		return account.Source, true
	default:
		return "", false
	}
}

// lookUp finds the labels that the documents name, so that find knows them.
func (s *Service) lookUp(ctx context.Context, c *catalog, docs []*plan.Document) error {
	for kind, given := range s.labelNames(docs) {
		found, err := s.store.FindLabels(ctx, c.account.ID, kind, given)
		if err != nil {
			return err
		}
		c.labels[kind] = found
	}
	return nil
}

func (s *Service) labelNames(docs []*plan.Document) map[account.LabelKind][]string {
	given := map[account.LabelKind][]string{}
	for _, d := range docs {
		for _, ref := range d.References(s.actions) {
			if kind, ok := labelKind(ref.Ref); ok && !slices.Contains(given[kind], ref.Name) {
				given[kind] = append(given[kind], ref.Name)
			}
		}
	}
	return given
}

// create makes the tags, sources and groups that the documents name and that don't exist (DEC-9).
func (s *Service) create(ctx context.Context, c *catalog, docs []*plan.Document) error {
	for kind, given := range s.labelNames(docs) {
		if kind == account.Stage {
			continue
		}
		missing := slices.DeleteFunc(given, func(name string) bool { return c.labels[kind][name] != 0 })
		if len(missing) == 0 {
			continue
		}
		found, err := s.store.EnsureLabels(ctx, c.account.ID, kind, missing)
		if err != nil {
			return err
		}
		for name, id := range found {
			c.labels[kind][name] = id
		}
	}
	return nil
}

// find returns the id of an object by the name that a plan writes; 0 when there is none.
func (cat *catalog) find(ref form.Ref, name string) int64 {
	switch ref {
	case form.Plan:
		return cat.heads[name].ID
	case form.Template:
		return cat.templates[name].ID
	case form.User:
		return cat.users[account.NormalEmail(name)].ID
	case plan.RefPartner:
		return cat.partners[account.NormalEmail(name)].ID
	default:
		kind, _ := labelKind(ref)
		return cat.labels[kind][name]
	}
}

// names is what Check needs to know: everything that exists, also by the spelling that the documents use.
func (cat *catalog) names(docs []*plan.Document, actions plan.Actions) plan.Names {
	n := plan.Names{
		Plans: map[string]bool{}, Templates: map[string]bool{}, Stages: map[string]bool{},
		Users: map[string]bool{}, Partners: map[string]bool{},
	}
	for name := range cat.heads {
		n.Plans[name] = true
	}
	for name := range cat.templates {
		n.Templates[name] = true
	}
	for email := range cat.users {
		n.Users[email] = true
	}
	for email := range cat.partners {
		n.Partners[email] = true
	}
	for _, name := range cat.stages {
		n.Stages[name] = true
	}
	sets := map[form.Ref]map[string]bool{form.Stage: n.Stages, form.User: n.Users, plan.RefPartner: n.Partners}
	for _, d := range docs {
		for _, ref := range d.References(actions) {
			if set := sets[ref.Ref]; set != nil && cat.find(ref.Ref, ref.Name) != 0 {
				set[ref.Name] = true
			}
		}
	}
	return n
}

// refs are the ids of what a document names; what is missing is left out.
func (cat *catalog) refs(d *plan.Document, actions plan.Actions) plan.Refs {
	var r plan.Refs
	for _, ref := range d.References(actions) {
		id := cat.find(ref.Ref, ref.Name)
		if id == 0 {
			continue
		}
		to := refMap(&r, ref.Ref)
		if to == nil {
			continue
		}
		if *to == nil {
			*to = map[string]int64{}
		}
		(*to)[ref.Name] = id
	}
	return r
}

func refMap(r *plan.Refs, ref form.Ref) *map[string]int64 {
	switch ref {
	case form.Stage:
		return &r.Stages
	case form.Tag:
		return &r.Tags
	case form.User:
		return &r.Users
	case form.Template:
		return &r.Templates
	case form.Plan:
		return &r.Plans
	case plan.RefGroup:
		return &r.Groups
	case plan.RefSource:
		return &r.Sources
	case plan.RefPartner:
		return &r.Partners
	default:
		return nil
	}
}

// refKinds are all kinds of objects that versions name.
func refKinds() []form.Ref {
	return []form.Ref{
		form.Stage, form.Tag, form.User, form.Template, form.Plan, plan.RefGroup, plan.RefSource, plan.RefPartner,
	}
}

// objects lists what refs name, each once.
func objects(all ...plan.Refs) []Ref {
	seen := map[Ref]bool{}
	var out []Ref
	for i := range all {
		for _, kind := range refKinds() {
			for _, id := range *refMap(&all[i], kind) {
				if r := (Ref{kind, id}); !seen[r] {
					seen[r] = true
					out = append(out, r)
				}
			}
		}
	}
	return out
}
