package api

import (
	"context"
	"net/http"
	"slices"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/doctor"
)

func (a *API) doctorRoutes() {
	add(a, operation{
		id: "doctor", method: http.MethodGet, path: "/doctor", tag: "Health", scope: account.All,
		summary: "Whether all is well", about: "Looks at database, work, setup, carriers and the DNS of the sender domains: what was seen, and what to do. " +
			"Connects to carriers and resolvers, so it may take seconds; changes nothing and sends nothing.",
	}, a.examine)
}

func (a *API) examine(ctx context.Context, who Actor, _ *none) (*body[client.Checkup], error) {
	checks := a.s.Doctor.Look(ctx, who.Account)
	return &body[client.Checkup]{client.Checkup{
		OK:     !slices.ContainsFunc(checks, func(c doctor.Check) bool { return c.Status == doctor.Fail }),
		At:     a.opt.Clock.Now(),
		Checks: each(checks, checkOf),
	}}, nil
}

func checkOf(c doctor.Check) client.Check {
	return client.Check{Section: c.Section, Name: c.Name, Status: string(c.Status), Saw: c.Saw, Advice: c.Advice}
}
