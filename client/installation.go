package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// Sending says whether messages may leave. After a restore they are held until a person releases them.
type Sending struct {
	Held      bool       `json:"held"`
	LostFrom  *time.Time `json:"lost_from,omitempty" doc:"the moment of the backup that was restored last"`
	LostUntil *time.Time `json:"lost_until,omitempty" doc:"the moment of its restore: what was due before may have left, and is uncertain"`
}

// Sending tells whether messages may leave.
func (c *Client) Sending(ctx context.Context) (Sending, error) {
	return get[Sending](ctx, c, "/sending", nil)
}

// ReleaseSending lets messages leave again after a restore.
func (c *Client) ReleaseSending(ctx context.Context) (Sending, error) {
	return send[Sending](ctx, c, http.MethodPost, "/sending/release", nil)
}

// Backup writes a backup of the whole installation to w. After an error w holds a part of one, which is worth nothing.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	_, err := c.do(ctx, request{method: http.MethodGet, path: "/backup", once: true}, w)
	return err
}

// stream copies an answer's body to a writer that the caller gave.
func stream(resp *http.Response, w io.Writer) error {
	_, err := io.Copy(w, resp.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the server ended the answer in the middle; its log says why")
	}
	return err
}
