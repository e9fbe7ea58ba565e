package client

import (
	"context"
	"net/http"
	"time"
)

// Event is a dated occasion of one contact or of a group.
type Event struct {
	ID        ID        `json:"id"`
	Title     string    `json:"title"`
	Kind      string    `json:"kind" doc:"appointment, closing, conference …"`
	Contact   ID        `json:"contact,omitempty"`
	Group     ID        `json:"group,omitempty"`
	At        time.Time `json:"at"`
	Yearly    bool      `json:"yearly"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// NewEvent is an event to make; it may start plans (PLAN-4).
type NewEvent struct {
	Title   string    `json:"title" maxLength:"500"`
	Kind    string    `json:"kind" maxLength:"100"`
	Contact ID        `json:"contact,omitempty" doc:"a contact or a group"`
	Group   ID        `json:"group,omitempty"`
	At      time.Time `json:"at"`
	Yearly  bool      `json:"yearly,omitempty"`
}

// EventPatch changes an event; a new moment re-times what is dated by it (PLAN-11).
type EventPatch struct {
	Title  *string    `json:"title,omitempty" maxLength:"500"`
	At     *time.Time `json:"at,omitempty"`
	Yearly *bool      `json:"yearly,omitempty"`
}

// EventFilter selects events.
type EventFilter struct {
	Contact, Group ID
	From, To       *time.Time
}

// Events returns a page of events by their moment.
func (c *Client) Events(ctx context.Context, f EventFilter, page PageOptions) (Page[Event], error) {
	q := page.query()
	for name, value := range map[string]string{"contact": string(f.Contact), "group": string(f.Group)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	setTime(q, "from", f.From)
	setTime(q, "to", f.To)
	return get[Page[Event]](ctx, c, "/events", q)
}

// Event returns one.
func (c *Client) Event(ctx context.Context, id ID) (Event, error) {
	return get[Event](ctx, c, path("events", string(id)), nil)
}

// CreateEvent makes an event.
func (c *Client) CreateEvent(ctx context.Context, e NewEvent) (Event, error) {
	return send[Event](ctx, c, http.MethodPost, "/events", e)
}

// UpdateEvent changes or moves an event.
func (c *Client) UpdateEvent(ctx context.Context, id ID, p EventPatch) (Event, error) {
	return send[Event](ctx, c, http.MethodPatch, path("events", string(id)), p)
}

// DeleteEvent deletes an event, which ends the remaining steps of its plans.
func (c *Client) DeleteEvent(ctx context.Context, id ID) error {
	return c.drop(ctx, path("events", string(id)))
}
