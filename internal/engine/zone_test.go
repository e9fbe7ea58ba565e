package engine_test

import (
	"context"
	"sync/atomic"
	"testing"

	"tactus/internal/app/apptest"
	"tactus/internal/enroll"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
)

// PLAN-6, PLAN-8: who is put on a plan while the account's zone changes begins before the change and follows it, or begins by the new zone.
func TestZoneChangesWhileARunBegins(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	o, see := apptest.New(t, storetest.Open(t, address)), pgtest.Connect(t, address)
	p := o.Plan("plan: Eve\nkind: event\ndate: 2026-12-24T18:00\nsteps:\n  - {name: Note, action: add_note, when: at event, text: noted}\n")
	c := o.Lead("ann@example.com")
	a, err := o.Accounts.Account(t.Context(), o.ID)
	o.OK(err)
	a.Zone = "America/New_York"
	moved := make(chan error, 1)
	var told atomic.Bool
	told.Store(true)
	runs := enroll.NewService(joining{o.DB, &told, func() {
		go func() { moved <- o.Accounts.Update(context.WithoutCancel(t.Context()), a, "test") }()
		// It waits for who begins, or has overtaken.
		pgtest.Until(t, see, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')
			OR EXISTS (SELECT FROM account WHERE id = $1 AND zone = 'America/New_York')`, o.ID)
	}}, o.Clock, o.Actions)
	_, err = runs.Start(t.Context(), o.ID, enroll.StartRequest{Plan: p, Contacts: []int64{c}, Cause: "hand", Author: "test"})
	o.OK(err)
	if told.Load() {
		t.Fatal("nobody began")
	}
	o.OK(<-moved)
	o.Move()
	if at := o.Row(p, c).DueAt.Format("2006-01-02 15:04"); at != "2026-12-24 23:00" {
		t.Errorf("due %s", at)
	}
}
