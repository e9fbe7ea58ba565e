//go:build unix

package fault_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/channel/smtptest"
	"tactus/internal/store/storetest"
)

// of looks at a process as at a house.
func of(p *process, mail *smtptest.Server) *house {
	return &house{TB: p.TB, Client: p.Client, mail: mail}
}

// A node stands still while it hands a message over, for longer than its lease: another one settles the message as uncertain, and the plan goes
// on; when the node wakes, its late answer changes nothing and it serves on (ENG-3, ENG-5).
func TestNodeStandsStillWhileItHandsOver(t *testing.T) {
	t.Parallel()
	stall := smtptest.Fault{At: smtptest.Dot, To: "ann@example.com", Stall: true, Times: 1}
	mail := smtptest.Start(t, smtptest.Options{Faults: []smtptest.Fault{stall}})
	db := storetest.Postgres(t)
	a := launch(t, db, smtpURL(mail, ""), "--send-timeout", "2s")
	plan(t, a.Client, rush)
	ann := of(a, mail).lead("ann@example.com")
	if err := mail.WaitFor(t.Context(), func(n smtptest.Counts) bool { return n.Stalled == 1 }); err != nil {
		t.Fatal(err)
	}
	a.signal(syscall.SIGSTOP)
	b := of(launch(t, db, smtpURL(mail, ""), "--send-timeout", "2s"), mail)
	m := b.comes(ann, "uncertain", 1)
	b.did(ann, "one fired", "tag fired", "two fired", "note fired")
	a.signal(syscall.SIGCONT)
	until(t, func() string { return "the late answer: " + a.log() }, func() bool { return strings.Contains(a.log(), "late answer dropped") })
	if now := b.comes(ann, "uncertain", 1); now.Answer != m.Answer {
		t.Errorf("the late answer was written: %+v", now)
	}
	bob := of(a, mail).lead("bob@example.com")
	b.did(bob, "one fired", "tag fired", "two fired", "note fired")
	b.did(ann, "one fired", "tag fired", "two fired", "note fired")
	b.wire(4)
}

// The same with one process on SQLite: nobody else could settle it, and it says itself that it does not know.
func TestProcessStandsStillWhileItHandsOver(t *testing.T) {
	t.Parallel()
	stall := smtptest.Fault{At: smtptest.Dot, To: "ann@example.com", Stall: true, Times: 1}
	mail := smtptest.Start(t, smtptest.Options{Faults: []smtptest.Fault{stall}})
	a := launch(t, address(t, "sqlite"), smtpURL(mail, ""), "--send-timeout", "1s")
	plan(t, a.Client, rush)
	h := of(a, mail)
	ann := h.lead("ann@example.com")
	if err := mail.WaitFor(t.Context(), func(n smtptest.Counts) bool { return n.Stalled == 1 }); err != nil {
		t.Fatal(err)
	}
	a.signal(syscall.SIGSTOP)
	<-after(2 * time.Second) // its lease is over
	a.signal(syscall.SIGCONT)
	if m := h.comes(ann, "uncertain", 1); strings.Contains(m.Answer, "ended before") {
		t.Errorf("it was settled as if the process had ended: %+v", m)
	}
	h.did(ann, "one fired", "tag fired", "two fired", "note fired")
	h.wire(2)
}

// A node stands still in the middle of a transaction: the others go on with what it does not hold, the database takes its rows back, and what it
// wakes up to is no harm: its transaction is gone, and it begins anew (ENG-3).
func TestNodeStandsStillInATransaction(t *testing.T) {
	t.Parallel()
	mail := smtptest.Start(t, smtptest.Options{})
	straight := storetest.Postgres(t)
	db := straight + "&idle_in_transaction_session_timeout=1000"
	a := launch(t, db, smtpURL(mail, ""))
	plan(t, a.Client, `plan: Notes
source: Web
steps:
  - {id: tag, name: Tag, action: add_tags, when: immediately, tags: [Seen]}
  - {id: note, name: Note, action: add_note, when: immediately, text: Noted}
`)
	release := storetest.Hold(t, straight, "guard")
	var leads []client.ID
	for i := range 3 {
		leads = append(leads, of(a, mail).lead(fmt.Sprintf("held%d@example.com", i)))
	}
	until(t, func() string { return "the engine is in its transaction" }, func() bool { waiting, _ := storetest.Waiting(t, straight); return waiting > 0 })
	a.signal(syscall.SIGSTOP)
	release()
	until(t, func() string { return "the transaction stands still" }, func() bool { _, idle := storetest.Waiting(t, straight); return idle > 0 })
	b := launch(t, db, smtpURL(mail, ""))
	leads = append(leads, of(b, mail).lead("other@example.com"))
	until(t, func() string { return fmt.Sprint(completed(t, b.Client)) }, func() bool { return completed(t, b.Client) == len(leads) })
	a.signal(syscall.SIGCONT)
	leads = append(leads, of(a, mail).lead("awake@example.com"))
	until(t, func() string { return fmt.Sprint(completed(t, b.Client)) }, func() bool { return completed(t, b.Client) == len(leads) })
	for _, who := range leads {
		if got := of(b, mail).steps(who); !slices.Equal(got, []string{"tag fired", "note fired"}) {
			t.Errorf("%q", got)
		}
	}
	if status := a.healthy(); status != http.StatusOK {
		t.Errorf("health: %d", status)
	}
}

// log is what the process has written so far.
func (p *process) log() string {
	p.Helper()
	return string(ok[[]byte](p)(os.ReadFile(filepath.Join(p.dir, "log"))))
}
