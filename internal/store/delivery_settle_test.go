package store_test

import (
	"strconv"
	"testing"
	"time"

	"tactus/internal/delivery"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// DEC-13, ENG-3: what goes again is due by the injected clock, and a late answer to the first time is not its own.
func TestSettleAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := t.Context(), db.Outbox()
		id := queue(t, db, outMessage{try: noon})
		got := claim(t, db, 1, time.Minute)
		if err := o.MarkHanding(ctx, 1, marksOf(got), noon, time.Minute); err != nil {
			t.Fatal(err)
		}
		out := []delivery.Outcome{{Message: id, Token: got[0].Token, Status: delivery.Uncertain}}
		if done, err := o.Record(ctx, 1, out, noon); err != nil || !done[id] {
			t.Fatal(done, err)
		}
		now := noon.Add(time.Hour)
		if ok, err := db.SettleUncertain(ctx, 1, id, true, "test", now); err != nil || !ok {
			t.Fatal(ok, err)
		}
		if s := row(t, db, id, `status || ' ' || due_at || ' ' || ((SELECT MAX(h.at) FROM history h) - due_at)`); s != "ready "+milli(now)+" 0" {
			t.Error(s)
		}
		out[0].Status = delivery.Accepted
		if done, err := o.Record(ctx, 1, out, now); err != nil || done[id] {
			t.Errorf("a late answer is taken for the second one's: %v %v", done, err)
		}
	})
}

// DEC-13: what arrived is done at the injected clock's moment.
func TestSettleArrived(t *testing.T) {
	t.Parallel()
	db := storetest.Memory(t)
	id := queue(t, db, outMessage{try: noon})
	if _, err := db.Exec(t.Context(), "UPDATE message SET status = 'uncertain', try_at = NULL"); err != nil {
		t.Fatal(err)
	}
	if ok, err := db.SettleUncertain(t.Context(), 1, id, false, "test", noon); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if s := row(t, db, id, `status || ' ' || done_at`); s != "accepted "+milli(noon) {
		t.Error(s)
	}
}

func milli(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }
