package client

import (
	"context"
	"time"
)

// Entry is one line of a timeline: what happened, why, and who did it (ENG-14).
type Entry struct {
	ID         ID         `json:"id"`
	At         time.Time  `json:"at"`
	Kind       string     `json:"kind"`
	Outcome    string     `json:"outcome,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	Contact    ID         `json:"contact,omitempty"`
	Plan       ID         `json:"plan,omitempty"`
	Enrollment ID         `json:"enrollment,omitempty"`
	Run        int        `json:"run,omitempty"`
	Round      int        `json:"round,omitempty"`
	Step       string     `json:"step,omitempty" doc:"the step's id"`
	Due        *time.Time `json:"due,omitempty"`
	Author     string     `json:"author,omitempty" doc:"user:7, key:3, plan:12, engine …"`
	Detail     string     `json:"detail,omitempty"`
}

// Timeline returns a page of a contact's timeline, newest first; kinds filter it.
func (c *Client) Timeline(ctx context.Context, contact ID, page PageOptions, kinds ...string) (Page[Entry], error) {
	q := page.query()
	for _, k := range kinds {
		q.Add("kind", k)
	}
	return get[Page[Entry]](ctx, c, path("contacts", string(contact), "timeline"), q)
}

// PlanHistory returns a page of what happened on a plan, newest first.
func (c *Client) PlanHistory(ctx context.Context, plan ID, page PageOptions, kinds ...string) (Page[Entry], error) {
	q := page.query()
	for _, k := range kinds {
		q.Add("kind", k)
	}
	return get[Page[Entry]](ctx, c, path("plans", string(plan), "history"), q)
}
