package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// madeAhead sends sixty messages, of which the next ones are made while others are with the carrier, and makes a change at the 21st answer. No more
// are as before the change than had left by then, or were with the carrier.
func madeAhead(t *testing.T, change func(o *apptest.Office, leads []int64), before func(line string) bool) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, leads := o.Plan(hello), o.Leads(60)
		o.Assign(p, leads...)
		o.Move()
		const at = 21
		var mu sync.Mutex // what is with the carrier when the change comes waits for it
		answered := 0
		o.Wire.Answer(func(context.Context, channel.Composed, int) channel.Receipt {
			mu.Lock()
			defer mu.Unlock()
			if answered++; answered == at {
				change(o, leads)
			}
			return apptest.Taken
		})
		o.Settle()
		old := 0
		for _, line := range o.Wire.Sent() {
			if before(line) {
				old++
			}
		}
		if all, most := len(o.Wire.Sent()), at-1+o.Wire.Connections(); all != 60 || old < at-1 || old > most {
			t.Errorf("%d messages, %d as before the change, at most %d were with the carrier by then", all, old, most)
		}
	})
}

// PLAN-26: until its first hand-over a message follows the plan's edits, although the next ones are made while others are with the carrier.
func TestMadeAheadFollowsEdits(t *testing.T) {
	t.Parallel()
	madeAhead(t, func(o *apptest.Office, _ []int64) {
		o.Plan(strings.ReplaceAll(hello, "subject: Hi,", "subject: Good day,"))
	},
		func(line string) bool { return strings.HasSuffix(line, " Hi") })
}

// PLAN-26: it follows its contact too.
func TestMadeAheadFollowsItsContact(t *testing.T) {
	t.Parallel()
	madeAhead(t, func(o *apptest.Office, leads []int64) {
		o.Clock.Advance(time.Millisecond)
		for _, c := range leads {
			emails := []contact.Email{{Address: fmt.Sprintf("new%d@example.com", c)}}
			_, err := o.Contacts.Update(o.Context(), o.ID, c, contact.Patch{Emails: &emails}, "test")
			o.OK(err)
		}
	}, func(line string) bool { return !strings.HasPrefix(line, "new") })
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

// DEC-12: no more messages are marked than the carrier has connections, also when a limit's window opens for what was made ahead.
func TestNoMoreThanConnections(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		counted(o)
		o.Change(func(a *account.Account) { a.Settings.Limits.PerSecond = 10 })
		o.Assign(o.Plan(hello), o.Leads(60)...)
		o.Move()
		var mu sync.Mutex
		most := 0
		o.Wire.Answer(func(_ context.Context, _ channel.Composed, n int) channel.Receipt {
			marked, err := db.HandingMessages(o.Context(), o.ID, channel.Email)
			if err != nil {
				o.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			most = max(most, len(marked))
			if n%10 == 0 {
				o.Clock.Advance(time.Second) // the next window opens while what would be put off is looked at
			}
			return apptest.Taken
		})
		for range 20 {
			o.Settle()
			o.Clock.Advance(time.Second)
		}
		if sent := len(o.Wire.Sent()); sent != 60 || most > o.Wire.Connections() {
			t.Errorf("%d sent, up to %d at the same time over %d connections", sent, most, o.Wire.Connections())
		}
	})
}
