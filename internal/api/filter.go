package api

import (
	"context"
	"fmt"
	"time"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/contact"
	"tactus/internal/fault"
)

// FilterInput is client.ContactFilter as query parameters. It is exported because huma reads exported fields only.
type FilterInput struct {
	Stage        string    `query:"stage" doc:"a stage's name"`
	Source       string    `query:"source" doc:"a source's name"`
	Tags         []string  `query:"tag,explode" doc:"a tag's name; repeat it for contacts that have all of them"`
	Groups       []string  `query:"group,explode" doc:"a group's name; repeat it for contacts that are in all of them"`
	Assigned     string    `query:"assigned" doc:"a user, or nobody"`
	Plan         string    `query:"plan" doc:"on this plan"`
	PlanStatus   string    `query:"plan_status" enum:"active,paused,stopped,completed" doc:"with plan"`
	Text         string    `query:"q" maxLength:"200" doc:"the beginning of a name, an email or a phone"`
	ActiveSince  time.Time `query:"active_since" doc:"did something then or later (active_at)"`
	ActiveBefore time.Time `query:"active_before" doc:"has done nothing since then; who has never done anything counts"`
}

func (in *FilterInput) filter() client.ContactFilter {
	return client.ContactFilter{
		Stage: in.Stage, Source: in.Source, Tags: in.Tags, Groups: in.Groups, Assigned: client.ID(in.Assigned), Plan: client.ID(in.Plan),
		PlanStatus: in.PlanStatus, Text: in.Text, ActiveSince: moment(in.ActiveSince), ActiveBefore: moment(in.ActiveBefore),
	}
}

// nobody is the assigned user of contacts that have none.
const nobody = "nobody"

// filter finds what a filter names; prefix goes before the names of fields at fault. What does not exist is an
// error: a filter must never select more than was meant.
func (a *API) filter(ctx context.Context, acct int64, f client.ContactFilter, prefix string) (contact.Filter, error) {
	out := contact.Filter{PlanStatus: f.PlanStatus, Text: f.Text, ActiveSince: instant(f.ActiveSince), ActiveBefore: instant(f.ActiveBefore)}
	var bad []fault.Field
	find := func(field string, kind account.LabelKind, names ...string) ([]int64, error) {
		found, err := a.s.Accounts.FindLabels(ctx, acct, kind, names)
		if err != nil {
			return nil, err
		}
		ids := make([]int64, len(names))
		for i, name := range names {
			if ids[i] = found[name]; ids[i] == 0 {
				bad = append(bad, fault.Field{Name: prefix + field, Message: fmt.Sprintf("there is no %s %q", kind, name)})
			}
		}
		return ids, nil
	}
	for _, l := range []struct {
		field string
		kind  account.LabelKind
		name  string
		to    *int64
	}{{"stage", account.Stage, f.Stage, &out.StageID}, {"source", account.Source, f.Source, &out.SourceID}} {
		if l.name == "" {
			continue
		}
		ids, err := find(l.field, l.kind, l.name)
		if err != nil {
			return out, err
		}
		*l.to = ids[0]
	}
	for _, l := range []struct {
		field string
		kind  account.LabelKind
		names []string
	}{{"tags", account.Tag, f.Tags}, {"groups", account.Group, f.Groups}} {
		if len(l.names) == 0 {
			continue
		}
		ids, err := find(l.field, l.kind, l.names...)
		if err != nil {
			return out, err
		}
		out.LabelIDs = append(out.LabelIDs, ids...)
	}
	if f.Assigned == nobody {
		out.AssignedID = contact.Nobody
	} else if f.Assigned != "" {
		n, ok := number(f.Assigned)
		if ok {
			_, err := a.s.Accounts.Member(ctx, acct, n)
			if ok = err == nil; err != nil && !fault.Is(err, fault.NotFound) {
				return out, err
			}
		}
		if out.AssignedID = n; !ok {
			bad = append(bad, fault.Field{Name: prefix + "assigned", Message: "there is no such user; name one, or nobody"})
		}
	}
	if f.Plan != "" {
		n, ok := number(f.Plan)
		if ok {
			_, err := a.s.Plans.Get(ctx, acct, n)
			if ok = err == nil; err != nil && !fault.Is(err, fault.NotFound) {
				return out, err
			}
		}
		if out.PlanID = n; !ok {
			bad = append(bad, fault.Field{Name: prefix + "plan", Message: "there is no such plan"})
		}
	} else if f.PlanStatus != "" {
		bad = append(bad, fault.Field{Name: prefix + "plan_status", Message: "name the plan, too"})
	}
	if f.Text != "" && account.NameKey(f.Text) == "" {
		bad = append(bad, fault.Field{Name: prefix + "q", Message: "write the beginning of a name, an email or a phone, or leave it out"})
	}
	return out, fault.InvalidFields(bad)
}
