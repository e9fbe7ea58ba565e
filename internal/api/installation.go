package api

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/fault"
)

const installationTag = "Installation"

func (a *API) installationRoutes() {
	add(a, operation{
		id: "take-backup", method: http.MethodGet, path: "/backup", tag: installationTag, scope: account.All, summary: "Take a backup",
		about: "Every row of every account at one moment, as one file that `tactus restore` reads on either database. The installation's secret " +
			"is not in it. Only for an owner of the first account. Nobody waits for it; a connection that breaks has no backup.",
	}, a.takeBackup)
	add(a, operation{
		id: "get-sending", method: http.MethodGet, path: "/sending", tag: installationTag, summary: "Whether messages may leave",
		about: "After a restore sending is held until a person releases it.",
	}, a.getSending)
	add(a, operation{
		id: "release-sending", method: http.MethodPost, path: "/sending/release", tag: installationTag, scope: account.All, summary: "Let messages leave again after a restore",
		about: "Only for an owner of the first account. What may have left before the restore stays uncertain.",
	}, a.releaseSending)
}

// operator: what concerns every account is for whoever runs the installation, the owner of the account that its first start made (DEC-15).
func (a *API) operator(ctx context.Context, who Actor) error {
	ids, err := a.s.Accounts.IDs(ctx)
	if err != nil {
		return err
	}
	if len(ids) == 0 || who.Account != ids[0] {
		return fault.New(fault.Forbidden, "only an owner of the installation's first account may do that")
	}
	return a.mayRole(ctx, who, account.Owner)
}

func (a *API) takeBackup(ctx context.Context, who Actor, _ *none) (*huma.StreamResponse, error) {
	if err := a.operator(ctx, who); err != nil {
		return nil, err
	}
	name := "tactus-" + a.opt.Clock.Now().Format("20060102-150405") + ".backup"
	return a.download(name, 0, func(ctx context.Context, w io.Writer) error { return a.s.Backup(ctx, w) }), nil
}

func (a *API) getSending(ctx context.Context, _ Actor, _ *none) (*body[client.Sending], error) {
	lost, err := a.s.Hold.Lost(ctx)
	out := client.Sending{Held: lost.Held, LostFrom: moment(lost.From), LostUntil: moment(lost.Until)}
	return &body[client.Sending]{out}, err
}

func (a *API) releaseSending(ctx context.Context, who Actor, _ *none) (*body[client.Sending], error) {
	if err := a.operator(ctx, who); err != nil {
		return nil, err
	}
	if err := a.s.Hold.Release(ctx); err != nil {
		return nil, err
	}
	return a.getSending(ctx, who, nil)
}
