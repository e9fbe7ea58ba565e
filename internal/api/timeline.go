package api

import (
	"context"
	"net/http"

	"tactus/client"
	"tactus/internal/history"
)

func (a *API) timelineRoutes() {
	add(a, operation{
		id: "contact-timeline", method: http.MethodGet, path: "/contacts/{id}/timeline", tag: contactsTag,
		summary: "Everything that happened to a contact", about: "Newest first: steps with their outcome and reason, statuses, notes, tasks, consent, changes.",
	}, a.timeline)
	add(a, operation{
		id: "plan-history", method: http.MethodGet, path: "/plans/{id}/history", tag: plansTag,
		summary: "Everything that happened on a plan", about: "Newest first.",
	}, a.planHistory)
}

func entryOf(r history.Row) client.Entry {
	return client.Entry{
		ID: idOf(r.ID), At: r.At, Kind: r.Kind, Outcome: r.Outcome, Reason: r.Reason, Contact: idOf(r.ContactID), Plan: idOf(r.PlanID),
		Enrollment: idOf(r.EnrollmentID), Run: r.Run, Round: r.Round, Step: r.Step, Due: moment(r.DueAt), Author: r.Author, Detail: r.Detail,
	}
}

type timelineInput struct {
	IDInput
	PageInput
	Kinds []string `query:"kind,explode" maxItems:"20" doc:"only these kinds; repeat it for several"`
}

func (a *API) timeline(ctx context.Context, who Actor, in *timelineInput) (*body[client.Page[client.Entry]], error) {
	c, err := a.theContact(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	return a.entries(ctx, who.Account, history.Query{ContactID: c.ID, Kinds: in.Kinds, Limit: in.Limit}, in.Cursor)
}

func (a *API) planHistory(ctx context.Context, who Actor, in *timelineInput) (*body[client.Page[client.Entry]], error) {
	p, err := a.thePlan(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	return a.entries(ctx, who.Account, history.Query{PlanID: p.ID, Kinds: in.Kinds, Limit: in.Limit}, in.Cursor)
}

func (a *API) entries(ctx context.Context, account int64, q history.Query, given string) (*body[client.Page[client.Entry]], error) {
	before, err := placeID("history", given)
	if err != nil {
		return nil, err
	}
	q.Before = before
	page, err := a.s.History.Page(ctx, account, q)
	if err != nil {
		return nil, err
	}
	return &body[client.Page[client.Entry]]{client.Page[client.Entry]{Items: each(page.Rows, entryOf), Next: cursorID("history", page.Next)}}, nil
}
