package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Consent is one line of a contact's consent ledger, which is only ever added to (CMP-1).
type Consent struct {
	ID         ID        `json:"id"`
	Channel    string    `json:"channel"`
	Act        string    `json:"act" enum:"grant,revoke"`
	Basis      string    `json:"basis,omitempty"`
	Wording    string    `json:"wording,omitempty" doc:"exactly what was shown"`
	Method     string    `json:"method,omitempty"`
	Evidence   string    `json:"evidence,omitempty"`
	Author     string    `json:"author"`
	At         time.Time `json:"at" doc:"when it was given"`
	RecordedAt time.Time `json:"recorded_at"`
}

// NewConsent is a line to add.
type NewConsent struct {
	Channel  string     `json:"channel" enum:"email,sms,call,mail"`
	Act      string     `json:"act,omitempty" enum:"grant,revoke" doc:"grant when absent"`
	Basis    string     `json:"basis,omitempty" maxLength:"40" doc:"express_written, express, inquiry, transaction …"`
	Wording  string     `json:"wording,omitempty" maxLength:"10000"`
	Method   string     `json:"method,omitempty" maxLength:"40" doc:"form, import, keyword, paper, api, hand; api when absent"`
	Evidence string     `json:"evidence,omitempty" maxLength:"2000" doc:"source URL, IP, document"`
	At       *time.Time `json:"at,omitempty" doc:"when it was given; now when absent"`
}

// Permission is the current state of a channel, derived from the ledger.
type Permission struct {
	Channel string `json:"channel"`
	Granted bool   `json:"granted"`
	Basis   string `json:"basis,omitempty"`
}

// Consented is the answer to a line of the ledger.
type Consented struct {
	Items   []Permission `json:"items" doc:"the state by channel"`
	Handing []Handing    `json:"handing,omitempty" doc:"after a withdrawal: messages that were being handed over at that moment and may still arrive; they are not retried"`
}

// Suppression keeps messages of a channel off an address; it belongs to the address, not to the contact.
type Suppression struct {
	Channel string    `json:"channel"`
	Address string    `json:"address"`
	Reason  string    `json:"reason" enum:"opt_out,bounce,complaint,do_not_contact"`
	Detail  string    `json:"detail,omitempty"`
	Author  string    `json:"author,omitempty"`
	At      time.Time `json:"at"`
}

// OptedOut is the answer to an opt-out.
type OptedOut struct {
	Items   []Suppression `json:"items" doc:"what keeps messages of the channel off the contact's addresses now"`
	Handing []Handing     `json:"handing,omitempty" doc:"messages that were being handed over at that moment and may still arrive; they are not retried"`
}

// NewOptOut suppresses addresses of a contact.
type NewOptOut struct {
	Channel string `json:"channel" enum:"email,sms,call,mail"`
	Address string `json:"address,omitempty" doc:"one address of the contact; all of the channel when absent"`
	Reason  string `json:"reason,omitempty" enum:"opt_out,do_not_contact,complaint" doc:"opt_out when absent"`
	Detail  string `json:"detail,omitempty" maxLength:"2000"`
}

// Consents returns a contact's ledger, oldest first.
func (c *Client) Consents(ctx context.Context, id ID) (Page[Consent], error) {
	return get[Page[Consent]](ctx, c, path("contacts", string(id), "consents"), nil)
}

// RecordConsent adds a line to the ledger and returns the state by channel.
func (c *Client) RecordConsent(ctx context.Context, id ID, line NewConsent) (Consented, error) {
	return send[Consented](ctx, c, http.MethodPost, path("contacts", string(id), "consents"), line)
}

// OptOuts returns what keeps messages off a contact's addresses.
func (c *Client) OptOuts(ctx context.Context, id ID) (Page[Suppression], error) {
	return get[Page[Suppression]](ctx, c, path("contacts", string(id), "opt-outs"), nil)
}

// OptOut suppresses addresses of a contact at once, also for what is queued.
func (c *Client) OptOut(ctx context.Context, id ID, o NewOptOut) (OptedOut, error) {
	return send[OptedOut](ctx, c, http.MethodPost, path("contacts", string(id), "opt-outs"), o)
}

// Allow lifts a suppression of one of a contact's addresses by hand, such as a bounce that was repaired.
func (c *Client) Allow(ctx context.Context, id ID, channel, address, reason string) error {
	q := url.Values{"channel": {channel}, "address": {address}, "reason": {reason}}
	_, err := c.do(ctx, request{method: http.MethodDelete, path: path("contacts", string(id), "opt-outs"), query: q}, nil)
	return err
}
