package store

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"tactus/internal/clock"
	"tactus/internal/fault"
)

// answerTimeout is how long PostgreSQL may say nothing to somebody who has asked it something, unless the address has another answer_timeout:
// a network that swallows packets must not hold a worker for ever.
const answerTimeout = time.Minute

// takeAnswerTimeout takes our own parameter out of an address, which PostgreSQL would not know.
func takeAnswerTimeout(conf *pgx.ConnConfig) (time.Duration, error) {
	const name = "answer_timeout"
	text, ok := conf.RuntimeParams[name]
	if !ok {
		return answerTimeout, nil
	}
	delete(conf.RuntimeParams, name)
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second {
		return 0, fault.New(fault.Invalid, "the database address: answer_timeout=%q is not a time of a second or more, like 60s", text)
	}
	return d, nil
}

// asking dials connections whose reads fail when nothing comes for long.
type asking struct{ limit atomic.Int64 }

// suspend waits for ever, until resume: a statement of a migration takes as long as the tables are large.
func (a *asking) suspend() (resume func()) {
	was := a.limit.Swap(0)
	return func() { a.limit.Store(was) }
}

func (a *asking) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &patientConn{Conn: conn, asking: a}, nil
}

// patientConn keeps to the earlier of its own and its user's deadline for reading.
type patientConn struct {
	net.Conn
	asking  *asking
	mu      sync.Mutex
	theirs  time.Time // the user's deadline; zero: none
	reading bool
}

// Read implements net.Conn.
func (c *patientConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	c.reading = true
	err := c.Conn.SetReadDeadline(c.deadline())
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	c.reading = false
	c.mu.Unlock()
	return n, err
}

func (c *patientConn) deadline() time.Time {
	limit := time.Duration(c.asking.limit.Load())
	if limit == 0 {
		return c.theirs
	}
	ours := clock.Deadline(limit)
	if !c.theirs.IsZero() && c.theirs.Before(ours) {
		return c.theirs
	}
	return ours
}

// SetReadDeadline implements net.Conn.
func (c *patientConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.theirs = t
	if !c.reading {
		return c.Conn.SetReadDeadline(t)
	}
	return c.Conn.SetReadDeadline(c.deadline())
}

// SetDeadline implements net.Conn.
func (c *patientConn) SetDeadline(t time.Time) error {
	if err := c.SetWriteDeadline(t); err != nil {
		return err
	}
	return c.SetReadDeadline(t)
}
