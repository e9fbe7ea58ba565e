package restore_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/app/restore"
	"tactus/internal/bulk"
	"tactus/internal/contact"
	"tactus/internal/delivery"
)

const day = 24 * time.Hour

// Emails that follow each other over a step that leaves nothing, a next plan, a plan that repeats, and one whose steps have their own days.
const (
	chain = `plan: Chain
next_plan: Next
steps:
  - {name: One, action: send_email, when: immediately, subject: one, body: x}
  - {name: Tag, action: add_tags, when: 1 day after previous, tags: [Seen]}
  - {name: Two, action: send_email, when: 1 day after previous, subject: two, body: x}
`
	next = `plan: Next
steps:
  - {name: Three, action: send_email, when: immediately, subject: three, body: x}
  - {name: Four, action: send_email, when: 20 days after start, subject: four, body: x}
`
	round = `plan: Round
steps:
  - {name: Five, action: send_email, when: 3 days after start, subject: five, body: x}
  - {name: Again, action: repeat_plan, when: immediately}
`
)

// lived is an office that took a backup and lived on: it sent what the backup does not know.
func lived(t *testing.T, kind string) (path string, o *apptest.Office) {
	t.Helper()
	o = office(t, fresh(t, kind), now().Add(-10*day))
	nextID := o.Plan(next)
	chainID := o.Plan(chain)
	roundID := o.Plan(round)
	start := o.Clock.Now()
	o.Assign(chainID, o.Leads(2)...)
	o.Assign(roundID, o.Leads(2)...)
	writer := o.Lead("hand@example.com")
	for subject, at := range map[string]time.Time{"in between": start.Add(2 * day), "long after": start.Add(30 * day)} {
		_, err := o.Desk.Write(t.Context(), o.ID, delivery.Letter{Contact: writer, Subject: subject, Text: "x", Sender: o.Owner, At: at})
		o.OK(err)
	}
	o.Settle()

	retried := o.Leads(1) // their carrier has said "later"
	o.Wire.Always(apptest.Later)
	o.Assign(nextID, retried...)
	o.Settle()
	o.Wire.Always(apptest.Taken)
	ready := o.Leads(1) // waits for its sender
	o.Assign(nextID, ready...)
	o.Move()
	many := o.Leads(3) // an operation that has not begun
	_, err := o.Bulk.Assign(t.Context(), o.ID, bulk.Assign{Plan: nextID, Filter: contact.Filter{IDs: many}, By: o.Owner}, "test")
	o.OK(err)
	path = take(t, o)
	for done := 1; done > 0; {
		done, err = o.Work.RunOnce(t.Context())
		o.OK(err)
	}
	spread(o, now())
	return path, o
}

// DEC-18: whatever left between the backup and the restore, and whatever followed from it, does not leave a second time; the rest does.
func TestNothingLeavesTwice(t *testing.T) {
	t.Parallel()
	for _, from := range kinds {
		for _, to := range kinds {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				path, before := lived(t, from)
				address := fresh(t, to)
				report, err := restore.Restore(t.Context(), settings(t, address), path, restore.Options{})
				must(t, err)
				after := office(t, address, report.Until.Add(time.Minute))
				noneTwice(t, before, after, report)
			})
		}
	}
}

func noneTwice(t *testing.T, before, after *apptest.Office, report restore.Report) {
	t.Helper()
	after.Settle()
	if sent := after.Wire.Sent(); len(sent) > 0 { // sending is held
		t.Fatalf("held, and yet sent: %v", sent)
	}
	hold := delivery.NewHold(after.DB)
	if lost, err := hold.Lost(t.Context()); err != nil || !lost.Held || !lost.Until.Equal(report.Until) || !lost.From.Equal(report.Moment()) {
		t.Errorf("%+v %v", lost, err)
	}
	must(t, hold.Release(t.Context()))
	fresh := after.Lead("new@example.com")
	full, err := after.Plans.ByName(t.Context(), after.ID, "Next")
	must(t, err)
	after.Assign(full.Plan.ID, fresh)
	spread(after, report.Until.Add(8*day))
	wire, again := before.Wire.Sent(), after.Wire.Sent()
	for _, m := range again {
		n := 0
		for _, old := range append(slices.Clone(wire), again...) {
			if old == m {
				n++
			}
		}
		if n != 1 && !strings.HasSuffix(m, " five") { // rounds have equal subjects
			t.Errorf("%s left %d times", m, n)
		}
	}
	for _, want := range []string{"new@example.com three", "p3@example.com five"} {
		if !slices.Contains(again, want) {
			t.Errorf("%q did not leave after the restore: %v", want, again)
		}
	}
	// Rounds of three days: those that were due by the restore left before it, the later ones after it.
	for _, to := range []string{"p3@example.com five", "p4@example.com five"} {
		if old, later := times(wire, to), times(again, to); old != 3 || later != 2 && later != 3 {
			t.Errorf("%s: %d before, %d after", to, old, later)
		}
	}
	// All that left in the lost time is shown to a person, and nothing else: two of the chain, two of the next plan, three rounds of two, a letter, one
	// retried, one ready, three by the operation.
	doubt := uncertain(t, after)
	if want := 2 + 2 + 3*2 + 1 + 1 + 1 + 3; len(doubt) != want || report.Uncertain != want {
		t.Errorf("%d uncertain (the report says %d), want %d: %v", len(doubt), report.Uncertain, want, doubt)
	}
	for _, m := range doubt {
		if !slices.Contains(wire, m) {
			t.Errorf("uncertain, and never sent: %s", m)
		}
	}
}

func times(list []string, what string) (n int) {
	for _, m := range list {
		if m == what {
			n++
		}
	}
	return n
}

// A backup of one database is a backup of the other: nothing is lost on the way there and back.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			o := office(t, fresh(t, kind), now().Add(-day))
			o.Assign(o.Plan(next), o.Leads(20)...)
			o.Lead("odd@example.com", "Ünïcode \"quoted\" \\ , true \u2028")
			o.Settle()
			want := rows(t, o.DB)
			for _, to := range kinds {
				if got := rows(t, loaded(t, take(t, o), fresh(t, to))); !slices.Equal(got, want) {
					t.Errorf("to %s: %d rows, want %d%s", to, len(got), len(want), difference(got, want))
				}
			}
		})
	}
}
