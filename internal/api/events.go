package api

import (
	"context"
	"net/http"
	"time"

	"tactus/client"
	"tactus/internal/event"
	"tactus/internal/history"
)

const eventsTag = "Events"

func (a *API) eventRoutes() {
	add(a, operation{id: "list-events", method: http.MethodGet, path: "/events", tag: eventsTag, summary: "List events", about: "By their moment."}, a.listEvents)
	add(a, operation{id: "create-event", method: http.MethodPost, path: "/events", tag: eventsTag, status: http.StatusCreated, summary: "Make an event", about: "May start plans that wait for its kind: at once, or for a group of more than 1,000 in the background, as an operation of kind event_created."}, a.createEvent)
	add(a, operation{id: "get-event", method: http.MethodGet, path: "/events/{id}", tag: eventsTag, summary: "Get an event"}, a.getEvent)
	add(a, operation{id: "update-event", method: http.MethodPatch, path: "/events/{id}", tag: eventsTag, summary: "Change or move an event", about: "A new moment re-times the steps that are not done: at once, or of more than 1,000 live runs in the background, as an operation of kind event_moved."}, a.updateEvent)
	add(a, operation{id: "delete-event", method: http.MethodDelete, path: "/events/{id}", tag: eventsTag, status: http.StatusNoContent, summary: "Delete an event", about: "Ends the remaining steps of its plans: at once, or of more than 1,000 live runs in the background, as an operation of kind event_deleted."}, a.deleteEvent)
}

func eventOf(e event.Event) client.Event {
	return client.Event{
		ID: idOf(e.ID), Title: e.Title, Kind: e.Kind, Contact: idOf(e.ContactID), Group: idOf(e.GroupID), At: e.At, Yearly: e.Yearly,
		CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
	}
}

type eventListInput struct {
	PageInput
	Contact string    `query:"contact"`
	Group   string    `query:"group"`
	From    time.Time `query:"from"`
	To      time.Time `query:"to" doc:"exclusive"`
}

func (a *API) listEvents(ctx context.Context, who Actor, in *eventListInput) (*body[client.Page[client.Event]], error) {
	q := event.Query{From: instant(&in.From), To: instant(&in.To), Limit: history.Limit(in.Limit, 50, 500)}
	var err error
	if q.ContactID, err = reference("contact", client.ID(in.Contact)); err != nil {
		return nil, err
	}
	if q.GroupID, err = reference("group", client.ID(in.Group)); err != nil {
		return nil, err
	}
	at, id, err := placeTime("events", in.Cursor)
	if err != nil {
		return nil, err
	}
	q.After = event.Place{At: at, ID: id}
	list, err := a.s.Events.List(ctx, who.Account, q)
	if err != nil {
		return nil, err
	}
	page := client.Page[client.Event]{Items: each(list, eventOf)}
	if len(list) == q.Limit {
		last := list[len(list)-1]
		page.Next = cursorTime("events", last.At, last.ID)
	}
	return &body[client.Page[client.Event]]{page}, nil
}

type newEventInput struct{ Body client.NewEvent }

func (a *API) createEvent(ctx context.Context, who Actor, in *newEventInput) (*created[client.Event], error) {
	b := in.Body
	e := event.Event{AccountID: who.Account, Title: b.Title, Kind: b.Kind, At: b.At, Yearly: b.Yearly}
	var err error
	if e.ContactID, err = reference("contact", b.Contact); err != nil {
		return nil, err
	}
	if e.GroupID, err = reference("group", b.Group); err != nil {
		return nil, err
	}
	e, err = a.s.Events.Create(ctx, e, who.Author)
	return &created[client.Event]{Location: Prefix + "/events/" + string(idOf(e.ID)), Body: eventOf(e)}, err
}

func (a *API) theEvent(ctx context.Context, account int64, given string) (event.Event, error) {
	id, err := object(given, "event")
	if err != nil {
		return event.Event{}, err
	}
	return a.s.Events.Get(ctx, account, id)
}

func (a *API) getEvent(ctx context.Context, who Actor, in *IDInput) (*body[client.Event], error) {
	e, err := a.theEvent(ctx, who.Account, in.ID)
	return &body[client.Event]{eventOf(e)}, err
}

type eventPatchInput struct {
	IDInput
	Body client.EventPatch
}

func (a *API) updateEvent(ctx context.Context, who Actor, in *eventPatchInput) (*body[client.Event], error) {
	var e event.Event
	err := a.alone(ctx, who, func(ctx context.Context) error {
		var err error
		if e, err = a.theEvent(ctx, who.Account, in.ID); err != nil {
			return err
		}
		set(&e.Title, in.Body.Title)
		set(&e.At, in.Body.At)
		set(&e.Yearly, in.Body.Yearly)
		e, err = a.s.Events.Update(ctx, e, who.Author)
		return err
	})
	return &body[client.Event]{eventOf(e)}, err
}

func (a *API) deleteEvent(ctx context.Context, who Actor, in *IDInput) (*none, error) {
	id, err := object(in.ID, "event")
	if err != nil {
		return nil, err
	}
	return &none{}, a.s.Events.Delete(ctx, who.Account, id, who.Author)
}
