package fault_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/channel/smtptest"
	"tactus/internal/clock"
	"tactus/internal/store/storetest"
)

// dated is a plan whose steps are due over some days, one of them before a date of the contact.
const dated = `plan: Dated
source: Web
date_field: closing_date
steps:
  - {id: hello, name: Hello, action: send_email, when: immediately, subject: Hello, body: Hello.}
  - {id: tag, name: Tag, action: add_tags, when: 2 days after start, tags: [Seen]}
  - {id: soon, name: Soon, action: send_email, when: 1 day before event at 10:00, subject: Soon, body: Soon.}
  - {id: note, name: Note, action: add_note, when: 4 days after start, text: Noted}
  - {id: bye, name: Bye, action: send_email, when: 6 days after start, subject: Bye, body: Bye.}
`

// The clock jumps ahead: what became due fires in due order, what is too late is skipped (PLAN-10, ENG-10). It jumps back: nothing fires twice,
// and what is not due any more waits until its moment comes again.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	each(t, smtptest.Options{}, func(h *house) {
		plan(h, h.Client, dated)
		closing := func(address, day string) client.ID {
			lead := newLead(address)
			lead.Dates = map[string]string{"closing_date": day}
			return ok[client.Lead](h)(h.CreateContact(h.Context(), lead)).Contact.ID
		}
		ann := closing("ann@example.com", "2026-11-28")
		h.did(ann, "hello fired")
		h.clock.Set(monday.AddDate(0, 0, 10)) // ten days ahead
		all := []string{"hello fired", "tag fired", "soon skipped too_late", "note fired", "bye fired"}
		h.did(ann, all...)
		h.wire(2)

		h.clock.Set(monday.AddDate(0, 0, 1)) // nine days back
		bob := closing("bob@example.com", "2026-11-28")
		h.did(bob, "hello fired")
		h.clock.Set(monday.Add(-365 * 24 * time.Hour)) // a year back
		cleo := closing("cleo@example.com", "2025-11-28")
		h.did(cleo, "hello fired")
		h.did(bob, "hello fired")
		h.did(ann, all...)

		for day := 1; day <= 9; day++ { // and on, as days go
			h.clock.Set(monday.AddDate(0, 0, day).Add(time.Hour))
			h.did(bob, []string{"hello fired", "tag fired", "soon fired", "note fired", "bye fired"}[:[]int{1, 1, 1, 2, 3, 4, 4, 5, 5, 5}[day]]...)
			h.did(ann, all...)
		}
		h.did(cleo, "hello fired", "tag fired", "soon skipped too_late", "note fired", "bye fired")
		h.wire(2 + 3 + 2)
	})
}

// The machine's clock jumps while the server on SQLite sleeps: it notices by itself.
func TestMachineClockJumps(t *testing.T) {
	t.Parallel()
	mail := smtptest.Start(t, smtptest.Options{})
	machine := clock.NewFake(monday) // nobody who waits hears that it is set: only its reading changes
	h := &house{TB: t, clock: machine, mail: mail}
	h.Client = start(t, address(t, "sqlite"), clock.Reading(machine.Now), smtpURL(mail, ""))
	plan(h, h.Client, letters)
	ann := h.lead("ann@example.com")
	h.did(ann, "one fired", "note fired")
	machine.Advance(73 * time.Hour)
	h.did(ann, "one fired", "note fired", "two fired")
	machine.Advance(-100 * time.Hour)
	bob := h.lead("bob@example.com")
	h.did(bob, "one fired", "note fired")
	h.did(ann, "one fired", "note fired", "two fired")
	h.wire(3)
}

// PostgreSQL's clock is set while nodes run: they follow it within seconds. It jumps over the lease of a message that is being handed over: that is uncertain,
// and left once (ENG-3, ENG-5).
func TestDatabaseClockIsSet(t *testing.T) {
	t.Parallel()
	stall := smtptest.Fault{At: smtptest.Dot, To: "stall@example.com", Stall: true, Times: 1}
	mail := smtptest.Start(t, smtptest.Options{Faults: []smtptest.Fault{stall}})
	db, setClock := storetest.Set(t)
	a := launch(t, db, smtpURL(mail, ""))
	b := launch(t, db, smtpURL(mail, ""))
	h := of(a, mail)
	set := func(by time.Duration) { // until a node has asked, it goes by the time that was (ENG-3)
		t.Helper()
		setClock(by)
		for _, node := range []*process{a, b} {
			until(t, func() string { return fmt.Sprintf("a node's clock is %v off", by) }, func() bool {
				lead := ok[client.Lead](t)(node.CreateContact(t.Context(), client.NewContact{FirstName: "Now"}))
				return (time.Since(lead.Contact.CreatedAt) + by).Abs() < 10*time.Minute
			})
		}
	}
	plan(t, a.Client, `plan: Hours
source: Web
steps:
  - {id: one, name: One, action: send_email, when: immediately, subject: One, body: One.}
  - {id: tag, name: Tag, action: add_tags, when: 2 hours after start, tags: [Seen]}
  - {id: note, name: Note, action: add_note, when: 3 hours after start, text: Noted}
`)
	ann := h.lead("ann@example.com")
	h.did(ann, "one fired")
	stalled := h.lead("stall@example.com")
	if err := mail.WaitFor(t.Context(), func(n smtptest.Counts) bool { return n.Stalled == 1 }); err != nil {
		t.Fatal(err)
	}
	set(150 * time.Minute)
	h.did(ann, "one fired", "tag fired")
	h.comes(stalled, "uncertain", 1)
	h.did(stalled, "one fired", "tag fired")
	set(-2 * time.Hour)
	bob := of(b, mail).lead("bob@example.com")
	h.did(bob, "one fired")
	h.did(ann, "one fired", "tag fired")
	set(10 * time.Hour)
	h.did(bob, "one fired", "tag fired", "note fired")
	h.did(ann, "one fired", "tag fired", "note fired")
	h.did(stalled, "one fired", "tag fired", "note fired")
	h.comes(stalled, "uncertain", 1)
	h.wire(3)
}

// Two nodes whose clocks differ by some seconds share the work: every step fires once, in order (ENG-3).
func TestClocksDiffer(t *testing.T) {
	t.Parallel()
	mail := smtptest.Start(t, smtptest.Options{})
	db := storetest.Postgres(t)
	ahead := clock.NewFake(monday.Add(7 * time.Second))
	h := open(t, db, mail)
	other := &house{TB: t, Client: start(t, db, ahead, smtpURL(mail, "")), clock: ahead, mail: mail}
	plan(t, h.Client, `plan: Minutes
source: Web
steps:
  - {id: one, name: One, action: send_email, when: immediately, subject: One, body: One.}
  - {id: tag, name: Tag, action: add_tags, when: 1 minute after start, tags: [Seen]}
  - {id: two, name: Two, action: send_email, when: 2 minutes after start, subject: Two, body: Two.}
  - {id: note, name: Note, action: add_note, when: 3 minutes after start, text: Noted}
`)
	var leads []client.ID
	for i := range 20 {
		leads = append(leads, []*house{h, other}[i%2].lead(fmt.Sprintf("p%d@example.com", i)))
	}
	for range 190 { // seconds, node by node
		for _, n := range []*house{h, other} {
			n.clock.Advance(time.Second)
		}
	}
	for _, who := range leads {
		var got []string
		until(t, func() string { return fmt.Sprint(got) }, func() bool { got = h.steps(who); return len(got) == 4 })
		if !slices.Equal(got, []string{"one fired", "tag fired", "two fired", "note fired"}) {
			t.Errorf("%q", got)
		}
	}
	h.wire(2 * len(leads))
}
