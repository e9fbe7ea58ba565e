package delivery_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// PLAN-26: until its first hand-over a message follows the plan's edits, although the next ones are made while others are with the carrier.
func TestMadeAheadFollowsEdits(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan(hello)
		o.Assign(p, o.Leads(60)...)
		o.Move()
		const edit = 21
		var mu sync.Mutex // what is with the carrier when the edit comes waits for it
		o.Wire.Answer(func(_ context.Context, _ channel.Composed, n int) channel.Receipt {
			mu.Lock()
			defer mu.Unlock()
			if n == edit {
				o.Plan(strings.ReplaceAll(hello, "subject: Hi,", "subject: Good day,"))
			}
			return apptest.Taken
		})
		o.Settle()
		old := 0
		for _, line := range o.Wire.Sent() {
			if strings.HasSuffix(line, " Hi") {
				old++
			}
		}
		if all, most := len(o.Wire.Sent()), edit-1+o.Wire.Connections(); all != 60 || old < edit-1 || old > most {
			t.Errorf("%d messages, %d with the old text, at most %d were with the carrier by then", all, old, most)
		}
	})
}

// ENG-3: what a server that ends has claimed and not handed over is free at once, not when its lease ends.
func TestEndGivesBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan(hello)
		o.Assign(p, o.Leads(60)...)
		o.Move()
		ctx, cancel := context.WithCancel(t.Context())
		o.Wire.Answer(func(_ context.Context, _ channel.Composed, n int) channel.Receipt {
			if n == 21 {
				cancel()
			}
			return apptest.Taken
		})
		if _, _, err := o.Delivery.RunOnce(ctx); err == nil {
			t.Error("it did not end")
		}
		before := len(o.Wire.Sent())
		o.Second().Settle()
		if n := len(o.Wire.Sent()); before >= 60 || n != 60 {
			t.Errorf("%d messages before the end, %d with the next server", before, n)
		}
	})
}
