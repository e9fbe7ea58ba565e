//go:build linux

package fault_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"tactus/client"
	"tactus/internal/channel/smtptest"
	"tactus/internal/store/storetest"
)

// The disk is full: nothing more is committed and nothing more leaves, requests get 503 and say so, what is there can be read; with room again
// everything goes on by itself; nothing is lost, doubled or in doubt.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	for name, setup := range map[string]func(t *testing.T) (db string, nodes int, fill func(p *process, full bool)){
		// DEC-19: a limit on the size of files stands for the full disk; it can be set from outside without privileges.
		"sqlite": func(t *testing.T) (string, int, func(*process, bool)) {
			return address(t, "sqlite"), 1, func(p *process, full bool) {
				limit := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
				if full {
					limit.Cur = 4096
				}
				if err := unix.Prlimit(p.proc.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
					t.Fatal(err)
				}
			}
		},
		"postgres": func(t *testing.T) (string, int, func(*process, bool)) {
			db := storetest.Postgres(t)
			fill := storetest.Disk(t, db)
			return db, 2, func(_ *process, full bool) { fill(full) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, nodes, fill := setup(t)
			mail := smtptest.Start(t, smtptest.Options{})
			var servers []*process
			for range nodes {
				servers = append(servers, launch(t, db, smtpURL(mail, "")))
			}
			a := servers[0]
			plan(t, a.Client, rush)
			l := begin(t, servers...)
			for range 2 {
				l.more(t, 15)
				fill(a, true)
				l.refused(t)
				full(t, a, mail)
				l.refused(t)
				fill(a, false)
			}
			l.more(t, 15)
			settled(t, a.Client, mail, l.stop(), 0)
			if name == "sqlite" {
				storetest.Sound(t, db)
			}
		})
	}
}

// full holds what is so while the disk is full.
func full(t *testing.T, p *process, mail *smtptest.Server) {
	t.Helper()
	_, err := p.CreateContact(t.Context(), newLead("full@example.com"))
	var problem *client.Problem
	if !errors.As(err, &problem) || problem.Status != http.StatusServiceUnavailable || problem.Code != "unavailable" || !strings.Contains(problem.Detail, "disk") {
		t.Errorf("a request: %v", err)
	}
	if status := p.healthy(); status != http.StatusOK {
		t.Errorf("health: %d", status)
	}
	// What had been marked before gets its answer; from then on nothing leaves, since no mark can be committed.
	handing := count(t, p.Client, "handing")
	left := mail.Counts().Accepted
	for range 20 {
		_, err := p.CreateContact(context.Background(), newLead("full@example.com"))
		if !client.IsCode(err, "unavailable") {
			t.Errorf("a request: %v", err)
		}
	}
	if now := mail.Counts().Accepted; now > left+handing {
		t.Errorf("%d messages left while the disk was full; %d were under way", now-left, handing)
	}
	if now := count(t, p.Client, "handing"); now != handing {
		t.Errorf("%d messages were being handed over, and now %d are: something was committed", handing, now)
	}
}
