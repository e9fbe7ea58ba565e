package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// piped makes a connection hold back what needs no answer yet, the beginning of a transaction and statements that were
// run with the context of later, and send it with the next statement that does, or with the commit: PostgreSQL answers a pipeline of statements
// in one go. On one machine the way to the server and back takes as long as most of our statements, over a network much longer.
func piped(c driver.Conn) driver.Conn {
	inner, ok := c.(*stdlib.Conn)
	if !ok {
		return nil
	}
	return &pipedConn{Conn: inner}
}

// pipedConn is a connection and what it holds back. Only a transaction holds back.
type pipedConn struct {
	*stdlib.Conn
	held []heldText
	sent bool  // something of the transaction has been sent
	lost error // why what was held back did not come through: the transaction can only be rolled back
}

// heldText is a statement and its arguments. check, if there is one, is told how it went, and says how that is to be taken.
type heldText struct {
	text  string
	args  []any
	check checkFunc
}

type checkFunc func(rows int64, err error) error

type (
	laterKey struct{} // of a context: checkFunc of the statement, which waits
	alsoKey  struct{} // of a context: []heldText, queries whose rows follow
)

// later makes a statement that is run with it wait for the next one, which fails in its place. check may be nil.
func later(ctx context.Context, check checkFunc) context.Context {
	return context.WithValue(ctx, laterKey{}, check)
}

// also makes the rows of more queries follow those of the one that is run with it, as further result sets.
func also(ctx context.Context, more []heldText) context.Context {
	return context.WithValue(ctx, alsoKey{}, more)
}

// BeginTx implements driver.ConnBeginTx.
func (c *pipedConn) BeginTx(ctx context.Context, opt driver.TxOptions) (driver.Tx, error) {
	if c.Conn.Conn().IsClosed() {
		return nil, driver.ErrBadConn
	}
	text := "begin"
	switch sql.IsolationLevel(opt.Isolation) {
	case sql.LevelDefault:
	case sql.LevelRepeatableRead:
		text += " isolation level repeatable read"
	default:
		return nil, fmt.Errorf("isolation level %v is not used here", sql.IsolationLevel(opt.Isolation))
	}
	if opt.ReadOnly {
		text += " read only"
	}
	c.held, c.sent, c.lost = []heldText{{text: text}}, false, nil
	return &pipedTx{c, ctx}, nil
}

// ExecContext implements driver.ExecerContext.
func (c *pipedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if c.lost != nil {
		return nil, c.lost
	}
	check, waits := ctx.Value(laterKey{}).(checkFunc)
	if waits && (c.sent || len(c.held) > 0) {
		c.held = append(c.held, heldText{text, values(args), check})
		return driver.RowsAffected(0), nil
	}
	if len(args) == 0 && strings.Contains(text, ";") { // several statements, which cannot be prepared
		if err := c.flush(ctx); err != nil {
			return nil, err
		}
	}
	if len(c.held) == 0 {
		return c.Conn.ExecContext(ctx, text, args)
	}
	tag, err := c.send(ctx, heldText{text: text, args: values(args)})
	return driver.RowsAffected(tag.RowsAffected()), err
}

// QueryContext implements driver.QueryerContext.
func (c *pipedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if c.lost != nil {
		return nil, c.lost
	}
	more, _ := ctx.Value(alsoKey{}).([]heldText)
	if len(c.held)+len(more) == 0 {
		return c.Conn.QueryContext(ctx, text, args)
	}
	answers, err := c.begin(ctx, append([]heldText{{text: text, args: values(args)}}, more...)...)
	if err != nil {
		return nil, err
	}
	r := &pipedRows{conn: c, answers: answers, left: len(more)}
	if err := r.next(); err != nil {
		return nil, failed(answers, err)
	}
	return r, nil
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *pipedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	if err := c.flush(ctx); err != nil {
		return nil, err
	}
	return c.Conn.PrepareContext(ctx, text)
}

// flush sends what is held back.
func (c *pipedConn) flush(ctx context.Context) error {
	if len(c.held) == 0 {
		return nil
	}
	answers, err := c.begin(ctx)
	if err != nil {
		return err
	}
	return answers.Close()
}

// begin sends what is held back and these, and reads the answers to what was held back. When those do not come, or somebody who was asked is not
// content with one, the transaction is lost: its beginning may never have gone out, and nobody else may take the error for their own and go on.
func (c *pipedConn) begin(ctx context.Context, these ...heldText) (answers pgx.BatchResults, err error) {
	held := c.held
	if len(held) > 0 {
		c.held, c.sent = nil, true
		defer func() { c.lost = err }()
	}
	if c.Conn.Conn().IsClosed() {
		return nil, driver.ErrBadConn
	}
	batch := &pgx.Batch{}
	for _, h := range held {
		batch.Queue(h.text, h.args...)
	}
	for _, h := range these {
		batch.Queue(h.text, h.args...)
	}
	answers = c.Conn.Conn().SendBatch(ctx, batch)
	for _, h := range held {
		tag, err := answers.Exec()
		if h.check != nil {
			err = h.check(tag.RowsAffected(), err)
		}
		if err != nil {
			return nil, failed(answers, err)
		}
	}
	return answers, nil
}

// send is begin for a statement without rows.
func (c *pipedConn) send(ctx context.Context, last heldText) (pgconn.CommandTag, error) {
	answers, err := c.begin(ctx, last)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := answers.Exec()
	if err != nil {
		return tag, failed(answers, err)
	}
	return tag, answers.Close()
}

// failed ends a pipeline that has failed. A connection that was lost before anything went out has its own name in database/sql.
func failed(answers pgx.BatchResults, err error) error {
	_ = answers.Close() // it says the same once more
	if pgconn.SafeToRetry(err) {
		return driver.ErrBadConn
	}
	return err
}

func values(args []driver.NamedValue) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a.Value
	}
	return out
}

// pipedTx is a transaction of such a connection.
type pipedTx struct {
	c   *pipedConn
	ctx context.Context //nolint:containedctx // driver.Tx takes none; the transaction's own is meant
}

// Commit implements driver.Tx.
func (t *pipedTx) Commit() error {
	c := t.c
	if lost := c.lost; lost != nil {
		return errors.Join(lost, t.Rollback())
	}
	if !c.sent && len(c.held) == 1 {
		c.held = nil // nothing but its beginning
		return nil
	}
	if c.sent && c.Conn.Conn().PgConn().TxStatus() == 'I' {
		return errors.Join(errors.New("the transaction has ended before its commit"), t.Rollback())
	}
	if slices.ContainsFunc(c.held, func(h heldText) bool { return h.check != nil }) {
		if err := c.flush(t.ctx); err != nil { // it must not be committed before all is well
			return errors.Join(err, t.Rollback())
		}
	}
	tag, err := c.send(t.ctx, heldText{text: "commit"})
	if err == nil && tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	if err != nil {
		return errors.Join(err, t.Rollback())
	}
	c.sent, c.lost = false, nil
	return nil
}

// Rollback implements driver.Tx.
func (t *pipedTx) Rollback() error {
	c := t.c
	sent := c.sent
	c.held, c.sent, c.lost = nil, false, nil
	conn := c.Conn.Conn()
	if !sent || conn.IsClosed() || conn.PgConn().TxStatus() == 'I' {
		return nil
	}
	if _, err := conn.Exec(t.ctx, "rollback"); err != nil {
		return errors.Join(err, conn.Close(t.ctx)) // nobody knows in which state it is
	}
	return nil
}
