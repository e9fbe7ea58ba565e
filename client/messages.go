package client

import (
	"context"
	"net/http"
	"time"
)

// Message is one message of the outbox: what became of it and why.
type Message struct {
	ID         ID         `json:"id"`
	Contact    ID         `json:"contact"`
	Plan       ID         `json:"plan,omitempty"`
	Enrollment ID         `json:"enrollment,omitempty"`
	Step       ID         `json:"step,omitempty"`
	Run        int        `json:"run,omitempty"`
	Round      int        `json:"round,omitempty"`
	Class      string     `json:"class" enum:"plan,completion,manual,bulk,notice"`
	Channel    string     `json:"channel"`
	Status     string     `json:"status" enum:"ready,handing,accepted,refused,failed,waiting,withdrawn,uncertain,held,skipped"`
	Reason     string     `json:"reason,omitempty"`
	Answer     string     `json:"answer,omitempty" doc:"the carrier's own words"`
	Address    string     `json:"address,omitempty"`
	Subject    string     `json:"subject,omitempty"`
	Carrier    string     `json:"carrier,omitempty"`
	CarrierID  string     `json:"carrier_id,omitempty"`
	MessageID  string     `json:"message_id,omitempty"`
	Attempts   int        `json:"attempts"`
	Due        *time.Time `json:"due,omitempty"`
	TryAt      *time.Time `json:"try_at,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
	HandedAt   *time.Time `json:"handed_at,omitempty"`
	DoneAt     *time.Time `json:"done_at,omitempty"`
	Content    *Content   `json:"content,omitempty" doc:"when one message is asked for that was handed over"`
}

// Content is what a message said.
type Content struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text,omitempty"`
	HTML    string `json:"html,omitempty"`
}

// NewMessage is an email that a person writes to one contact: a subject and a text in Markdown with merge fields, or a template.
type NewMessage struct {
	Subject  string     `json:"subject,omitempty" maxLength:"998"`
	Text     string     `json:"text,omitempty" maxLength:"65536" doc:"Markdown with merge fields"`
	Template ID         `json:"template,omitempty" doc:"instead of a text"`
	At       *time.Time `json:"at,omitempty" doc:"not before; at once when absent"`
}

// Write writes to a contact by hand.
func (c *Client) Write(ctx context.Context, contact ID, m NewMessage) (Message, error) {
	return send[Message](ctx, c, http.MethodPost, path("contacts", string(contact), "messages"), m)
}

// MessageFilter selects messages.
type MessageFilter struct {
	Contact, Plan, Enrollment ID
	Channel                   string
	Status                    []string
}

// Messages returns a page of messages, newest first.
func (c *Client) Messages(ctx context.Context, f MessageFilter, page PageOptions) (Page[Message], error) {
	q := page.query()
	for name, value := range map[string]string{
		"contact": string(f.Contact), "plan": string(f.Plan), "enrollment": string(f.Enrollment), "channel": f.Channel,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for _, s := range f.Status {
		q.Add("status", s)
	}
	return get[Page[Message]](ctx, c, "/messages", q)
}

// Message returns one with its content.
func (c *Client) Message(ctx context.Context, id ID) (Message, error) {
	return get[Message](ctx, c, path("messages", string(id)), nil)
}

// RawMessage returns the very bytes that were handed over.
func (c *Client) RawMessage(ctx context.Context, id ID) ([]byte, error) {
	return get[[]byte](ctx, c, path("messages", string(id), "raw"), nil)
}

// SendAgain sends an uncertain message once more, because a person says that it has not arrived (ENG-5).
func (c *Client) SendAgain(ctx context.Context, id ID) (Message, error) {
	return send[Message](ctx, c, http.MethodPost, path("messages", string(id), "send-again"), nil)
}

// Arrived settles an uncertain message as one that has arrived.
func (c *Client) Arrived(ctx context.Context, id ID) (Message, error) {
	return send[Message](ctx, c, http.MethodPost, path("messages", string(id), "arrived"), nil)
}
