package store

import (
	"context"
	"time"

	"tactus/internal/retention"
)

var _ retention.Store = (*DB)(nil)

// PruneHistory implements retention.Store. Rows are walked by id, the order in which they were written, so that a chunk reads as much however
// large the table is, and the walk ends where everything is younger.
func (db *DB) PruneHistory(ctx context.Context, c retention.Chunk) (retention.Bite, error) {
	return db.prune(ctx, c, `SELECT h.id, CASE WHEN h.account_id = $1 AND h.at < $2 AND NOT EXISTS (SELECT 1 FROM enrollment e
				WHERE e.id = h.enrollment_id AND e.status IN ('active', 'paused') AND h.run IN (0, e.run)) THEN 1 ELSE 0 END,
			CASE WHEN h.at < $2 THEN 1 ELSE 0 END
		FROM history h WHERE h.id > $3 ORDER BY h.id LIMIT $4`,
		`DELETE FROM history WHERE id IN (SELECT CAST(j.value AS BIGINT) FROM {each $1})`)
}

// PruneContent implements retention.Store. A live run may offer a message that was withdrawn or skipped once more, with the bytes that it has; one
// in doubt is sent again by a person. What a person wrote lies beside the message, and is there without any bytes when it was never composed.
// One that a person has said to have arrived may have no end of its own: its hand-over stands for it.
func (db *DB) PruneContent(ctx context.Context, c retention.Chunk) (retention.Bite, error) {
	return db.prune(ctx, c, `SELECT m.id, CASE WHEN m.account_id = $1 AND COALESCE(m.done_at, m.handed_at) < $2 AND (m.status IN ('accepted', 'refused', 'failed')
				OR m.status IN ('withdrawn', 'skipped') AND NOT EXISTS (SELECT 1 FROM enrollment e WHERE e.id = m.enrollment_id AND e.status IN ('active', 'paused')))
				AND (m.content <> '' OR EXISTS (SELECT 1 FROM message_body b WHERE b.message_id = m.id)) THEN 1 ELSE 0 END,
			CASE WHEN m.created_at < $2 THEN 1 ELSE 0 END
		FROM message m WHERE m.id > $3 ORDER BY m.id LIMIT $4`,
		`DELETE FROM message_body WHERE message_id IN (SELECT CAST(j.value AS BIGINT) FROM {each $1})`,
		`UPDATE message SET content = '' WHERE content <> '' AND id IN (SELECT CAST(j.value AS BIGINT) FROM {each $1})`)
}

// prune looks at the rows of a chunk (id, does it go, is it old) and removes those that go, or what they hold.
func (db *DB) prune(ctx context.Context, c retention.Chunk, look string, remove ...string) (retention.Bite, error) {
	var gone []int64
	seen, old := 0, 0
	b := retention.Bite{Place: c.Place}
	err := db.each(ctx, look, []any{c.Account, milli(c.Before), c.Place, c.Limit}, func(scan scanFunc) error {
		var goes, aged int
		if err := scan(&b.Place, &goes, &aged); err != nil {
			return err
		}
		if goes > 0 {
			gone = append(gone, b.Place)
		}
		seen++
		old += aged
		return nil
	})
	if err != nil {
		return b, err
	}
	b.Gone, b.Last = int64(len(gone)), seen < c.Limit || old == 0
	if c.DryRun || len(gone) == 0 {
		return b, nil
	}
	for _, text := range remove {
		if _, err := db.exec(ctx, text, ids(gone)); err != nil {
			return b, err
		}
	}
	return b, nil
}

// ClaimDay implements retention.Store. It is asked often, and writes once.
func (db *DB) ClaimDay(ctx context.Context, name string, day int64) (bool, error) {
	claimed, err := db.DayClaimed(ctx, name, day)
	if err != nil || claimed {
		return false, err
	}
	n, err := db.exec(ctx, `INSERT INTO mark (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value
		WHERE mark.value <> excluded.value`, dayMark+name, dayText(day))
	return n > 0, err
}

// DayClaimed implements retention.Store.
func (db *DB) DayClaimed(ctx context.Context, name string, day int64) (bool, error) {
	value, err := db.Marked(ctx, dayMark+name)
	return value == dayText(day), err
}

// dayMark begins the names under which the mark of a day is kept.
const dayMark = "day."

func dayText(day int64) string { return time.Unix(day*24*60*60, 0).UTC().Format(time.DateOnly) }

// giveBack is how many free pages one statement gives back to the disk: about 10 ms.
const giveBack = 1000

// GiveBack returns pages of a SQLite file that pruning has freed to the disk, in bites, so that nobody waits for long. PostgreSQL's autovacuum
// makes such room usable by itself.
func (db *DB) GiveBack(ctx context.Context) error {
	if db.Nodes() {
		return nil
	}
	free := 0
	if err := db.get(ctx, `SELECT freelist_count FROM pragma_freelist_count`, nil, &free); err != nil {
		return err
	}
	for free > giveBack && ctx.Err() == nil {
		if _, err := db.exec(ctx, `PRAGMA incremental_vacuum(1000)`); err != nil {
			return err
		}
		left := 0
		if err := db.get(ctx, `SELECT freelist_count FROM pragma_freelist_count`, nil, &left); err != nil {
			return err
		}
		if left >= free {
			return nil // a file from before it could: its free pages are used again
		}
		free = left
	}
	return ctx.Err()
}
