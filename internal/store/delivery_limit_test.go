package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

func TestCircuit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o, l := db.Outbox(), delivery.Lane{Account: 1, Channel: channel.Email}
		if c, err := o.Circuit(t.Context(), l); err != nil || c != (delivery.Circuit{}) {
			t.Fatal(c, err)
		}
		for _, want := range []delivery.Circuit{
			{Failures: 6, OpenedAt: noon, ProbeAt: noon.Add(time.Minute), Spent: 90 * time.Second, Text: "no route"},
			{Spent: 91 * time.Second},
		} {
			if err := o.SetCircuit(t.Context(), l, want); err != nil {
				t.Fatal(err)
			}
			if c, err := o.Circuit(t.Context(), l); err != nil || c != want {
				t.Error(c, err)
			}
		}
	})
}

func TestSuppressTellsWhoHasTheAddress(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		for _, id := range []int{4, 5} {
			if _, err := db.Exec(ctx, `INSERT INTO contact_address (account_id, kind, address, contact_id) VALUES (1, 'email', 'ann@example.com', $1)`, id); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := db.Outbox().Suppress(ctx, 1, channel.Email, "Ann@Example.com", "bounce", "550 5.1.1 no such user", noon); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := db.Strings(ctx, `SELECT address || ' ' || reason || ' ' || at FROM suppression WHERE account_id = 1 AND channel = 'email'`)
		if err != nil || !slices.Equal(rows, []string{fmt.Sprintf("ann@example.com bounce %d", noon.UnixMilli())}) {
			t.Error(rows, err)
		}
		told, err := db.Strings(ctx, `SELECT contact_id || ' ' || kind || ' ' || outcome || ' ' || reason || ' ' || detail FROM history ORDER BY contact_id`)
		want := " suppression added email bounce: ann@example.com: 550 5.1.1 no such user"
		if err != nil || !slices.Equal(told, []string{"4" + want, "5" + want}) {
			t.Error(told, err)
		}
	})
}

func TestRefs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := db.Outbox()
		for i, step := range []string{"a", "b", "c"} {
			queue(t, db, outMessage{try: noon, class: "plan", enroll: 3, step: step})
			m := claim(t, db, 1, time.Minute)
			marks := marksOf(m)
			marks[0].Subject = "Hello " + step
			if err := o.MarkHanding(t.Context(), 1, marks, noon.Add(time.Duration(-i)*time.Minute), time.Minute); err != nil {
				t.Fatal(err)
			}
			status := delivery.Accepted
			if step == "b" {
				status = delivery.Refused
			}
			if _, err := o.Record(t.Context(), 1, []delivery.Outcome{{Message: m[0].ID, Token: m[0].Token, Status: status}}, noon); err != nil {
				t.Fatal(err)
			}
		}
		refs, subject, err := o.Refs(t.Context(), 1, 3, 1)
		if err != nil || !slices.Equal(refs, []string{"<3@x>", "<1@x>"}) || subject != "Hello c" {
			t.Error(refs, subject, err)
		}
		if refs, _, err := o.Refs(t.Context(), 1, 3, 2); err != nil || len(refs) != 0 {
			t.Error("another run:", refs, err)
		}
	})
}

// TestSpend: fixed windows; the rest hears when the next place is free (EMAIL-6).
func TestSpend(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		limits := map[time.Duration]int{time.Second: 2, time.Hour: 5, 24 * time.Hour: 0}
		at := noon.Add(300 * time.Millisecond)
		for _, c := range []struct {
			at    time.Time
			n     int
			got   int
			opens time.Time
		}{
			{at, 1, 1, time.Time{}},
			{at, 3, 1, noon.Add(time.Second)},
			{at, 1, 0, noon.Add(time.Second)},
			{at.Add(-time.Second), 1, 0, noon.Add(time.Second)}, // another node's clock
			{at.Add(time.Second), 2, 2, time.Time{}},
			{at.Add(2 * time.Second), 9, 1, noon.Add(time.Hour)},
			{at.Add(3 * time.Second), 1, 0, noon.Add(time.Hour)},
			{at.Add(time.Hour), 2, 2, time.Time{}},
			{at.Add(24 * 365 * time.Hour), 1, 1, time.Time{}}, // a clock that was wrong
			{at.Add(2 * time.Hour), 2, 2, time.Time{}},
		} {
			got, opens, err := db.Outbox().Spend(t.Context(), 1, "me@example.com", limits, c.n, c.at)
			if err != nil || got != c.got || !opens.Equal(c.opens) {
				t.Errorf("at %v %d places: got %d until %v, want %d until %v (%v)", c.at, c.n, got, opens, c.got, c.opens, err)
			}
		}
		if got, _, err := db.Outbox().Spend(t.Context(), 1, "you@example.com", limits, 2, at); err != nil || got != 2 {
			t.Error("another sender:", got, err)
		}
	})
}

// TestQueue: turns are numbered in order and kept; who is served counts no more; a queue to which nobody comes is over (EMAIL-6).
func TestQueue(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o, l := db.Outbox(), delivery.Line{Account: 1, Sender: "me@example.com", Lane: 1}
		check := func(what string, turns []int64, now time.Time, want ...delivery.Turn) {
			t.Helper()
			got, err := o.Queue(t.Context(), l, turns, now.Add(time.Second), now)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v (%v)", what, got, want, err)
			}
		}
		check("new ones", []int64{0, 0, 0}, noon, delivery.Turn{Number: 1}, delivery.Turn{Number: 2, Ahead: 1}, delivery.Turn{Number: 3, Ahead: 2})
		if err := o.Served(t.Context(), l, 2, noon); err != nil {
			t.Fatal(err)
		}
		check("the next is the first now", []int64{3, 0}, noon, delivery.Turn{Number: 3}, delivery.Turn{Number: 4, Ahead: 1})
		check("one that was passed goes at once", []int64{1}, noon, delivery.Turn{Number: 1})
		lead := l
		lead.Lane = 0
		if got, err := o.Queue(t.Context(), lead, []int64{0}, noon, noon); err != nil || got[0].Ahead != 0 {
			t.Error("a lead:", got, err)
		}
		late := noon.Add(time.Hour)
		check("the queue is over", []int64{3, 0}, late, delivery.Turn{Number: 5}, delivery.Turn{Number: 6, Ahead: 1})
		if err := o.Served(t.Context(), l, 99, late); err != nil { // of a line that was never so long
			t.Fatal(err)
		}
		check("as it was", []int64{6}, late, delivery.Turn{Number: 6, Ahead: 1})
		if got, opens, err := o.Spend(t.Context(), 1, l.Sender, map[time.Duration]int{time.Second: 1}, 0, noon); got != 0 || !opens.IsZero() || err != nil {
			t.Error("a free window:", got, opens, err)
		}
		if _, _, err := o.Spend(t.Context(), 1, l.Sender, map[time.Duration]int{time.Second: 1}, 1, noon); err != nil {
			t.Error(err)
		}
		if _, opens, err := o.Spend(t.Context(), 1, l.Sender, map[time.Duration]int{time.Second: 1}, 0, noon); !opens.Equal(noon.Add(time.Second)) || err != nil {
			t.Error("a full window:", opens, err)
		}
	})
}

func TestSpendAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var mu sync.Mutex
		total := 0
		var senders sync.WaitGroup
		for range 6 {
			senders.Go(func() {
				err := db.InTx(t.Context(), func(ctx context.Context) error {
					got, _, err := db.Outbox().Spend(ctx, 1, "me", map[time.Duration]int{time.Hour: 10, time.Second: 8}, 3, noon)
					if err == nil {
						mu.Lock()
						total += got
						mu.Unlock()
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		senders.Wait()
		if total != 8 {
			t.Errorf("%d places were given, want 8", total)
		}
	})
}
