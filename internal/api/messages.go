package api

import (
	"context"
	"net/http"

	"tactus/client"
	"tactus/internal/delivery"
	"tactus/internal/fault"
	"tactus/internal/message"
)

const messagesTag = "Messages"

func (a *API) messageRoutes() {
	add(a, operation{id: "list-messages", method: http.MethodGet, path: "/messages", tag: messagesTag, summary: "List messages", about: "Newest first, with what became of each and why."}, a.listMessages)
	add(a, operation{
		id: "write-to-contact", method: http.MethodPost, path: "/contacts/{id}/messages", tag: messagesTag, status: http.StatusCreated,
		summary: "Write to a contact by hand",
		about: "An email, now or later, in the name of the key's user. It needs no consent, but whoever has opted out is not reached by hand " +
			"either: the message then ends as skipped, with the reason. The merge fields are those of plans.",
	}, a.writeMessage)
	add(a, operation{id: "get-message", method: http.MethodGet, path: "/messages/{id}", tag: messagesTag, summary: "Get a message with its content"}, a.getMessage)
	add(a, operation{id: "raw-message", method: http.MethodGet, path: "/messages/{id}/raw", tag: messagesTag, summary: "The very bytes that were handed over"}, a.rawMessage)
	add(a, operation{
		id: "send-message-again", method: http.MethodPost, path: "/messages/{id}/send-again", tag: messagesTag,
		summary: "Send an uncertain message once more", about: "A person says that it has not arrived.",
	}, a.settle(Settler.SendAgain))
	add(a, operation{
		id: "message-arrived", method: http.MethodPost, path: "/messages/{id}/arrived", tag: messagesTag, summary: "Settle an uncertain message as arrived",
	}, a.settle(Settler.Arrived))
}

func messageOf(m message.Sent) client.Message {
	return client.Message{
		ID: idOf(m.ID), Contact: idOf(m.ContactID), Plan: idOf(m.PlanID), Enrollment: idOf(m.EnrollmentID), Step: client.ID(m.Step),
		Run: m.Run, Round: m.Round, Class: m.Class, Channel: m.Channel, Status: m.Status, Reason: m.Reason, Answer: m.Answer,
		Address: m.Address, Subject: m.Subject, Carrier: m.Carrier, CarrierID: m.CarrierID, MessageID: m.Ref, Attempts: m.Attempts,
		Due: moment(m.DueAt), TryAt: moment(m.TryAt), CreatedAt: m.CreatedAt, HandedAt: moment(m.HandedAt), DoneAt: moment(m.DoneAt),
	}
}

type messageListInput struct {
	PageInput
	Contact    string   `query:"contact"`
	Plan       string   `query:"plan"`
	Enrollment string   `query:"enrollment"`
	Channel    string   `query:"channel"`
	Status     []string `query:"status,explode" enum:"ready,handing,accepted,refused,failed,waiting,withdrawn,uncertain,held,skipped" doc:"only these; repeat it for several"`
}

func (a *API) listMessages(ctx context.Context, who Actor, in *messageListInput) (*body[client.Page[client.Message]], error) {
	q := message.LogQuery{Channel: in.Channel, Status: in.Status, Limit: in.Limit}
	for _, f := range []struct {
		name, given string
		to          *int64
	}{{"contact", in.Contact, &q.Contact}, {"plan", in.Plan, &q.Plan}, {"enrollment", in.Enrollment, &q.Enrollment}} {
		id, err := reference(f.name, client.ID(f.given))
		if err != nil {
			return nil, err
		}
		*f.to = id
	}
	var err error
	if q.Before, err = placeID("messages", in.Cursor); err != nil {
		return nil, err
	}
	list, next, err := a.s.Messages.List(ctx, who.Account, q)
	return &body[client.Page[client.Message]]{client.Page[client.Message]{Items: each(list, messageOf), Next: cursorID("messages", next)}}, err
}

func (a *API) theMessage(ctx context.Context, account int64, given string) (message.Sent, error) {
	id, err := object(given, "message")
	if err != nil {
		return message.Sent{}, err
	}
	return a.s.Messages.Get(ctx, account, id)
}

type letterInput struct {
	IDInput
	Body client.NewMessage
}

func (a *API) writeMessage(ctx context.Context, who Actor, in *letterInput) (*created[client.Message], error) {
	if a.s.Desk == nil {
		return nil, fault.New(fault.Unavailable, "this server sends nothing by hand")
	}
	to, err := object(in.ID, "contact")
	if err != nil {
		return nil, err
	}
	template, err := reference("template", in.Body.Template)
	if err != nil {
		return nil, err
	}
	id, err := a.s.Desk.Write(ctx, who.Account, delivery.Letter{
		Contact: to, Subject: in.Body.Subject, Text: in.Body.Text, Template: template, Sender: who.User, At: instant(in.Body.At),
	})
	if err != nil {
		return nil, err
	}
	m, err := a.s.Messages.Get(ctx, who.Account, id)
	return &created[client.Message]{Location: Prefix + "/messages/" + string(idOf(id)), Body: messageOf(m)}, err
}

func (a *API) getMessage(ctx context.Context, who Actor, in *IDInput) (*body[client.Message], error) {
	m, err := a.theMessage(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	out := messageOf(m)
	c, err := a.s.Messages.Content(ctx, who.Account, m.ID)
	switch {
	case err == nil:
		out.Content = &client.Content{From: c.From, To: c.To, Subject: c.Subject, Text: c.Text, HTML: c.HTML}
	case !fault.Is(err, fault.NotFound):
		return nil, err
	}
	return &body[client.Message]{out}, nil
}

func (a *API) rawMessage(ctx context.Context, who Actor, in *IDInput) (*file, error) {
	m, err := a.theMessage(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	c, err := a.s.Messages.Content(ctx, who.Account, m.ID)
	if err != nil {
		return nil, err
	}
	// Never shown in place: what strangers are sent is not a page of ours (SEC-4).
	return &file{ContentType: "application/octet-stream", Disposition: disposition("message-" + string(idOf(m.ID)) + ".eml"), Body: c.Raw}, nil
}

func (a *API) settle(do func(s Settler, ctx context.Context, account, message int64, author string) error) func(context.Context, Actor, *IDInput) (*body[client.Message], error) {
	return func(ctx context.Context, who Actor, in *IDInput) (*body[client.Message], error) {
		m, err := a.theMessage(ctx, who.Account, in.ID)
		if err != nil {
			return nil, err
		}
		if a.s.Settle == nil {
			return nil, fault.New(fault.Unavailable, "this server cannot settle messages")
		}
		if err := do(a.s.Settle, ctx, who.Account, m.ID, who.Author); err != nil {
			return nil, err
		}
		return a.getMessage(ctx, who, in)
	}
}
