package api

import (
	"context"
	"net/http"

	"tactus/client"
	"tactus/internal/plan"
	"tactus/internal/planbook"
)

func (a *API) versionRoutes() {
	add(a, operation{id: "list-plan-versions", method: http.MethodGet, path: "/plans/{id}/versions", tag: plansTag, summary: "A plan's versions", about: "Newest first."}, a.listVersions)
	add(a, operation{id: "get-plan-version", method: http.MethodGet, path: "/plans/{id}/versions/{version}", tag: plansTag, summary: "One version with its document"}, a.getVersion)
	add(a, operation{id: "compare-plan", method: http.MethodGet, path: "/plans/{id}/compare", tag: plansTag, summary: "What makes one version of another"}, a.comparePlan)
}

func (a *API) readyPlan(ctx context.Context, who Actor, in *IDInput) (*planAnswer, error) {
	id, err := object(in.ID, "plan")
	if err != nil {
		return nil, err
	}
	saved, err := a.s.Plans.Ready(ctx, who.Account, id, 0, who.Author)
	if err != nil {
		return nil, err
	}
	f, err := a.s.Plans.Get(ctx, who.Account, id)
	if err != nil {
		return nil, err
	}
	return planOf(f, saved), nil
}

func (a *API) draftPlan(ctx context.Context, who Actor, in *IDInput) (*planAnswer, error) {
	id, err := object(in.ID, "plan")
	if err != nil {
		return nil, err
	}
	if _, err := a.s.Plans.Draft(ctx, who.Account, id, who.Author); err != nil {
		return nil, err
	}
	return a.getPlan(ctx, who, in)
}

type archiveInput struct {
	IDInput
	Body *client.ArchivePlan
}

func (a *API) archivePlan(ctx context.Context, who Actor, in *archiveInput) (*chosen[client.Archived], error) {
	id, err := object(in.ID, "plan")
	if err != nil {
		return nil, err
	}
	done, err := a.s.Plans.Archive(ctx, who.Account, id, in.Body != nil && in.Body.Runs == "stop", who.Author)
	if err != nil {
		return nil, err
	}
	answer := &chosen[client.Archived]{
		Status: http.StatusOK, Body: client.Archived{Live: done.Live, Stopped: done.Stopped, Operation: idOf(done.Operation)},
	}
	if done.Operation != 0 {
		answer.Status, answer.Location = http.StatusAccepted, Prefix+"/operations/"+string(idOf(done.Operation))
	}
	return answer, nil
}

func (a *API) unarchivePlan(ctx context.Context, who Actor, in *IDInput) (*planAnswer, error) {
	id, err := object(in.ID, "plan")
	if err != nil {
		return nil, err
	}
	if err := a.s.Plans.Unarchive(ctx, who.Account, id, who.Author); err != nil {
		return nil, err
	}
	return a.getPlan(ctx, who, in)
}

func (a *API) duplicatePlan(ctx context.Context, who Actor, in *IDInput) (*planAnswer, error) {
	id, err := object(in.ID, "plan")
	if err != nil {
		return nil, err
	}
	saved, err := a.s.Plans.Duplicate(ctx, who.Account, id, who.Author)
	if err != nil {
		return nil, err
	}
	return a.newPlan(ctx, who, saved)
}

func (a *API) deletePlan(ctx context.Context, who Actor, in *IDInput) (*none, error) {
	id, err := object(in.ID, "plan")
	if err != nil {
		return nil, err
	}
	return &none{}, a.s.Plans.Delete(ctx, who.Account, id, who.Author)
}

func (a *API) listVersions(ctx context.Context, who Actor, in *IDInput) (*body[client.Page[client.PlanVersion]], error) {
	f, err := a.thePlan(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	all, err := a.s.Plans.Versions(ctx, who.Account, f.ID)
	return &body[client.Page[client.PlanVersion]]{client.Page[client.PlanVersion]{Items: each(all, func(v planbook.VersionHead) client.PlanVersion {
		return client.PlanVersion{Version: v.Number, Author: v.Author, CreatedAt: v.CreatedAt}
	})}}, err
}

type versionInput struct {
	IDInput
	Version int `path:"version" minimum:"1"`
}

func (a *API) getVersion(ctx context.Context, who Actor, in *versionInput) (*body[client.PlanVersion], error) {
	f, err := a.thePlan(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	v, err := a.s.Plans.Version(ctx, who.Account, f.ID, in.Version)
	if err != nil {
		return nil, err
	}
	out := client.PlanVersion{Version: v.Number, Author: v.Author, CreatedAt: v.CreatedAt, Document: &client.Document{}}
	return &body[client.PlanVersion]{out}, convert(v.Document, out.Document)
}

type compareInput struct {
	IDInput
	From int `query:"from" required:"true" minimum:"1"`
	To   int `query:"to" required:"true" minimum:"1"`
}

func (a *API) comparePlan(ctx context.Context, who Actor, in *compareInput) (*body[client.Page[client.PlanChange]], error) {
	f, err := a.thePlan(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	var changes []plan.Change
	if changes, err = a.s.Plans.CompareVersions(ctx, who.Account, f.ID, in.From, in.To); err != nil {
		return nil, err
	}
	return &body[client.Page[client.PlanChange]]{client.Page[client.PlanChange]{Items: each(changes, changeOf)}}, nil
}
