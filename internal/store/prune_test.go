package store_test

import (
	"testing"
	"time"

	"tactus/internal/retention"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// CMP-9: of a settled message the author's text goes with its bytes. One that was settled by hand before that was a moment of its own is as old as
// its hand-over; a message that may still leave keeps both.
func TestPruneContent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		states := []struct{ set, left string }{
			{`status = 'accepted', handed_at = 5, done_at = 6`, "0 bodies, text "},
			{`status = 'accepted', handed_at = 5`, "0 bodies, text "},
			{`status = 'skipped', done_at = 6`, "0 bodies, text "},
			{`status = 'withdrawn', done_at = 6`, "0 bodies, text "},
			{`status = 'uncertain', handed_at = 5`, `1 bodies, text {"text":"hi"}`},
			{`status = 'accepted', handed_at = 5, done_at = 1000`, `1 bodies, text {"text":"hi"}`},
			{`status = 'ready', done_at = NULL`, `1 bodies, text {"text":"hi"}`},
			{`account_id = 2, status = 'accepted', done_at = 6`, `1 bodies, text {"text":"hi"}`},
		}
		messages := make([]int64, len(states))
		for i, s := range states {
			messages[i] = queue(t, db, outMessage{lane: 1, try: noon})
			change(t, db, `UPDATE message SET created_at = 1, `+s.set+` WHERE id = $1`, messages[i])
			change(t, db, `INSERT INTO message_body (message_id, account_id, envelope_from, envelope_to, preview, raw) VALUES ($1, 1, '', '', '{}', '')`, messages[i])
		}
		chunk := retention.Chunk{Account: 1, Before: time.UnixMilli(10), Limit: 100}
		for _, want := range []int64{4, 0} {
			if bite, err := db.PruneContent(t.Context(), chunk); err != nil || bite.Gone != want || !bite.Last {
				t.Fatalf("%+v, %v; want %d", bite, err, want)
			}
		}
		for i, s := range states {
			left := row(t, db, messages[i], `(SELECT COUNT(*) FROM message_body WHERE message_id = message.id) || ' bodies, text ' || content`)
			if left != s.left {
				t.Errorf("%s: left is %q, want %q", s.set, left, s.left)
			}
		}
	})
}

func change(t *testing.T, db *store.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}
