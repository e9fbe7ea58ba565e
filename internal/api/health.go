package api

import (
	"context"
	"encoding/json"
	"net/http"

	"tactus/client"
)

func (a *API) healthRoutes() {
	add(a, operation{
		id: "health", method: http.MethodGet, path: "/health", tag: "Health", public: true,
		summary: "Whether the server works", about: "Needs no key. 503 when the database does not answer. /health and /healthz say the same.",
	}, func(ctx context.Context, _ Actor, _ *none) (*chosen[client.Health], error) {
		h, code := a.health(ctx)
		return &chosen[client.Health]{Status: code, Body: h}, nil
	})
	plain := func(w http.ResponseWriter, r *http.Request) {
		h, code := a.health(r.Context())
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(h)
	}
	a.mux.HandleFunc("GET /health", plain)
	a.mux.HandleFunc("GET /healthz", plain)
}

func (a *API) health(ctx context.Context) (client.Health, int) {
	h := client.Health{Status: "ok", Database: a.opt.Database, Version: a.opt.Version}
	if a.opt.Ping != nil {
		if err := a.opt.Ping(ctx); err != nil {
			a.opt.Log.Warn("the database does not answer", "error", err)
			h.Status = "unavailable"
			return h, http.StatusServiceUnavailable
		}
	}
	if a.s.Hold != nil {
		if lost, err := a.s.Hold.Lost(ctx); err == nil && lost.Held {
			h.Sending = "held"
		}
	}
	return h, http.StatusOK
}
