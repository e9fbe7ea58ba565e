package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

// prepares makes a connection keep its prepared statements, so that each
// text is prepared once per connection, inside a transaction or not. database/sql cannot do it
// with one writer: preparing on the pool waits for the connection that the transaction holds.
func prepares(c driver.Conn) driver.Conn {
	full, ok := c.(fullConn)
	if !ok {
		return nil
	}
	return &preparedConn{fullConn: full, known: map[string]*preparedStmt{}}
}

// fullConn is what database/sql uses of a connection.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// maxPrepared bounds the statements of one connection.
const maxPrepared = 512

type preparedConn struct {
	fullConn
	known map[string]*preparedStmt
}

type preparedStmt struct {
	stmt interface {
		driver.Stmt
		driver.StmtExecContext
		driver.StmtQueryContext
	}
	busy bool // its rows are still being read
}

// prepared returns the statement of a text, nil when it must be run by the connection itself.
func (c *preparedConn) prepared(ctx context.Context, text string) (*preparedStmt, error) {
	if s := c.known[text]; s != nil {
		if s.busy {
			return nil, nil
		}
		return s, nil
	}
	if len(c.known) >= maxPrepared || strings.Contains(text, ";") {
		return nil, nil
	}
	inner, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	s := &preparedStmt{}
	var ok bool
	if s.stmt, ok = inner.(interface {
		driver.Stmt
		driver.StmtExecContext
		driver.StmtQueryContext
	}); !ok {
		return nil, inner.Close()
	}
	c.known[text] = s
	return s, nil
}

// ExecContext implements driver.ExecerContext.
func (c *preparedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.fullConn.ExecContext(ctx, text, args)
	}
	return s.stmt.ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (c *preparedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.fullConn.QueryContext(ctx, text, args)
	}
	rows, err := s.stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &preparedRows{Rows: rows, stmt: s}, nil
}

// Close implements driver.Conn.
func (c *preparedConn) Close() error {
	var errs []error
	for _, s := range c.known {
		errs = append(errs, s.stmt.Close())
	}
	clear(c.known)
	return errors.Join(append(errs, c.fullConn.Close())...)
}

type preparedRows struct {
	driver.Rows
	stmt *preparedStmt
}

// Close implements driver.Rows.
func (r *preparedRows) Close() error {
	r.stmt.busy = false
	return r.Rows.Close()
}
