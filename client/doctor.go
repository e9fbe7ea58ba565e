package client

import (
	"context"
	"net/http"
	"time"
)

// Checkup is how the whole installation is.
type Checkup struct {
	OK     bool      `json:"ok" doc:"no check failed; there may be warnings"`
	At     time.Time `json:"at"`
	Checks []Check   `json:"checks"`
}

// Check is one thing that the doctor looked at.
type Check struct {
	Section string `json:"section" doc:"Database, Work, Setup, Carriers, Sender domains"`
	Name    string `json:"name"`
	Status  string `json:"status" enum:"ok,warn,fail"`
	Saw     string `json:"saw" doc:"what was seen"`
	Advice  string `json:"advice,omitempty" doc:"what to do"`
}

// Doctor looks at the whole installation: database, work, setup, carriers, DNS of the sender domains. Nothing is changed or sent.
func (c *Client) Doctor(ctx context.Context) (Checkup, error) {
	var out Checkup
	_, err := c.do(ctx, request{method: http.MethodGet, path: "/doctor"}, &out)
	return out, err
}
