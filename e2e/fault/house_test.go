// Package fault lets everything around Tactus fail, on real servers, and holds what becomes of it: the carrier, the database, the disk, the
// clock, a node that stands still (2-engine, "Fault test"). docs/operations.md promises each outcome and names its test here.
package fault_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/app"
	"tactus/internal/app/serve"
	"tactus/internal/channel/smtptest"
	"tactus/internal/clock"
	"tactus/internal/store/storetest"
)

// monday is when a house's clock stands at first: within everybody's hours.
var monday = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

// house is a whole server in this process, on a real database, with a real mail server, and a clock that the test moves.
type house struct {
	testing.TB
	*client.Client
	clock *clock.Fake
	mail  *smtptest.Server
}

// each runs a case in a house on either database.
func each(t *testing.T, options smtptest.Options, f func(h *house)) {
	t.Helper()
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			f(open(t, address(t, db), smtptest.Start(t, options)))
		})
	}
}

// address is that of a fresh database.
func address(t testing.TB, db string) string {
	if db == "postgres" {
		return storetest.Postgres(t)
	}
	return filepath.Join(t.TempDir(), "tactus.db")
}

// open starts a house and ends it with the test.
func open(t testing.TB, db string, mail *smtptest.Server) *house {
	t.Helper()
	return openWith(t, db, mail, smtpURL(mail, ""))
}

// openWith is open with settings for email of its own.
func openWith(t testing.TB, db string, mail *smtptest.Server, smtp string) *house {
	t.Helper()
	h := &house{TB: t, clock: clock.NewFake(monday), mail: mail}
	h.Client = start(t, db, h.clock, smtp)
	return h
}

// smtpURL is how a mail server is named in the settings; with a user, who signs in.
func smtpURL(mail *smtptest.Server, user string) string {
	return "smtp+plain://" + user + mail.Addr
}

// start runs a server in this process until the test ends. A nil clock is the database's.
func start(t testing.TB, db string, c clock.Clock, smtp string) *client.Client {
	t.Helper()
	cfg := app.DefaultConfig()
	cfg.DB, cfg.Listen, cfg.SMTP, cfg.StateDir, cfg.SendTimeout, cfg.Secret = db, "127.0.0.1:0", smtp, t.TempDir(), "1s", "the test's"
	server, err := serve.Start(t.Context(), cfg, c, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	face, err := client.New(server.URL, server.Key, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return face
}

// patience is how long a test waits for what must come, on a machine that does much else.
const patience = 60 * time.Second

// until waits until something is so. what tells what was seen instead.
func until(t testing.TB, what func() string, so func() bool) {
	t.Helper()
	over := time.NewTimer(patience)
	defer over.Stop()
	for look := time.NewTicker(10 * time.Millisecond); ; {
		if so() {
			look.Stop()
			return
		}
		select {
		case <-look.C:
		case <-over.C:
			t.Fatalf("it did not come: %s", what())
		}
	}
}

// ok ends the test on an error.
func ok[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// plan applies a plan file, without its first line.
func plan(t testing.TB, c *client.Client, text string) {
	t.Helper()
	file := client.PlanFile{Name: "plan.yaml", Content: "tactus: 1\n" + text}
	ok[client.AppliedPlans](t)(c.ApplyPlans(t.Context(), client.ApplyPlans{Files: []client.PlanFile{file}}))
}

// newLead is somebody who may be written to, of the source that starts plans.
func newLead(address string) client.NewContact {
	return client.NewContact{
		FirstName: "Ann", Emails: []client.Email{{Address: address}}, Source: "Web",
		Consents: []client.NewConsent{{Channel: "email", Basis: "express", Method: "form"}},
	}
}

// lead takes somebody in.
func (h *house) lead(address string) client.ID {
	h.Helper()
	return ok[client.Lead](h)(h.CreateContact(h.Context(), newLead(address))).Contact.ID
}

// messages are a contact's, oldest first.
func (h *house) messages(contact client.ID) []client.Message {
	h.Helper()
	page := ok[client.Page[client.Message]](h)(h.Messages(h.Context(), client.MessageFilter{Contact: contact}, client.PageOptions{}))
	slices.Reverse(page.Items)
	return page.Items
}

// comes waits until a contact's first message has a status after a number of tries, and returns it.
func (h *house) comes(contact client.ID, status string, attempts int) client.Message {
	h.Helper()
	var seen []client.Message
	until(h, func() string { return fmt.Sprintf("%s after %d tries; there is %+v", status, attempts, seen) }, func() bool {
		seen = h.messages(contact)
		return len(seen) > 0 && seen[0].Status == status && seen[0].Attempts == attempts
	})
	return seen[0]
}

// steps is what is recorded of a contact's steps, oldest first, as "step outcome reason".
func (h *house) steps(contact client.ID) []string {
	h.Helper()
	page := ok[client.Page[client.Entry]](h)(h.Timeline(h.Context(), contact, client.PageOptions{Limit: 100}, "step"))
	var out []string
	for _, e := range slices.Backward(page.Items) {
		out = append(out, strings.TrimSpace(e.Step+" "+e.Outcome+" "+e.Reason))
	}
	return out
}

// did waits until a contact's steps are these.
func (h *house) did(contact client.ID, want ...string) {
	h.Helper()
	var got []string
	until(h, func() string { return fmt.Sprintf("%q; there is %q", want, got) }, func() bool {
		got = h.steps(contact)
		return slices.Equal(got, want)
	})
}

// retried moves the clock from one due moment to the next until a contact's first message has been tried once more.
func (h *house) retried(contact client.ID) client.Message {
	h.Helper()
	m := h.messages(contact)[0]
	attempts := m.Attempts
	until(h, func() string { return fmt.Sprintf("another try: %+v", m) }, func() bool {
		next := h.run(contact).Next
		if m = h.messages(contact)[0]; m.Attempts == attempts && m.Status == "waiting" && next != nil && next.At.After(h.clock.Now()) {
			h.clock.Set(*next.At)
		}
		return m.Attempts > attempts && m.Status != "handing"
	})
	return m
}

// run is a contact's one enrollment.
func (h *house) run(contact client.ID) client.Enrollment {
	h.Helper()
	page := ok[client.Page[client.Enrollment]](h)(h.ContactEnrollments(h.Context(), contact, client.PageOptions{}))
	if len(page.Items) != 1 {
		h.Fatalf("%d enrollments", len(page.Items))
	}
	return page.Items[0]
}

// wire holds the mail server against what it must have taken: so many messages, each once.
func (h *house) wire(accepted int) {
	h.Helper()
	if n := h.mail.Counts(); n.Accepted != accepted || n.Duplicates != 0 {
		h.Errorf("the mail server took %d messages, %d of them again; %d must have left, each once", n.Accepted, n.Duplicates, accepted)
	}
}
