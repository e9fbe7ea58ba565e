package delivery_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/contact"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

const hello = `plan: Hello
steps:
  - {id: hi, name: Hi, action: send_email, when: immediately, subject: Hi, body: Hi}
  - {id: note, name: Note, action: add_note, when: 1 day after start, text: noted}
`

// waits is how long a test waits for what must come; waiting for it costs nothing when it comes.
const waits = 20 * time.Second

func receive[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(waits):
		t.Fatal("nothing came: ", what)
		panic("unreachable")
	}
}

// parts are what a sender is put together of; the office's own stands in for what is not given.
type parts struct {
	store    delivery.Store
	runs     *enroll.Service
	carriers delivery.Carriers
	limits   delivery.Limits
}

// sender puts an office's sender together anew, with parts of the test's own.
func sender(o *apptest.Office, p parts) *delivery.Service {
	if p.store == nil {
		p.store = o.DB.Outbox()
	}
	if p.runs == nil {
		p.runs = o.Moves
	}
	if p.carriers == nil {
		p.carriers = o.Carriers
	}
	if p.limits == nil {
		p.limits = func(context.Context, int64, string) (map[time.Duration]int, error) { return nil, nil }
	}
	author := delivery.NewAuthor(p.runs, p.store, func(int64, int64, int64, string) string { return "" })
	return delivery.New(p.store, p.runs, o.Clock, p.carriers, author, p.limits, slog.New(slog.DiscardHandler))
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// PLAN-26: the gap between enrollments holds for messages that are claimed together, too.
func TestGapWithinOneBatch(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		a := o.Plan(hello)
		b := o.Plan("plan: Other\nsteps:\n  - {id: other, name: Other, action: send_email, when: immediately, subject: Other, body: Other}\n")
		c := o.Lead("ann@example.com")
		o.Assign(a, c)
		o.Assign(b, c)
		o.Settle()
		same(t, "sent", o.Wire.Sent(), "ann@example.com Hi")
		o.Clock.Advance(time.Hour)
		o.Settle()
		same(t, "after the gap", o.Wire.Sent(), "ann@example.com Hi", "ann@example.com Other")
	})
}

// CMP-7: a retry has the bytes and the address of its first hand-over; when that address has opted out since, it does not go, whatever
// address the contact has now.
func TestRetryToAnAddressThatOptedOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, c := o.Plan(hello), o.Lead("old@example.com")
		o.Wire.Always(apptest.Later)
		o.Assign(p, c)
		o.Settle()
		emails := []contact.Email{{Address: "new@example.com"}}
		_, err := o.Contacts.Update(t.Context(), o.ID, c, contact.Patch{Emails: &emails}, "test")
		o.OK(err)
		o.OK(o.Contacts.OptOut(t.Context(), o.ID, channel.Email, "old@example.com", "asked", "test"))
		o.Wire.Always(apptest.Taken)
		o.Clock.Advance(2 * time.Hour)
		o.Settle()
		same(t, "sent", o.Wire.Sent(), "old@example.com Hi")
		same(t, "steps", o.Steps(c), "1.1 hi skipped opted_out")
	})
}

// PLAN-18, PLAN-15: a run that was stopped and restarted while its message was being handed over keeps the answer to itself.
func TestLateAnswerOfAnOldRun(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]struct {
		answer channel.Receipt
		step   string
		rows   string
	}{
		"taken":   {apptest.Taken, "1.1 hi fired", "hi accepted"},
		"refused": {apptest.Refused, "1.1 hi failed refused", "hi refused"},
		"later":   {apptest.Later, "1.1 hi skipped run_ended", "hi withdrawn"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := apptest.New(t, storetest.Memory(t))
			p, c := o.Plan(hello), o.Lead("ann@example.com")
			o.Assign(p, c)
			o.Move()
			stalled := o.Wire.Stall()
			done := make(chan error, 1)
			go func() { _, _, err := o.Delivery.RunOnce(context.Background()); done <- err }()
			old := receive(t, stalled, "the first run's message")
			if r := o.Do(enroll.CmdStop, apptest.On(p, c)); r.Err != nil || r.Handing == nil {
				t.Errorf("%+v: a message on its way is named (ENG-6)", r)
			}
			if r := o.Do(enroll.CmdRestart, apptest.On(p, c)); r.Err != nil {
				t.Error(r.Err)
			}
			o.Move()
			old.Answer <- late.answer
			// The sender takes the new run's message as soon as a place is free.
			next := receive(t, stalled, "the second run's message")
			next.Answer <- apptest.Taken
			o.OK(receive(t, done, "the sender's end"))
			o.Settle()
			same(t, "steps", o.Steps(c), "1.1 note skipped run_ended", late.step, "2.1 hi fired")
			same(t, "messages", o.Messages(c), late.rows, "hi accepted")
			if r := o.Row(p, c); r.Problems != 0 || r.Wait != enroll.ForNothing {
				t.Errorf("%+v", r)
			}
		})
	}
}

// ENG-6: what was being handed over when its enrollment was removed, stopped or paused is not tried again.
func TestNoRetryAfterACommand(t *testing.T) {
	t.Parallel()
	for cmd, want := range map[enroll.Command]string{
		enroll.CmdRemove: "hi withdrawn", enroll.CmdStop: "hi withdrawn", enroll.CmdPause: "hi waiting",
	} {
		t.Run(string(cmd), func(t *testing.T) {
			t.Parallel()
			o := apptest.New(t, storetest.Memory(t))
			p, c := o.Plan(hello), o.Lead("ann@example.com")
			o.Assign(p, c)
			o.Move()
			stalled := o.Wire.Stall()
			done := make(chan error, 1)
			go func() { _, _, err := o.Delivery.RunOnce(context.Background()); done <- err }()
			m := receive(t, stalled, "the message")
			if r := o.Do(cmd, apptest.On(p, c)); r.Err != nil || r.Handing == nil || r.Handing.Address != "ann@example.com" {
				t.Errorf("%+v", r)
			}
			m.Answer <- apptest.Later
			o.OK(receive(t, done, "the sender's end"))
			o.Clock.Advance(48 * time.Hour)
			o.Wire.Always(apptest.Taken)
			o.Settle()
			same(t, "sent", o.Wire.Sent(), "ann@example.com Hi")
			same(t, "messages", o.Messages(c), want)
			if cmd != enroll.CmdPause {
				return
			}
			if r := o.Do(enroll.CmdResume, apptest.On(p, c)); r.Err != nil {
				t.Error(r.Err)
			}
			o.Settle()
			same(t, "after the resume", o.Wire.Sent(), "ann@example.com Hi", "ann@example.com Hi")
			same(t, "steps", o.Steps(c), "1.1 hi fired")
		})
	}
}

// PLAN-18: a message that waits for its carrier's next try is taken back when its step comes to an end without it; it does not show as
// waiting for ever.
func TestWaitingMessageEndsWithItsStep(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		do      func(o *apptest.Office, p, c int64)
		outcome string
	}{
		"stop": {func(o *apptest.Office, p, c int64) { o.Do(enroll.CmdStop, apptest.On(p, c)) }, "1.1 hi skipped run_ended"},
		"opt-out": {func(o *apptest.Office, _, _ int64) {
			o.OK(o.Contacts.OptOut(o.Context(), o.ID, channel.Email, "ann@example.com", "asked", "test"))
		}, "1.1 hi skipped opted_out"},
		"edit": {func(o *apptest.Office, _, _ int64) {
			o.Plan("plan: Hello\nsteps:\n  - {id: note, name: Note, action: add_note, when: 1 day after start, text: noted}\n")
		}, "1.1 hi skipped removed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				o := apptest.New(t, db)
				p, c := o.Plan(hello), o.Lead("ann@example.com")
				o.Wire.Always(apptest.Later)
				o.Assign(p, c)
				o.Settle()
				same(t, "messages before", o.Messages(c), "hi waiting")
				end.do(o, p, c)
				o.Wire.Always(apptest.Taken)
				o.Clock.Advance(2 * time.Hour)
				o.Settle()
				same(t, "sent", o.Wire.Sent(), "ann@example.com Hi")
				same(t, "step", o.Steps(c)[:1], end.outcome)
				if got := o.Messages(c); got[0] != "hi withdrawn" && got[0] != "hi skipped" {
					t.Errorf("messages: %q", got)
				}
			})
		})
	}
}

// PLAN-9, ENG-10: an email whose moment came while its predecessor waited for the carrier's next try does not overtake it, although nobody
// was there at either moment.
func TestNoOvertakingAfterAnOutage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, c := o.Plan(`plan: Two
steps:
  - {id: one, name: One, action: send_email, when: immediately, subject: One, body: One}
  - {id: two, name: Two, action: send_email, when: 1 minute after start, subject: Two, body: Two}
`), o.Lead("ann@example.com")
		o.Wire.Answer(func(_ context.Context, _ channel.Composed, n int) channel.Receipt {
			if n == 1 {
				return apptest.Later
			}
			return apptest.Taken
		})
		o.Assign(p, c)
		o.Settle()
		o.Clock.Advance(time.Hour)
		o.Settle()
		same(t, "sent", o.Wire.Sent(), "ann@example.com One", "ann@example.com One", "ann@example.com Two")
	})
}
