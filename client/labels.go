package client

import (
	"context"
	"net/http"
)

// Label is a stage, tag, source or group.
type Label struct {
	ID       ID     `json:"id"`
	Name     string `json:"name"`
	Position int    `json:"position,omitempty" doc:"order of stages"`
	Contacts int64  `json:"contacts" doc:"how many contacts have it"`
}

// NewLabel names a new label.
type NewLabel struct {
	Name     string `json:"name" maxLength:"200"`
	Position *int   `json:"position,omitempty" doc:"order of stages; last when absent"`
}

// LabelPatch changes a label; what is absent stays.
type LabelPatch struct {
	Name     *string `json:"name,omitempty" maxLength:"200"`
	Position *int    `json:"position,omitempty"`
}

// The kinds of labels, as they stand in paths.
const (
	Tags    = "tags"
	Stages  = "stages"
	Sources = "sources"
	Groups  = "groups"
)

// Labels returns all labels of a kind: stages in their order, others by name.
func (c *Client) Labels(ctx context.Context, kind string) (Page[Label], error) {
	return get[Page[Label]](ctx, c, path(kind), nil)
}

// CreateLabel makes a label.
func (c *Client) CreateLabel(ctx context.Context, kind string, l NewLabel) (Label, error) {
	return send[Label](ctx, c, http.MethodPost, path(kind), l)
}

// UpdateLabel renames a label or moves a stage; plans follow.
func (c *Client) UpdateLabel(ctx context.Context, kind string, id ID, p LabelPatch) (Label, error) {
	return send[Label](ctx, c, http.MethodPatch, path(kind, string(id)), p)
}

// DeleteLabel deletes a label that no plan names.
func (c *Client) DeleteLabel(ctx context.Context, kind string, id ID) error {
	return c.drop(ctx, path(kind, string(id)))
}
