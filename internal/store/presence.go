package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"tactus/internal/fault"
)

// presenceLock is shared by all nodes of a PostgreSQL database for as long as they serve it, and held alone by a restore. Any number will do.
const presenceLock = 7310582250

// presenceTries: PostgreSQL takes a moment to notice that a process has ended.
const presenceTries = 30

// Presence says that a process uses the database. On SQLite the file's lock says it already.
type Presence struct {
	db   *DB
	conn *pgx.Conn // nil on SQLite
}

// Attend says that this process serves the database; while it is being restored that is refused (fault.Conflict).
func (db *DB) Attend(ctx context.Context) (*Presence, error) {
	return db.present(ctx, "SELECT pg_try_advisory_lock_shared($1)", "this database is being restored: start again when that is done")
}

// Alone makes sure that nobody serves the database, and keeps everybody off until Close.
func (db *DB) Alone(ctx context.Context) (*Presence, error) {
	return db.present(ctx, "SELECT pg_try_advisory_lock($1)", "a server runs on this database: stop every node before a restore (DEC-18)")
}

func (db *DB) present(ctx context.Context, lock, refusal string) (*Presence, error) {
	p := &Presence{db: db}
	if !db.Nodes() {
		return p, nil
	}
	conn, err := pgx.ConnectConfig(ctx, db.listen)
	if err != nil {
		return nil, db.fault(err)
	}
	ok := false
	for try := 0; err == nil && !ok && try < presenceTries; try++ {
		if try > 0 {
			pause(ctx, 100*time.Millisecond)
		}
		err = db.fault(conn.QueryRow(ctx, lock, presenceLock).Scan(&ok))
	}
	if err == nil && !ok {
		err = fault.New(fault.Conflict, "%s", refusal)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	p.conn = conn
	return p, nil
}

// Close gives the lock back.
func (p *Presence) Close(ctx context.Context) error {
	if p.conn == nil {
		return nil
	}
	_, err := p.conn.Exec(ctx, "SELECT pg_advisory_unlock_all()") // the connection's end would do it too, but later
	return errors.Join(p.db.fault(err), p.conn.Close(ctx))
}

// Watch keeps the presence of a node that serves until ctx is done. A connection that breaks is made again; when the database was restored
// meanwhile, what this process knows is of another life, and it returns fault.Conflict.
func (p *Presence) Watch(ctx context.Context) error {
	if p.conn == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = p.Close(ending) // the lock goes with the connection, closed well or not
	}()
	life, err := p.db.life(ctx)
	for err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pause(ctx, time.Second)
		life, err = p.db.life(ctx)
	}
	for {
		_, _ = p.conn.WaitForNotification(ctx) // none comes: it ends with the connection
		if err := p.back(ctx); err != nil {
			return err
		}
		now, err := p.db.life(ctx)
		if err == nil && now != life {
			return fault.New(fault.Conflict, "this database was restored while this process served it: start again")
		}
	}
}

// back makes the connection again, however long the database is away.
func (p *Presence) back(ctx context.Context) error {
	for {
		_ = p.conn.Close(ctx) // it is broken
		if ctx.Err() != nil {
			return ctx.Err()
		}
		again, err := p.db.Attend(ctx)
		switch {
		case err == nil:
			p.conn = again.conn
			return nil
		case fault.Is(err, fault.Conflict):
			return err
		}
		pause(ctx, time.Second)
	}
}

// life names the database's last restore; "" = none.
func (db *DB) life(ctx context.Context) (value string, err error) {
	err = db.each(ctx, `SELECT value FROM mark WHERE name = 'restore'`, nil, func(scan scanFunc) error { return scan(&value) })
	return value, err
}
