package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/fault"
	"tactus/internal/history"
	"tactus/internal/retention"
	"tactus/internal/work"
)

const operationsTag = "Operations"

func (a *API) operationRoutes() {
	add(a, operation{id: "list-operations", method: http.MethodGet, path: "/operations", tag: operationsTag, summary: "List operations", about: "Newest first."}, a.listOperations)
	add(a, operation{id: "get-operation", method: http.MethodGet, path: "/operations/{id}", tag: operationsTag, summary: "How far an operation is"}, a.getOperation)
	add(a, operation{
		id: "cancel-operation", method: http.MethodPost, path: "/operations/{id}/cancel", tag: operationsTag,
		summary: "Cancel an operation", about: "Before its next chunk; what is done stays.",
	}, a.cancelOperation)
	add(a, operation{
		id: "prune", method: http.MethodPost, path: "/prune", tag: operationsTag, scope: account.All, status: http.StatusAccepted,
		summary: "Forget old history and old messages' content",
		about: "An operation; with dry_run it only counts. Rows of a live enrollment's present run, consent, suppressed addresses and messages in doubt stay. " +
			"The settings keep_history_months and keep_content_months do it every day.",
	}, a.prune)
	add(a, operation{
		id: "operation-file", method: http.MethodGet, path: "/operations/{id}/files/{name}", tag: operationsTag,
		summary: "A file that an operation left behind", about: "refused.csv of an import: the rows that were refused, with reasons. handing.jsonl of a command: messages that were on their way.",
	}, a.operationFile)
}

func operationOf(op work.Operation) client.Operation {
	counts := op.Counts
	if counts == nil {
		counts = map[string]int64{}
	}
	return client.Operation{
		ID: idOf(op.ID), Kind: op.Kind, Status: string(op.Status), Total: op.Total, Done: op.Done, Counts: counts, Message: op.Message,
		Author: op.Author, CreatedAt: op.CreatedAt, EndedAt: moment(op.EndedAt),
	}
}

type pruneInput struct{ Body client.Prune }

func (a *API) prune(ctx context.Context, who Actor, in *pruneInput) (*outcome, error) {
	b := retention.Before{DryRun: in.Body.DryRun}
	for to, from := range map[*time.Time]*time.Time{&b.History: in.Body.HistoryBefore, &b.Content: in.Body.ContentBefore} {
		if from != nil {
			*to = from.UTC()
		}
	}
	id, err := a.s.Retain.Begin(ctx, who.Account, b, who.Author)
	if err != nil {
		return nil, err
	}
	return a.accepted(ctx, who.Account, id)
}

type operationListInput struct {
	PageInput
	Kind string `query:"kind" maxLength:"60"`
	Live bool   `query:"live" doc:"only those that have not ended"`
}

func (a *API) listOperations(ctx context.Context, who Actor, in *operationListInput) (*body[client.Page[client.Operation]], error) {
	before, err := placeID("operations", in.Cursor)
	if err != nil {
		return nil, err
	}
	limit := history.Limit(in.Limit, 50, 500)
	list, err := a.s.Work.List(ctx, who.Account, work.Query{Kind: in.Kind, Live: in.Live, Before: before, Limit: limit})
	if err != nil {
		return nil, err
	}
	page := client.Page[client.Operation]{Items: each(list, operationOf)}
	if len(list) == limit {
		page.Next = cursorID("operations", list[len(list)-1].ID)
	}
	return &body[client.Page[client.Operation]]{page}, nil
}

func (a *API) theOperation(ctx context.Context, account int64, given string) (work.Operation, error) {
	id, err := object(given, "operation")
	if err != nil {
		return work.Operation{}, err
	}
	return a.s.Work.Get(ctx, account, id)
}

func (a *API) getOperation(ctx context.Context, who Actor, in *IDInput) (*body[client.Operation], error) {
	op, err := a.theOperation(ctx, who.Account, in.ID)
	return &body[client.Operation]{operationOf(op)}, err
}

func (a *API) cancelOperation(ctx context.Context, who Actor, in *IDInput) (*body[client.Operation], error) {
	op, err := a.theOperation(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.s.Work.Cancel(ctx, who.Account, op.ID, who.Author); err != nil {
		return nil, err
	}
	return a.getOperation(ctx, who, in)
}

type operationFileInput struct {
	IDInput
	Name string `path:"name" maxLength:"100"`
}

func (a *API) operationFile(ctx context.Context, who Actor, in *operationFileInput) (*huma.StreamResponse, error) {
	op, err := a.theOperation(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	size, err := a.s.Work.FileSize(ctx, who.Account, op.ID, in.Name)
	if err != nil {
		return nil, err
	}
	if size == 0 {
		return nil, fault.New(fault.NotFound, "the operation has no file %q", in.Name)
	}
	return a.download(in.Name, size, func(ctx context.Context, w io.Writer) error {
		_, err := io.CopyN(w, a.s.Work.OpenFile(ctx, who.Account, op.ID, in.Name, 0), size) // an operation that runs adds to its file meanwhile
		return err
	}), nil
}
