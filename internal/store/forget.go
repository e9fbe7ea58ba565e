package store

import "context"

// part bounds what one statement deletes, so that housekeeping holds up nobody.
const part = 5000

// inParts runs a statement that deletes at most $2 rows from before $1 until it finds no more, and returns how many there were.
func (db *DB) inParts(ctx context.Context, query string, before int64) (int64, error) {
	for all := int64(0); ; {
		n, err := db.exec(ctx, query, before, part)
		all += n
		if err != nil || n < part {
			return all, err
		}
	}
}
