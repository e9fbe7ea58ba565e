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
	"tactus/internal/event"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// ahead sends sixty messages, of which the next ones are made while others are with the carrier, and makes a change at the 21st answer, and
// whatever follows it at every eighth from there. After the last no more are as before than had left by then, or were with the carrier.
type ahead struct {
	plan   string
	assign func(o *apptest.Office, p int64, leads []int64)
	change []func(o *apptest.Office, p int64, leads []int64)
	before func(line string) bool
}

func (a ahead) test(t *testing.T) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, leads := o.Plan(a.plan), o.Leads(60)
		if a.assign == nil {
			o.Assign(p, leads...)
		} else {
			a.assign(o, p, leads)
		}
		o.Move()
		at := 21 + 8*(len(a.change)-1)
		var mu sync.Mutex // what is with the carrier when the change comes waits for it
		answered := 0
		o.Wire.Answer(func(context.Context, channel.Composed, int) channel.Receipt {
			mu.Lock()
			defer mu.Unlock()
			if answered++; answered >= 21 && answered <= at && (answered-21)%8 == 0 {
				a.change[(answered-21)/8](o, p, leads)
			}
			return apptest.Taken
		})
		o.Settle()
		old := 0
		for _, line := range o.Wire.Sent() {
			if a.before(line) {
				old++
			}
		}
		if all, most := len(o.Wire.Sent()), at-1+o.Wire.Connections(); all != 60 || old < at-1 || old > most {
			t.Errorf("%d messages, %d as before the change, at most %d were with the carrier by then", all, old, most)
		}
	})
}

func hi(line string) bool { return strings.HasSuffix(line, " Hi") }

// PLAN-26: until its first hand-over a message follows the plan's edits, although the next ones are made while others are with the carrier.
func TestMadeAheadFollowsEdits(t *testing.T) {
	t.Parallel()
	ahead{plan: hello, before: hi, change: []func(*apptest.Office, int64, []int64){
		func(o *apptest.Office, _ int64, _ []int64) {
			o.Plan(strings.ReplaceAll(hello, "subject: Hi,", "subject: Good day,"))
		},
	}}.test(t)
}

// PLAN-26, PLAN-22: so it does when those who are on the plan follow later than the edit was saved, as many do.
func TestMadeAheadFollowsEditsInParts(t *testing.T) {
	t.Parallel()
	ahead{plan: hello, before: hi, change: []func(*apptest.Office, int64, []int64){
		func(o *apptest.Office, p int64, _ []int64) {
			o.SaveForNewRuns(p, strings.ReplaceAll(hello, "subject: Hi,", "subject: Good day,"))
		},
		func(o *apptest.Office, p int64, _ []int64) {
			full, err := o.Plans.Get(o.Context(), o.ID, p)
			o.OK(err)
			_, err = o.Runs.Edited(o.Context(), o.ID, apptest.Of(p), full.Version.ID, "test")
			o.OK(err)
		},
	}}.test(t)
}

// PLAN-26: it follows its contact too.
func TestMadeAheadFollowsItsContact(t *testing.T) {
	t.Parallel()
	ahead{plan: hello, before: func(line string) bool { return !strings.HasPrefix(line, "new") }, change: []func(*apptest.Office, int64, []int64){
		func(o *apptest.Office, _ int64, leads []int64) {
			o.Clock.Advance(time.Millisecond)
			for _, c := range leads {
				emails := []contact.Email{{Address: fmt.Sprintf("new%d@example.com", c)}}
				_, err := o.Contacts.Update(o.Context(), o.ID, c, contact.Patch{Emails: &emails}, "test")
				o.OK(err)
			}
		},
	}}.test(t)
}

// PLAN-26, PLAN-11: and the event that its run is for.
func TestMadeAheadFollowsItsEvent(t *testing.T) {
	t.Parallel()
	var events sync.Map // of accounts
	ahead{
		plan: "plan: Tour\nkind: event\nevent: showing\nsteps:\n  - {id: hi, name: Hi, action: send_email, when: immediately, subject: '{{ event.title }}', body: Hi}\n",
		assign: func(o *apptest.Office, p int64, leads []int64) {
			var made []event.Event
			for _, c := range leads {
				made = append(made, o.AssignFor(p, event.Event{Title: "Hi", Kind: "showing", ContactID: c, At: o.Clock.Now().Add(time.Hour)}))
			}
			events.Store(o.DB, made)
		},
		before: hi,
		change: []func(*apptest.Office, int64, []int64){
			func(o *apptest.Office, _ int64, _ []int64) {
				found, _ := events.Load(o.DB)
				made, _ := found.([]event.Event)
				for _, ev := range made {
					ev.Title = "Open house"
					_, err := o.Events.Update(o.Context(), ev, "test")
					o.OK(err)
				}
			},
		},
	}.test(t)
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
