package store

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tactus/internal/clock"
)

// PostgreSQL keeps the plan of a prepared statement until the statistics of its tables change, which autovacuum sees to once a minute. In the first
// burst on a small database, or on a table that was vacuumed while it was empty, that is too late: with a plan that was made for an empty table each
// message costs a walk through all of them. So whoever writes has a look, once a second at the most, at which tables are several times as large as
// their statistics say, and analyzes those. A table that grows from nothing to a million rows is analyzed ten times.
const (
	growthEvery = time.Second
	growthTimes = 4
	growthLeast = 8 // pages; a walk through fewer costs nothing
)

// growth is when somebody has looked.
type growth struct {
	mu     sync.Mutex
	follow bool
	under  bool
	looked time.Time // a clock.Deadline
}

// FollowGrowth keeps the statistics of PostgreSQL's tables near the truth while this process writes. SQLite needs none of it: its plans do not depend
// on statistics.
func (db *DB) FollowGrowth() {
	db.growth.mu.Lock()
	defer db.growth.mu.Unlock()
	db.growth.follow = db.Nodes()
}

// wrote has a look at the tables in the background when nobody has for a while.
func (c *core) wrote() {
	g := &c.growth
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.follow || g.under || clock.Left(g.looked) > 0 {
		return
	}
	g.under = c.errands.run(func(ctx context.Context) {
		defer func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.under, g.looked = false, clock.Deadline(growthEvery)
		}()
		if err := c.analyzeGrown(ctx); err != nil && ctx.Err() == nil {
			c.log.Warn("statistics of the database's tables", "error", err)
		}
	})
}

// analyzeGrown analyzes the tables that are several times as large as when that was done last. One that somebody else is at is left to them.
func (c *core) analyzeGrown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	db := &DB{core: c, pool: c.write}
	grown, err := list(ctx, db, `SELECT relname FROM (
			SELECT relname, relpages, pg_relation_size(oid) / CAST(current_setting('block_size') AS BIGINT) AS pages FROM pg_class
			WHERE relkind = 'r' AND relnamespace = to_regnamespace(current_schema()) AND pg_has_role(relowner, 'USAGE')) t
		WHERE pages >= $1 AND pages >= $2 * relpages ORDER BY relname`, []any{growthLeast, growthTimes}, func(scan scanFunc) (name string, err error) {
		err = scan(&name)
		return pgx.Identifier{name}.Sanitize(), err
	})
	if err != nil || len(grown) == 0 {
		return err
	}
	_, err = c.write.ExecContext(ctx, "ANALYZE (SKIP_LOCKED) "+strings.Join(grown, ", "))
	return err
}
