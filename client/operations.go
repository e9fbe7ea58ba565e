package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Operation is work in the background, with its progress.
type Operation struct {
	ID        ID               `json:"id"`
	Kind      string           `json:"kind"`
	Status    string           `json:"status" enum:"draft,waiting,running,done,cancelled,failed"`
	Total     int64            `json:"total" doc:"0 = not known yet"`
	Done      int64            `json:"done"`
	Counts    map[string]int64 `json:"counts" doc:"what became of the items: started, already, skipped.REASON …"`
	Message   string           `json:"message,omitempty" doc:"why it failed, or is tried again"`
	Params    json.RawMessage  `json:"params,omitempty"`
	Author    string           `json:"author"`
	CreatedAt time.Time        `json:"created_at"`
	EndedAt   *time.Time       `json:"ended_at,omitempty"`
}

// Ended reports whether nothing more will happen.
func (o Operation) Ended() bool {
	return o.Status == "done" || o.Status == "cancelled" || o.Status == "failed"
}

// Operations returns a page of operations, newest first; live keeps to those that have not ended.
func (c *Client) Operations(ctx context.Context, kind string, live bool, page PageOptions) (Page[Operation], error) {
	q := page.query()
	if kind != "" {
		q.Set("kind", kind)
	}
	if live {
		q.Set("live", "true")
	}
	return get[Page[Operation]](ctx, c, "/operations", q)
}

// Operation returns one.
func (c *Client) Operation(ctx context.Context, id ID) (Operation, error) {
	return get[Operation](ctx, c, path("operations", string(id)), nil)
}

// CancelOperation ends an operation before its next chunk; what is done stays.
func (c *Client) CancelOperation(ctx context.Context, id ID) (Operation, error) {
	return send[Operation](ctx, c, http.MethodPost, path("operations", string(id), "cancel"), nil)
}

// OperationFile returns a file that an operation left behind, such as refused.csv of an import.
func (c *Client) OperationFile(ctx context.Context, id ID, name string) ([]byte, error) {
	return get[[]byte](ctx, c, path("operations", string(id), "files", name), nil)
}

// WaitOperation asks until the operation has ended, telling progress each time; progress may be nil.
func (c *Client) WaitOperation(ctx context.Context, id ID, progress func(Operation)) (Operation, error) {
	gap := 50 * time.Millisecond
	for {
		o, err := c.Operation(ctx, id)
		if err != nil {
			return o, err
		}
		if progress != nil {
			progress(o)
		}
		if o.Ended() {
			return o, nil
		}
		if err := c.wait(ctx, gap); err != nil {
			return o, err
		}
		gap = min(gap*2, time.Second)
	}
}

// Prune says what is to be forgotten: at least one of the two.
type Prune struct {
	HistoryBefore *time.Time `json:"history_before,omitempty" doc:"history rows from before"`
	ContentBefore *time.Time `json:"content_before,omitempty" doc:"texts and bytes of messages that were settled before"`
	DryRun        bool       `json:"dry_run,omitempty" doc:"only count"`
}

// Prune forgets old history and old messages' content, as an operation; its counts are history and content.
func (c *Client) Prune(ctx context.Context, p Prune) (Operation, error) {
	out, err := send[Outcome](ctx, c, http.MethodPost, "/prune", p)
	if err != nil || out.Operation == nil {
		return Operation{}, err
	}
	return *out.Operation, nil
}
