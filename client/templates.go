package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Template is reusable content for a message, with merge fields.
type Template struct {
	ID        ID        `json:"id"`
	Name      string    `json:"name"`
	Channel   string    `json:"channel" enum:"email,sms,letter,postcard,task,note"`
	Subject   string    `json:"subject,omitempty"`
	Body      string    `json:"body" doc:"Markdown for emails, plain text elsewhere"`
	HTML      string    `json:"html,omitempty"`
	OnEmpty   string    `json:"on_empty" enum:"send,hold" doc:"when a field without default is empty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	UsedBy    []string  `json:"used_by,omitempty" doc:"in answers to edits: the plans that use it"`
	ETag      string    `json:"-"`
}

// NewTemplate is a template to make, or what one is to be.
type NewTemplate struct {
	Name    string `json:"name" maxLength:"200"`
	Channel string `json:"channel" enum:"email,sms,letter,postcard,task,note"`
	Subject string `json:"subject,omitempty" maxLength:"2000"`
	Body    string `json:"body,omitempty" maxLength:"500000"`
	HTML    string `json:"html,omitempty" maxLength:"500000"`
	OnEmpty string `json:"on_empty,omitempty" enum:"send,hold"`
}

// Templates returns all templates by name; channel "" = every channel.
func (c *Client) Templates(ctx context.Context, channel string) (Page[Template], error) {
	q := url.Values{}
	if channel != "" {
		q.Set("channel", channel)
	}
	return get[Page[Template]](ctx, c, "/templates", q)
}

// Template returns one.
func (c *Client) Template(ctx context.Context, id ID) (Template, error) {
	var out Template
	a, err := c.do(ctx, request{method: http.MethodGet, path: path("templates", string(id))}, &out)
	out.ETag = a.etag
	return out, err
}

// CreateTemplate makes a template.
func (c *Client) CreateTemplate(ctx context.Context, t NewTemplate) (Template, error) {
	return send[Template](ctx, c, http.MethodPost, "/templates", t)
}

// UpdateTemplate replaces a template; messages that are not yet rendered take it. etag "" replaces it whatever it has become.
func (c *Client) UpdateTemplate(ctx context.Context, id ID, etag string, t NewTemplate) (Template, error) {
	var out Template
	a, err := c.do(ctx, request{method: http.MethodPut, path: path("templates", string(id)), body: t, match: etag}, &out)
	out.ETag = a.etag
	return out, err
}

// DeleteTemplate deletes a template that no plan names.
func (c *Client) DeleteTemplate(ctx context.Context, id ID) error {
	return c.drop(ctx, path("templates", string(id)))
}
