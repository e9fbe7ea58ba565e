package client

import (
	"context"
	"net/http"
	"time"
)

// Key is an API key without its secret.
type Key struct {
	ID        ID         `json:"id"`
	Name      string     `json:"name"`
	Prefix    string     `json:"prefix" doc:"the key's beginning, to tell keys apart"`
	Scopes    []string   `json:"scopes"`
	User      ID         `json:"user,omitempty" doc:"in whose name it acts"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// NewKey is a key to make.
type NewKey struct {
	Name   string   `json:"name" maxLength:"200" doc:"what will use it"`
	Scopes []string `json:"scopes" minItems:"1" enum:"read,write,admin" doc:"write includes read, admin includes write"`
	User   ID       `json:"user,omitempty" doc:"in whose name it acts; the account's when absent"`
}

// MadeKey is a key with its secret, which is shown this once.
type MadeKey struct {
	Key
	Secret string `json:"secret" doc:"what to send as Authorization: Bearer SECRET; it cannot be shown again"`
}

// Keys returns the account's keys, newest first, revoked ones too.
func (c *Client) Keys(ctx context.Context) (Page[Key], error) {
	return get[Page[Key]](ctx, c, "/keys", nil)
}

// CreateKey makes a key.
func (c *Client) CreateKey(ctx context.Context, k NewKey) (MadeKey, error) {
	return send[MadeKey](ctx, c, http.MethodPost, "/keys", k)
}

// RevokeKey ends a key at once.
func (c *Client) RevokeKey(ctx context.Context, id ID) error {
	return c.drop(ctx, path("keys", string(id)))
}
