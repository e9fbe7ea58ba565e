package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"tactus/client"
	"tactus/internal/bulk"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/planbook"
)

type assignInput struct {
	IDInput
	Body client.Assign
}

func (a *API) assign(ctx context.Context, who Actor, in *assignInput) (*outcome, error) {
	f, err := a.thePlan(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	filter, err := a.who(ctx, who.Account, b.IDs, b.Except, b.Filter)
	if err != nil {
		return nil, err
	}
	event, err := a.eventOf(ctx, who.Account, b.Event)
	if err != nil {
		return nil, err
	}
	var out *outcome
	err = a.s.Store.InTx(ctx, func(ctx context.Context) error {
		if b.AlsoRule {
			if err := a.addRule(ctx, who, f, b.Filter); err != nil {
				return err
			}
		}
		if b.Document != nil || filter.IDs != nil && len(filter.IDs) <= atOnce {
			out, err = a.startNow(ctx, who, f, filter, event, b)
			return err
		}
		id, err := a.s.Bulk.Assign(ctx, who.Account, bulk.Assign{
			Plan: f.ID, Filter: filter, Event: event, Restart: b.Restart, By: who.User,
		}, who.Author)
		if err != nil {
			return err
		}
		out, err = a.accepted(ctx, who.Account, id)
		return err
	})
	return out, err
}

// eventOf checks that an event is the account's own.
func (a *API) eventOf(ctx context.Context, account int64, given client.ID) (int64, error) {
	id, err := reference("event", given)
	if err != nil || id == 0 {
		return id, err
	}
	if _, err := a.s.Events.Get(ctx, account, id); err != nil {
		if fault.Is(err, fault.NotFound) {
			return 0, invalid("event", "there is no such event")
		}
		return 0, err
	}
	return id, nil
}

// startNow starts a few contacts within the request.
func (a *API) startNow(ctx context.Context, who Actor, f *planbook.Full, filter contact.Filter, event int64, b client.Assign) (*outcome, error) {
	req := enroll.StartRequest{
		Plan: f.ID, Contacts: filter.IDs, Event: event, Cause: "api", Author: who.Author, By: who.User, Restart: b.Restart,
	}
	if b.Document != nil {
		if len(filter.IDs) != 1 {
			return nil, invalid("document", "customise the plan for one contact: ids with exactly one id")
		}
		var err error
		if req.Version, err = a.customise(ctx, who, f, b.Document); err != nil {
			return nil, err
		}
	}
	started, err := a.s.Runs.Start(ctx, who.Account, req)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{"started": int64(started.Started), "restarted": int64(started.Restarted), "already": int64(started.Already)}
	told := started.Started + started.Restarted + started.Already
	for reason, n := range started.Skipped {
		counts["skipped."+reason] = int64(n)
		told += n
	}
	if gone := len(filter.IDs) - told; gone > 0 {
		counts["skipped.gone"] = int64(gone)
	}
	return &outcome{Status: http.StatusOK, Body: client.Outcome{Counts: counts}}, nil
}

// customise makes the version of one contact (PLAN-23).
func (a *API) customise(ctx context.Context, who Actor, f *planbook.Full, d *client.Document) (int64, error) {
	var doc plan.Document
	if err := convert(d, &doc); err != nil {
		return 0, err
	}
	if err := doc.Validate(a.s.Actions); err != nil {
		return 0, err
	}
	return a.s.Plans.SavePrivate(ctx, who.Account, f.ID, &doc, who.Author)
}

// addRule makes "and everyone who gets it later" a start rule of the plan (PLAN-4).
func (a *API) addRule(ctx context.Context, who Actor, f *planbook.Full, filter *client.ContactFilter) error {
	wrong := invalid("also_rule", "takes a filter with one tag, stage, source or group, and nothing else")
	if filter == nil {
		return wrong
	}
	rest := *filter
	rest.Tags, rest.Groups, rest.Stage, rest.Source = nil, nil, "", ""
	if fmt.Sprint(rest) != fmt.Sprint(client.ContactFilter{}) {
		return wrong
	}
	var rules []plan.StartRule
	for _, t := range filter.Tags {
		rules = append(rules, plan.StartRule{Tag: t})
	}
	for _, g := range filter.Groups {
		rules = append(rules, plan.StartRule{Group: g})
	}
	if filter.Stage != "" {
		rules = append(rules, plan.StartRule{Stage: filter.Stage})
	}
	doc := f.Version.Document
	switch {
	case filter.Source != "" && len(rules) == 0:
		if doc.Source != "" && doc.Source != filter.Source {
			return fault.New(fault.Conflict, "the plan starts by the source %q already, and has one source", doc.Source)
		}
		doc.Source = filter.Source
	case filter.Source == "" && len(rules) == 1:
		if slices.Contains(doc.StartOn, rules[0]) {
			return nil
		}
		doc.StartOn = append(slices.Clone(doc.StartOn), rules[0])
	default:
		return wrong
	}
	_, err := a.s.Plans.Save(ctx, who.Account, &doc, planbook.SaveOptions{ID: f.ID, Number: f.Number, Author: who.Author})
	return err
}
