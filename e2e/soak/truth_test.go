package soak_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tactus/client"
	"tactus/e2e/process"
	"tactus/internal/channel/smtptest"
)

// greylist refuses one recipient in two hundred for now, so that some messages wait for another try.
func greylist() func(smtptest.Moment) (smtptest.Fault, bool) {
	return func(at smtptest.Moment) (smtptest.Fault, bool) {
		if at.At != smtptest.Rcpt || rand.IntN(200) > 0 {
			return smtptest.Fault{}, false
		}
		return smtptest.Fault{At: smtptest.Rcpt, Code: 451, Enhanced: [3]int{4, 7, 1}, Text: "greylisted"}, true
	}
}

// prune lets go of what is older than a month, as somebody would by hand, and sees that it is gone (CMP-9). The servers do so too, every day.
func (r *run) prune(ctx context.Context) error {
	before := r.fleet.warp.now().AddDate(0, 0, -30)
	for _, dry := range []bool{false, true} {
		op, err := r.fleet.client.Prune(ctx, client.Prune{HistoryBefore: &before, ContentBefore: &before, DryRun: dry})
		if err != nil {
			return err
		}
		if op, err = r.fleet.client.WaitOperation(ctx, op.ID, nil); err != nil {
			return err
		}
		if op.Status != "done" || dry && op.Done > 0 {
			return fmt.Errorf("old history stays (a dry run: %t): %+v", dry, op)
		}
		if dry {
			continue
		}
		if err := r.notePruned(ctx); err != nil {
			return err
		}
	}
	return nil
}

// notePruned adds up what went, before operations of earlier months are forgotten.
func (r *run) notePruned(ctx context.Context) error {
	for page := (client.PageOptions{Limit: 100}); ; {
		list, err := r.fleet.client.Operations(ctx, "prune", false, page)
		if err != nil {
			return err
		}
		for _, op := range list.Items {
			r.pruned[op.ID] = op.Counts["history"] // a dry run has counted 0
		}
		if page.Cursor = list.Next; page.Cursor == "" {
			return nil
		}
	}
}

// examine asks the doctor: the database and the work are well. Tables may wait a while for PostgreSQL's vacuum, which comes by every minute.
func (r *run) examine(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		up, err := r.fleet.client.Doctor(ctx)
		if err != nil {
			return err
		}
		bad := slices.DeleteFunc(up.Checks, func(c client.Check) bool {
			ours := c.Section == "Database" || c.Section == "Work"
			return !ours || c.Status == "ok" || excused[c.Name]
		})
		if len(bad) == 0 {
			return nil
		}
		if process.Pause(ctx, time.Second) != nil {
			return fmt.Errorf("the doctor is not content: %+v", bad)
		}
	}
}

// excused are checks that are not well for what the test does: kills leave doubts, its clock runs ahead, its PostgreSQL need not outlive the machine
// and is shared with other tests.
var excused = map[string]bool{
	"uncertain": true, "clock": true, "fsync": true, "full_page_writes": true, "synchronous_commit": true, "connections": true,
	"transactions": true, "disk": true,
}

// count holds what arrived against the leads: each email of each once, or listed as in doubt (ENG-5).
func (r *run) count(ctx context.Context, t *testing.T, rep *report) error {
	doubts := map[string]int{}
	for page := (client.PageOptions{Limit: 500}); ; {
		got, err := r.fleet.client.Messages(ctx, client.MessageFilter{Status: []string{"uncertain", "failed", "refused", "skipped", "withdrawn"}}, page)
		if err != nil {
			return err
		}
		for _, m := range got.Items {
			if m.Status != "uncertain" {
				return fmt.Errorf("it did not leave: %+v", m)
			}
			doubts[m.Address]++
			rep.InDoubt++
		}
		if page.Cursor = got.Next; page.Cursor == "" {
			break
		}
	}
	taken := map[string]int{}
	for _, m := range r.mail.Messages() {
		taken[m.To[0]]++
	}
	rep.Duplicates = r.mail.Counts().Duplicates
	for n := range rep.Leads {
		a := address(n)
		if extra := taken[a] - texts; extra > 0 {
			t.Logf("%s got %d emails", a, taken[a])
			rep.Duplicates += extra
		}
		if missing := texts - taken[a] - doubts[a]; missing > 0 {
			t.Logf("%s got %d emails, %d are in doubt", a, taken[a], doubts[a])
			rep.Lost += missing
		}
		delete(taken, a)
	}
	if len(taken) > 0 {
		return errors.New("emails arrived for people who are no leads")
	}
	return nil
}
