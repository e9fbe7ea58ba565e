package fault_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/channel/smtptest"
)

// The carrier refuses the sign-in: after five failures in a row it is left alone but for one probe now and then, and says so; the 24 hours do
// not run meanwhile; with the right password everything leaves, once (ENG-7).
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			mail := smtptest.Start(t, smtptest.Options{User: "ann", Password: "right"})
			h := openWith(t, address(t, db), mail, smtpURL(mail, "ann:wrong@")+"?connections=1")
			plan(h, h.Client, letters)
			var leads []client.ID
			for i := range 5 {
				leads = append(leads, h.lead(fmt.Sprintf("p%d@example.com", i)))
				h.comes(leads[i], "waiting", 1)
			}
			opened := h.down()
			if d := opened; d == nil || !d.Since.Equal(monday) || !d.NextTry.Equal(monday.Add(time.Minute)) || d.Failures != 5 || !strings.HasPrefix(d.Answer, "535 ") {
				h.Fatalf("after five failures it is %+v", d)
			}
			late := h.lead("late@example.com")
			if m := h.comes(late, "withdrawn", 0); m.Reason != "carrier_down" {
				h.Errorf("who comes while it is down: %+v", m)
			}
			h.connects(5)

			h.clock.Advance(time.Minute)
			h.connects(6) // a probe
			until(h, func() string { return fmt.Sprintf("the second probe: %+v", h.down()) }, func() bool {
				d := h.down()
				return d.Failures == 6 && d.NextTry.Equal(monday.Add(3*time.Minute)) && d.Since.Equal(monday)
			})
			h.clock.Advance(30 * time.Hour)
			until(h, func() string { return fmt.Sprintf("the third probe: %+v", h.down()) }, func() bool { return h.down().Failures == 7 })
			for _, who := range append(leads, late) {
				until(h, func() string { return fmt.Sprintf("nobody is given up: %+v", h.messages(who)) }, func() bool {
					return !slices.ContainsFunc(h.messages(who), func(m client.Message) bool {
						return m.Status != "waiting" && m.Status != "withdrawn" || m.Reason != "carrier_down"
					})
				})
				h.did(who)
			}
			h.connects(7)

			ok[client.Carrier](h)(h.SetCarrier(h.Context(), "email", client.CarrierChoice{Kind: "smtp", Settings: map[string]any{
				"host": mail.Host, "port": mail.Port, "security": "none", "username": "ann", "password": "right",
			}}))
			h.clock.Advance(4 * time.Minute)
			for _, who := range append(leads, late) {
				h.did(who, "one fired carrier_down", "note fired carrier_down")
			}
			if d := h.down(); d != nil {
				h.Errorf("it serves, and is %+v", d)
			}
			h.wire(len(leads) + 1)
		})
	}
}

// down is what is shown of the carrier that keeps failing.
func (h *house) down() *client.CarrierDown {
	h.Helper()
	return ok[client.Carrier](h)(h.Carrier(h.Context(), "email")).Down
}

// connects waits until the mail server has seen so many connections, and holds that it sees no more.
func (h *house) connects(n int) {
	h.Helper()
	until(h, func() string { return fmt.Sprintf("%d connections: %+v", n, h.mail.Counts()) }, func() bool { return h.mail.Counts().Connected >= n })
	if got := h.mail.Counts().Connected; got != n {
		h.Errorf("%d connections, not %d", got, n)
	}
}

// The carrier changes its mind: later, then no; no to one, yes to the others at the same moment.
func TestCarrierChangesItsMind(t *testing.T) {
	t.Parallel()
	faults := []smtptest.Fault{
		{At: smtptest.Rcpt, To: "ann@example.com", Code: 451, Enhanced: [3]int{4, 3, 0}, Text: "later", Times: 2},
		{At: smtptest.Rcpt, To: "ann@example.com", Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "no", Times: 1},
		{At: smtptest.Data, To: "bob@example.com", Code: 552, Enhanced: [3]int{5, 2, 2}, Text: "full", Times: 1},
	}
	each(t, smtptest.Options{Faults: faults}, func(h *house) {
		plan(h, h.Client, letters)
		ann, bob, cleo := h.lead("ann@example.com"), h.lead("bob@example.com"), h.lead("cleo@example.com")
		h.did(bob, "one failed refused", "note fired")
		h.did(cleo, "one fired", "note fired")
		h.comes(ann, "waiting", 1)
		if m := h.retried(ann); m.Status != "waiting" || m.Answer != "451 4.3.0 later" {
			h.Errorf("%+v", m)
		}
		if m := h.retried(ann); m.Status != "refused" || m.Attempts != 3 || m.Answer != "550 5.7.1 no" {
			h.Errorf("%+v", m)
		}
		h.did(ann, "one failed refused", "note fired carrier_down")
		if d := h.down(); d != nil {
			h.Errorf("what is said of a message is no failure of the carrier: %+v", d)
		}
		h.clock.Advance(73 * time.Hour) // and yes to all
		h.did(ann, "one failed refused", "note fired carrier_down", "two fired")
		h.did(bob, "one failed refused", "note fired", "two fired")
		h.did(cleo, "one fired", "note fired", "two fired")
		h.wire(4)
	})
}

// The carrier takes a few messages and then 421 from everybody, until an hour is over: what is left waits, and leaves once.
func TestCarrierLimits(t *testing.T) {
	t.Parallel()
	const all, taken = 20, 7
	limit := smtptest.Fault{At: smtptest.Mail, Code: 421, Enhanced: [3]int{4, 7, 0}, Text: "too many messages", Skip: taken}
	each(t, smtptest.Options{Faults: []smtptest.Fault{limit}}, func(h *house) {
		plan(h, h.Client, letters)
		var leads []client.ID
		for i := range all {
			leads = append(leads, h.lead(fmt.Sprintf("p%d@example.com", i)))
		}
		until(h, func() string { return "the circuit opens" }, func() bool { return h.down() != nil })
		until(h, func() string { return "all but some wait" }, func() bool {
			page := ok[client.Page[client.Message]](h)(h.Messages(h.Context(), client.MessageFilter{Status: []string{"waiting", "withdrawn"}}, client.PageOptions{}))
			return len(page.Items) == all-taken
		})
		if d := h.down(); d.Answer != "421 4.7.0 too many messages" {
			h.Errorf("%+v", d)
		}
		h.wire(taken)
		h.mail.Forgive()
		h.clock.Advance(time.Hour)
		for _, who := range leads {
			until(h, func() string { return fmt.Sprintf("%q", h.steps(who)) }, func() bool { return len(h.steps(who)) == 2 })
		}
		h.wire(all)
	})
}

// The carrier offers TLS, then does not, then does: nothing leaves in the clear, and what waited leaves when TLS is back (EMAIL-1).
func TestCarrierDropsTLS(t *testing.T) {
	t.Parallel()
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			tls := smtptest.Options{StartTLS: true, Identity: identity}
			mail := smtptest.Start(t, tls)
			h := openWith(t, address(t, db), mail, "smtp://"+mail.Addr)
			plan(h, h.Client, letters)
			ann := h.lead("ann@example.com")
			h.did(ann, "one fired", "note fired")
			h.wire(1)

			plain := h.moved(smtptest.Options{})
			bob := h.lead("bob@example.com")
			if m := h.comes(bob, "waiting", 1); !strings.Contains(m.Answer, "STARTTLS") {
				h.Errorf("%+v", m)
			}
			h.moved(tls)
			if n := plain.Counts(); n.Connected == 0 || n.Accepted != 0 {
				h.Errorf("in the clear: %+v", n)
			}
			if m := h.retried(bob); m.Status != "accepted" {
				h.Errorf("%+v", m)
			}
			h.wire(1)
		})
	}
}

// moved puts another mail server where there was one, and returns it.
func (h *house) moved(opt smtptest.Options) *smtptest.Server {
	h.Helper()
	if err := h.mail.Close(); err != nil {
		h.Error(err)
	}
	opt.Addr = h.mail.Addr
	h.mail = smtptest.Start(h, opt)
	return h.mail
}
