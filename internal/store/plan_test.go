package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/delivery"
	"tactus/internal/store"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
)

// TestSetsAreFoundByKey keeps SQLite from walking the account for each row of a set: without statistics it thinks that
// an account has ten contacts, and a batch of 1000 took half a minute.
func TestSetsAreFoundByKey(t *testing.T) {
	t.Parallel()
	db := storetest.Memory(t)
	steps, err := db.Steps(t.Context(), store.UpdateContacts(), 1, "[]")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(steps, "SEARCH contact USING INTEGER PRIMARY KEY (rowid=?)") {
		t.Errorf("%q", steps)
	}
}

// TestSendersGoByKey keeps PostgreSQL from walking all messages for each one of a turn, with a plan that was made when there was none: until the
// next ANALYZE a turn of 64 took a hundred milliseconds.
func TestSendersGoByKey(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Postgres(t)).Engine()
	ctx, o := t.Context(), db.Outbox()
	queue(t, db, outMessage{try: noon})
	got := claim(t, db, 1, time.Minute)
	if _, err := o.LockMessages(ctx, 1, got); err != nil {
		t.Fatal(err)
	}
	if err := o.MarkHanding(ctx, 1, marksOf(got), noon, time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Record(ctx, 1, []delivery.Outcome{{Message: got[0].ID, Token: got[0].Token, Status: delivery.Accepted}}, noon); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.DueLanes(ctx, noon); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"DELETE FROM message", "VACUUM message"} {
		if _, err := db.Exec(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	if texts := db.Ran("{by"); len(texts) < 4 {
		t.Errorf("only %d statements by key: %q", len(texts), texts)
	}
	steps, err := db.StepsOf(ctx, "{by")
	if err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(steps, "\n")
	byKey := regexp.MustCompile(`using message_pkey on message.*\n\s*Index Cond: \(id = ANY`)
	if walks := strings.Count(plan, "using message_pkey") - len(byKey.FindAllString(plan, -1)); walks != 0 || strings.Contains(plan, "Seq Scan on message") {
		t.Errorf("%d walks through all messages:\n%s", walks, plan)
	}
}

// Tables that have grown since somebody looked at them last are analyzed soon after somebody has written, not when autovacuum comes by; on SQLite
// there is nothing to do.
func TestStatisticsFollow(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		db, ctx := storetest.Open(t, address), t.Context()
		write := func(n int) {
			err := db.InTx(ctx, func(ctx context.Context) error {
				_, err := db.Exec(ctx, `INSERT INTO suppression (account_id, channel, address, reason, at)
					WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT 1, 'email', $2 || '-' || i, 'bounce', 0 FROM n`,
					n, fmt.Sprint("with a long name, so that it takes some room: ", rand.Int64()))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		db.FollowGrowth()
		if !db.Nodes() {
			write(1)
			return
		}
		for _, text := range []string{"VACUUM suppression", "ALTER TABLE suppression SET (autovacuum_enabled = false)"} {
			if _, err := db.Exec(ctx, text); err != nil {
				t.Fatal(err)
			}
		}
		conn := pgtest.Connect(t, address)
		for _, known := range []int{1000, 10_000} {
			write(known)
			for range 3000 { // who writes next has the look
				write(1)
				told := false
				if err := conn.QueryRow(ctx, `SELECT reltuples >= $1 FROM pg_class, pg_sleep(0.01) WHERE relname = 'suppression'`, known).Scan(&told); err != nil {
					t.Fatal(err)
				}
				if told {
					known = 0
					break
				}
			}
			if known > 0 {
				t.Errorf("%d rows, and the statistics do not know", known)
			}
		}
	})
}
